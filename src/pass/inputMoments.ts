/** Second moments of what layers read, gathered while a model runs on data. */
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { matrix, type Matrix, type Multiply } from '../numerics/linear/matrix';
import { type RuntimeTensor } from '../runtime/port';
import { batchesWithin } from './batches';
import { type PassContext } from './context';
import { fanIn, type LinearLayer } from './linearLayer';
import { Moments, type Sums } from './moments';
import { observeValues } from './observe';
import { gatherInputs, noWindow, positionCount, samplePositions, type Sliding, slidingOf } from './patches';

/** Samples that are enough to know how inputs vary. */
const mostSamples = 128;
/** Bytes of moments that are held at a time. */
export const momentBytes = 400e6;
/** Positions that are looked at, for each input of a layer, and bounds on their number. */
export interface MomentRows {
  readonly perInput: number;
  readonly fewest: number;
  readonly most: number;
}

/** Enough to refit weights by. */
const enoughRows: MomentRows = { perInput: 8, fewest: 4096, most: 32768 };

/** Where to run what. */
export interface InputMomentsOptions {
  readonly samples: DataSource;
  readonly context: PassContext;
  readonly multiply: Multiply;
  readonly rows?: MomentRows;
}

/** A layer while its inputs go by. */
interface Watch<L extends LinearLayer> {
  readonly layer: L;
  readonly window: Sliding;
  readonly moments: readonly Moments[];
  readonly rowsPerSample: number;
}

/**
 * Moments of the inputs of each group of each layer at sampled positions. Layers inside bodies, and those whose inputs
 * are not float32, are not among them. Takes 8·m² bytes for a group of m inputs.
 */
export async function inputMoments<L extends LinearLayer>(
  model: Model,
  layers: readonly L[],
  { samples, context, multiply, rows: wanted = enoughRows }: InputMomentsOptions,
): Promise<Map<L, Sums[]>> {
  const count = Math.min(mostSamples, samples.size);
  const watches = new Map<string, Watch<L>[]>();
  for (const layer of layers) {
    const name = layer.node.input(0)?.name;
    if (name === undefined || layer.node.graph?.parent) continue;
    const width = fanIn(layer);
    const rows = Math.min(wanted.most, Math.max(wanted.fewest, wanted.perInput * width));
    const watch = {
      layer,
      window: layer.kind === 'Conv' ? slidingOf(layer.node, layer.kernel) : noWindow,
      moments: Array.from({ length: layer.groups }, () => new Moments(width, multiply, 0, layer.groups)),
      rowsPerSample: Math.ceil(rows / count),
    };
    watches.set(name, [...(watches.get(name) ?? []), watch]);
  }
  const see = async (name: string, tensor: RuntimeTensor, sample: number): Promise<void> => {
    if (!(tensor.data instanceof Float32Array)) return;
    for (const watch of watches.get(name) ?? []) await add(watch, tensor, sample);
  };
  const how = { runtime: context.runtime!, samples, count, signal: context.signal };
  await observeValues(model, [...watches.keys()], see, how);
  const sums = new Map<L, Sums[]>();
  for (const { layer, moments } of [...watches.values()].flat()) {
    const finished: Sums[] = [];
    for (const each of moments) finished.push(await each.sums());
    if (finished.every(({ count: rows }) => rows > 0)) sums.set(layer, finished);
  }
  return sums;
}

async function add<L extends LinearLayer>(
  { window, moments, rowsPerSample, layer }: Watch<L>,
  tensor: RuntimeTensor,
  sample: number,
): Promise<void> {
  const positions = samplePositions(positionCount(tensor.shape, window), rowsPerSample, sample + 1);
  const rows = gatherInputs(tensor, window, positions);
  const width = fanIn(layer);
  for (const [group, each] of moments.entries()) {
    await each.add(rows, undefined, { stride: width * layer.groups, from: width * group });
  }
}

/** Layers in the order given, in batches whose moments fit into memory together. */
export function batchesOf<L extends LinearLayer>(layers: readonly L[]): L[][] {
  return batchesWithin(momentBytes, layers, (layer) => 8 * layer.groups * fanIn(layer) ** 2);
}

/** Second moments for each row seen, about the mean where it is given. */
export function covariance({ gram, count }: Sums, mean?: Float64Array): Matrix {
  const n = gram.columns;
  const result = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const shift = mean ? mean[i]! * mean[j]! : 0;
      result.data[i * n + j] = gram.data[i * n + j]! / count - shift;
    }
  }
  return result;
}

/** Mean of the inputs. */
export const meanOf = ({ inputs, count }: Sums): Float64Array => inputs.map((sum) => sum / count);
