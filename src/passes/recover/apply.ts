/** Repairs what pruning or factorizing has cost, layer by layer, in closed form. */
import { type DataSource } from '../../data/source';
import { type Variation } from '../../data/varied';
import { cloneModel } from '../../graph/clone';
import { removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Value } from '../../graph/value';
import { difference, matrix, type Matrix, type Multiply } from '../../numerics/linear/matrix';
import { breathe, type PassContext } from '../../pass/context';
import { hasBias, ownBias, shiftBias } from '../../pass/layerBias';
import { type LinearLayer, linearLayerOf, weightsOf, weightTensor } from '../../pass/linearLayer';
import { type MatrixProducts, matrixProducts } from '../../pass/matrixProducts';
import { Reference } from '../../pass/reference';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { LapidaryError } from '../../protocol/errors';
import { type BatchNorm, batchNormOf, renormalize, type Renormalized } from './batchNorm';
import {
  channelSumsOf,
  chunksOf,
  type Collected,
  type CollectOptions,
  momentsOf,
  type Targets,
  targetsOf,
} from './collect';
import { type declaration } from './declaration';
import { isLayer, type LayerRepair, type NormRepair, planRepairs, type Repair } from './plan';
import { fitSamples, variationOf } from './samples';
import { type FitProblem, type FitResult, fitLayer } from './solve';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** Refits every layer that no longer gives what it gave in `context.original`. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const { original, data, runtime } = context;
  if (!data || !runtime) throw new LapidaryError('usage', 'Recovery needs data and a runtime.');
  if (!original || original === model) {
    return { model, changed: [], skipped: [], notes: ['There is nothing to recover: no pass came before.'] };
  }
  const variation = await variationOf(options.vary, data);
  const products = matrixProducts(runtime);
  const count = Math.min(options.calibrationSamples, data.size);
  try {
    const task = { ...{ model, original, options, context, products }, ...{ data, count, variation } };
    const { changed, skipped, ...best } = await withOrWithoutNorms(task);
    if (changed.length === 0) return { model, changed, skipped, notes: [] };
    const variants = variation.copies > 0 ? `, with ${variation.copies} variants of each` : '';
    const notes = [
      ...(data.random ? ['The data is random: on real data the model may be worse than before. Give some.'] : []),
      `Fitted on ${count} of ${data.description}${variants}; errors are on the quarter not used to fit.`,
    ];
    return { model: best.model, changed, skipped, notes };
  } finally {
    await products.close();
  }
}

/** A model with all its repairs. */
type Attempt = Pick<PassResult, 'model' | 'changed' | 'skipped'>;

/** What every attempt is made with. */
interface Task {
  readonly model: Model;
  readonly original: Model;
  readonly options: Settings;
  readonly context: PassContext;
  readonly products: MatrixProducts;
  readonly data: DataSource;
  /** Samples of the data to fit on, and what is to be made of each besides. */
  readonly count: number;
  readonly variation: Variation;
}

/** Samples that are run to compare two repaired models. */
const mostCompared = 64;

/**
 * Batch norms are estimated again only where that brings the outputs nearer, on samples that were not used: those beyond
 * the ones to fit on, or a last quarter that is used once it is decided (of fewer than four, those that were used).
 */
async function withOrWithoutNorms(task: Task): Promise<Attempt> {
  const { model, original, options, context, data, count } = task;
  const hasNorms = [...model.graph.nodes()].some((node) => node.is('BatchNormalization'));
  if (!hasNorms || options.batchNorm === 'keep') return attempt(task, [0, 1]);
  const fitted = data.size > count ? count : Math.ceil(0.75 * count);
  const trial = { ...task, count: fitted };
  const inAll = (chosen: Attempt, batchNorm: Settings['batchNorm']): Promise<Attempt> | Attempt =>
    fitted === count ? chosen : attempt({ ...task, options: { ...options, batchNorm } }, [2 / 3, 1]);
  const given = await attempt(trial, [0, 1 / 3]);
  const norms = given.changed.filter(({ opType }) => opType === 'BatchNormalization');
  if (norms.length === 0) return inAll(given, 'reestimate');
  const without = await attempt({ ...trial, options: { ...options, batchNorm: 'keep' } }, [1 / 3, 2 / 3]);
  const start = fitted < data.size ? fitted : 0;
  const judging = { runtime: context.runtime!, samples: data, start, count: mostCompared, signal: context.signal };
  const reference = await Reference.of(original, judging);
  const [then, now] = [await reference.measure(without.model), await reference.measure(given.model)];
  if (now.sqnrDb >= then.sqnrDb) return inAll(given, 'reestimate');
  const kept = await inAll(without, 'keep');
  const reason = 'With its statistics estimated again, the outputs were further from the original.';
  return { ...kept, skipped: [...kept.skipped, ...norms.map(({ node, opType }) => ({ node, opType, reason }))] };
}

/** Makes all repairs in a copy of the model; `from` and `to` are its part of the progress. */
async function attempt(task: Task, [from, to]: readonly [number, number]): Promise<Attempt> {
  const { model, original, options, context, products } = task;
  const collecting = { context, multiply: products.multiply, ...fitSamples(task.data, task.count, task.variation) };
  const copy = cloneModel(model);
  const plan = planRepairs(copy, original, { ...options, kept: context.kept });
  const changed: ChangedLayer[] = [];
  const skipped: SkippedLayer[] = [...plan.skipped];
  let done = 0;
  for (const chunk of chunksOf(settled(plan.repairs))) {
    const targets = await targetsOf(original, chunk, collecting);
    const layers = chunk.filter(isLayer);
    const all = options.sequential ? undefined : await momentsOf(copy, layers, targets, collecting);
    for (const repair of chunk) {
      const { label: node, opType } = repair.node;
      const fraction = from + ((to - from) * done++) / plan.repairs.length;
      context.progress({ fraction, message: `Recovering ${node}`, node });
      await breathe(context.signal);
      const layerMoments = async (layer: LayerRepair): Promise<Collected> =>
        (all ?? (await momentsOf(copy, [layer], targets, collecting))).get(layer)!;
      const what = isLayer(repair)
        ? describe(await repaired(repair, await layerMoments(repair), products))
        : describeNorm(await renormalized(copy, repair, targets, collecting));
      if (what !== undefined) changed.push({ node, opType, what });
      else skipped.push({ node, opType, reason: isLayer(repair) ? isNearest : isAsBefore });
    }
  }
  return { model: copy, changed, skipped };
}

const isNearest = 'Its output is as near to the original as it can be.';
const isAsBefore = 'What it puts out has the means and variances of the original.';

/** A branch can only be made up for once everything that leads to it has its final weights. */
function settled(repairs: readonly Repair[]): Repair[] {
  return repairs.map((repair, index) => {
    if (!isLayer(repair) || repair.branch === undefined) return repair;
    const before = ancestors(repair.node.output(0)!, repair.branch);
    const pending = repairs.slice(index).some(({ node }) => before.has(node.output(0)!));
    const { branch, ...rest } = repair;
    return pending ? rest : { ...rest, branch };
  });
}

/** Values that lead to the one named `branch`, which is added to `output`. */
function ancestors(output: Value, branch: string): Set<Value> {
  const start = output.consumers()[0]!.inputs.find((value) => value?.name === branch);
  const found = new Set<Value>();
  const open = start ? [start] : [];
  for (let value = open.pop(); value; value = open.pop()) {
    if (found.has(value)) continue;
    found.add(value);
    for (const input of value.producer?.inputs ?? []) if (input) open.push(input);
  }
  return found;
}

/** Also where layers are fitted all at once: what a batch norm reads has changed with them. */
async function renormalized(
  model: Model,
  repair: NormRepair,
  targets: Targets,
  collecting: CollectOptions,
): Promise<Renormalized | undefined> {
  const { training, validation } = await channelSumsOf(model, repair, targets, collecting);
  // Statistics may have moved since the plan was made, where batch norms share them.
  return renormalize(batchNormOf(repair.node, model) as BatchNorm, training, validation);
}

async function repaired(repair: LayerRepair, collected: Collected, { multiply }: MatrixProducts): Promise<FitResult> {
  // Weights may have moved since the plan was made, where layers share them.
  const layer = linearLayerOf(repair.layer.node) as LinearLayer;
  const bias = ownBias(layer);
  const { basis } = collected;
  const given = Array.from({ length: layer.groups }, (_, group) => weightsOf(layer, group));
  const weights = basis ? [await multiply(given[0]!, basis)] : given;
  const problems = collected.training.map((training, group) => ({
    weights: weights[group]!,
    bias: bias.slice(group * layer.outputs, (group + 1) * layer.outputs),
    hasBias: hasBias(layer),
    training,
    validation: collected.validation[group]!,
  }));
  const { shifts, ...result } = await fitWithBias(problems, layer, multiply);
  if (result.after < result.before) {
    const shift = Float64Array.from(result.fits.flatMap(({ bias: fitted }) => [...fitted])).map((b, i) => b - bias[i]!);
    if (shifts) shiftBias(layer, shift);
    if (result.ridge !== undefined) {
      const fitted = result.fits.map((fit) => fit.weights);
      replaceWeight(
        layer,
        basis ? [await outside(given[0]!, difference(fitted[0]!, weights[0]!), basis, multiply)] : fitted,
      );
    }
  }
  return result;
}

/** A new node has to take away this share of the error that weights alone leave. */
const worthANode = 0.05;

/** A MatMul that adds nothing is also fitted with a bias behind it, which stays where it is worth a node. */
async function fitWithBias(
  problems: readonly FitProblem[],
  layer: LinearLayer,
  multiply: Multiply,
): Promise<FitResult & { readonly shifts: boolean }> {
  const plain = await fitLayer(problems, multiply);
  if (hasBias(layer)) return { ...plain, shifts: true };
  if (layer.kind !== 'MatMul') return { ...plain, shifts: false };
  const shifted = await fitLayer(
    problems.map((problem) => ({ ...problem, hasBias: true })),
    multiply,
  );
  const isWorthIt = shifted.after < (1 - worthANode) * plain.after;
  return isWorthIt ? { ...shifted, shifts: true } : { ...plain, shifts: false };
}

/** W + Δ·Qᵀ: what was learned within the span of the samples, and nothing outside of it. */
async function outside(weights: Matrix, change: Matrix, basis: Matrix, multiply: Multiply): Promise<Matrix> {
  const { data } = await multiply(change, basis, { transposeB: true });
  return matrix(
    weights.rows,
    weights.columns,
    weights.data.map((value, index) => value + data[index]!),
  );
}

function replaceWeight(layer: LinearLayer, matrices: readonly Matrix[]): void {
  const { node, weight, root } = layer;
  const graph = node.graph!;
  const own = root === weight && weight.useCount === 1 && graph.initializers.get(weight.name) === weight;
  if (own) {
    graph.setInitializer(weight, weightTensor(layer, weight.name, matrices));
    return;
  }
  node.setInput(1, graph.addInitializer(weightTensor(layer, graph.uniqueName(`${weight.name}_recovered`), matrices)));
  removeUnused(weight, graph);
}

function describe({ before, after, ridge }: FitResult): string | undefined {
  if (after >= before) return undefined;
  const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
  const what = ridge === undefined ? 'bias refitted' : 'weights refitted';
  return `${what}: error at its output ${percent(before)} → ${percent(after)}`;
}

function describeNorm(moved: Renormalized | undefined): string | undefined {
  if (!moved) return undefined;
  const { step, least, most } = moved;
  const factors = `deviations × ${least.toPrecision(3)} to ${most.toPrecision(3)}`;
  return `statistics re-estimated: means moved by up to ${step.toPrecision(2)} deviations, ${factors}`;
}
