/**
 * What it costs to do without channels once the weights that are left are refitted: the criterion that goes with
 * recovery. Channels leave in a greedy order; each is scored by the error that its going adds to the layers that read it,
 * as a share of their output's energy (block form of the optimal brain surgeon, Hassibi & Stork 1993: for inputs with
 * second moments C, the weights W_j of a channel can go for tr(W_j·[(C⁻¹)_jj]⁻¹·W_jᵀ)).
 */
import { type Model } from '../../graph/model';
import { type ChannelGroup, type DependencyGroups } from '../../operators/groups/groups';
import { cholesky, damped } from '../../numerics/linear/cholesky';
import { matrix, type Matrix, type Multiply, selected } from '../../numerics/linear/matrix';
import { batchesWithin } from '../batches';
import { throwIfCancelled } from '../context';
import { covariance, inputMoments, type InputMomentsOptions, meanOf, momentBytes } from '../inputMoments';
import { hasBias } from '../layerBias';
import { fanIn, type LinearLayer, linearLayerOf, weightsOf } from '../linearLayer';
import { readPlace } from './activity';

/** Layers with more inputs are left out: their moments would take too long. */
const widest = 2304;
const ridge = 3e-3;
/** Share of the channels that leave at a time, and share of them that is never scored one by one. */
const [batchShare, restShare] = [0.05, 0.12];

/** A layer that reads channels of a group. */
interface Reader {
  readonly layer: LinearLayer;
  /** Columns of its weights that belong to each channel. */
  readonly columns: readonly (readonly number[])[];
}

/** What greedy removal works on: one reader with its moments. */
export interface RemovalProblem {
  readonly weights: Matrix;
  readonly gram: Matrix;
  readonly columns: readonly (readonly number[])[];
}

/** Scores by group; groups that no layer of a manageable size reads are left out. */
export async function reconstructionScores(
  model: Model,
  found: DependencyGroups,
  groups: readonly ChannelGroup[],
  options: InputMomentsOptions,
): Promise<Map<number, Float64Array>> {
  const scores = new Map<number, Float64Array>();
  const readers = new Map(groups.map((group) => [group, readersOf(found, group)]));
  const bytesOf = (group: ChannelGroup): number =>
    readers.get(group)!.reduce((sum, { layer }) => sum + 8 * fanIn(layer) ** 2, 0);
  for (const batch of batchesWithin(momentBytes, groups, bytesOf)) {
    throwIfCancelled(options.context.signal);
    const layers = [
      ...new Map(batch.flatMap((group) => readers.get(group)!.map(({ layer }) => [layer.node, layer]))).values(),
    ];
    const moments = await inputMoments(model, layers, options);
    const byNode = new Map([...moments].map(([layer, [sums]]) => [layer.node, sums!]));
    for (const group of batch) {
      const problems = readers.get(group)!.flatMap(({ layer, columns }) => {
        const sums = byNode.get(layer.node);
        if (!sums) return [];
        const gram = covariance(sums, hasBias(layer) ? meanOf(sums) : undefined);
        return [{ weights: weightsOf(layer), gram: damped(gram, ridge), columns }];
      });
      const node = group.makers[0]?.label;
      options.context.progress({
        fraction: scores.size / groups.length,
        message: 'Trying without channels',
        ...(node && { node }),
      });
      if (problems.length > 0)
        scores.set(group.index, await removalScores(problems, group.channels.length, options.multiply));
    }
  }
  return scores;
}

function readersOf({ walk }: DependencyGroups, group: ChannelGroup): Reader[] {
  const channelIndex = new Map(group.channels.map((root, at) => [root, at]));
  const nodes = new Set(group.consumers.flatMap(({ slot }) => [...slot.consumes]));
  return [...nodes].flatMap((node) => {
    const layer = linearLayerOf(node);
    if (typeof layer !== 'object' || layer.groups !== 1 || fanIn(layer) > widest) return [];
    const place = readPlace(node, walk, channelIndex);
    if (place?.value !== node.input(0) || place?.channelOf.length !== layer.inputs) return [];
    const taps = fanIn(layer) / layer.inputs;
    const columns: number[][] = group.channels.map(() => []);
    place.channelOf.forEach((channel, at) => {
      for (let t = 0; t < taps && channel >= 0; t++) columns[channel]!.push(at * taps + t);
    });
    return [{ layer, columns }];
  });
}

/** Error that each channel adds when its turn comes, never less than that of those before it. */
export async function removalScores(
  problems: readonly RemovalProblem[],
  count: number,
  multiply: Multiply,
): Promise<Float64Array> {
  const scores = new Float64Array(count);
  const crosses: Matrix[] = [];
  for (const { weights, gram } of problems) crosses.push(await multiply(weights, gram));
  let left = Array.from({ length: count }, (_, channel) => channel);
  let highest = 0;
  while (left.length > Math.max(1, restShare * count)) {
    const costs = new Map<number, number>(left.map((channel) => [channel, 0]));
    for (const [index, problem] of problems.entries()) {
      await addCosts(problem, crosses[index]!, left, costs, multiply);
    }
    const order = [...left].sort((a, b) => costs.get(a)! - costs.get(b)!);
    const going = new Set(order.slice(0, Math.max(1, Math.floor(batchShare * left.length))));
    for (const channel of going) scores[channel] = highest = Math.max(highest, costs.get(channel)!);
    left = left.filter((channel) => !going.has(channel));
    if (left.length <= Math.max(1, restShare * count)) {
      for (const channel of left) scores[channel] = 2 * Math.max(highest, costs.get(channel)!);
    }
  }
  return scores;
}

/** Adds what the going of each channel that is left costs one reader, its weights refitted to those that are left. */
async function addCosts(
  { weights, gram, columns }: RemovalProblem,
  cross: Matrix,
  left: readonly number[],
  costs: Map<number, number>,
  multiply: Multiply,
): Promise<void> {
  let energy = 0;
  for (let i = 0; i < cross.data.length; i++) energy += cross.data[i]! * weights.data[i]!;
  if (energy <= 0) return;
  // Columns of channels of other groups always stay.
  const own = new Set(columns.flat());
  const others = Array.from({ length: gram.rows }, (_, column) => column).filter((column) => !own.has(column));
  const active = [...left.flatMap((channel) => columns[channel]!), ...others];
  const { inverse } = await cholesky(selected(gram, active, active), multiply);
  const precision = await multiply(inverse, inverse, { transposeA: true });
  const rows = Array.from({ length: weights.rows }, (_, row) => row);
  const fitted = await multiply(selected(cross, rows, active), precision);
  let at = 0;
  for (const channel of left) {
    const size = columns[channel]!.length;
    const indices = Array.from({ length: size }, (_, i) => at + i);
    at += size;
    costs.set(channel, costs.get(channel)! + blockCost(fitted, precision, indices) / energy);
  }
}

/** tr(W_j·P_jj⁻¹·W_jᵀ) by the Cholesky factor of P_jj: the squared norm of the solved columns. */
function blockCost(weights: Matrix, precision: Matrix, indices: readonly number[]): number {
  const size = indices.length;
  const l = matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = precision.data[indices[i]! * precision.columns + indices[j]!]!;
      for (let k = 0; k < j; k++) sum -= l.data[i * size + k]! * l.data[j * size + k]!;
      l.data[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / l.data[j * size + j]!;
    }
  }
  const solved = new Float64Array(size);
  let cost = 0;
  for (let row = 0; row < weights.rows; row++) {
    for (let i = 0; i < size; i++) {
      let sum = weights.data[row * weights.columns + indices[i]!]!;
      for (let k = 0; k < i; k++) sum -= l.data[i * size + k]! * solved[k]!;
      solved[i] = sum / l.data[i * size + i]!;
      cost += solved[i]! * solved[i]!;
    }
  }
  return cost;
}
