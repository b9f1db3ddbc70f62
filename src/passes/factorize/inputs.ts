/** What layers see on data: second moments of their inputs, gathered batch by batch so that memory stays bounded. */
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { damped } from '../../numerics/linear/cholesky';
import { matrix, type Matrix, type Multiply } from '../../numerics/linear/matrix';
import { type PassContext } from '../../pass/context';
import { fanIn, weightsOf } from '../../pass/linearLayer';
import { Moments, type Sums } from '../../pass/moments';
import { observeValues } from '../../pass/observe';
import { gatherInputs, noWindow, positionCount, samplePositions, type Sliding, slidingOf } from '../../pass/patches';
import { type RuntimeTensor } from '../../runtime/port';
import { type GroupProblem } from './chains';
import { type Layer } from './layers';

/** A problem whose inputs were seen; `mean` is that of the inputs. */
export interface SeenProblem extends GroupProblem {
  readonly mean?: Float64Array;
}

/** Bytes of moments that are held at a time. */
const batchBytes = 400e6;
/** Samples that are enough to know how inputs vary. */
const mostSamples = 128;
/** Rows for each input of a layer, and bounds on their number. */
const rowsPerInput = 8;
const [fewestRows, mostRows] = [4096, 32768];
/** Keeps directions that the samples hardly show from being thrown away for nothing. */
const ridge = 1e-3;

/** How layers are visited. */
export interface VisitOptions {
  readonly model: Model;
  readonly context: PassContext;
  readonly multiply: Multiply;
  /** True where the mean error can be put into a bias: moments are then taken about the mean. */
  readonly hasBias: (layer: Layer) => boolean;
}

/** Calls `visit` with each layer and its groups as problems, in order, with moments of the inputs where there is data. */
export async function visitLayers(
  layers: readonly Layer[],
  options: VisitOptions,
  visit: (layer: Layer, problems: readonly SeenProblem[]) => Promise<void>,
): Promise<void> {
  const { context } = options;
  for (const batch of batchesOf(layers)) {
    const seen =
      context.data && context.runtime ? await observe(batch, context.data, options) : new Map<Layer, Sums[]>();
    for (const layer of batch) await visit(layer, problemsOf(layer, seen.get(layer) ?? [], options));
  }
}

function batchesOf(layers: readonly Layer[]): Layer[][] {
  const batches: Layer[][] = [];
  let bytes = Infinity;
  for (const layer of layers) {
    const own = 8 * layer.groups * fanIn(layer) ** 2;
    if (bytes + own > batchBytes) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)!.push(layer);
    bytes += own;
  }
  return batches;
}

/** A layer while its inputs go by. */
interface Watch {
  readonly layer: Layer;
  readonly window: Sliding;
  readonly moments: readonly Moments[];
  readonly rowsPerSample: number;
}

async function observe(
  layers: readonly Layer[],
  samples: DataSource,
  { model, context, multiply }: VisitOptions,
): Promise<Map<Layer, Sums[]>> {
  const count = Math.min(mostSamples, samples.size);
  const watches = new Map<string, Watch[]>();
  for (const layer of layers) {
    const name = layer.node.input(0)?.name;
    if (name === undefined || layer.node.graph?.parent) continue;
    const width = fanIn(layer);
    const rows = Math.min(mostRows, Math.max(fewestRows, rowsPerInput * width));
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
  await observeValues(model, [...watches.keys()], see, {
    runtime: context.runtime!,
    samples,
    count,
    signal: context.signal,
  });
  const sums = new Map<Layer, Sums[]>();
  for (const { layer, moments } of [...watches.values()].flat()) {
    sums.set(layer, await Promise.all(moments.map((each) => each.sums())));
  }
  return sums;
}

async function add(
  { window, moments, rowsPerSample, layer }: Watch,
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

function problemsOf(layer: Layer, sums: readonly Sums[], { hasBias }: VisitOptions): SeenProblem[] {
  return Array.from({ length: layer.groups }, (_, group) => {
    const base = { weights: weightsOf(layer, group), channels: layer.inputs, kernel: layer.kernel };
    const seen = sums[group];
    if (!seen || seen.count === 0) return base;
    const mean = seen.inputs.map((sum) => sum / seen.count);
    const centred = hasBias(layer);
    return { ...base, gram: damped(covariance(seen, centred ? mean : undefined), ridge), ...(centred && { mean }) };
  });
}

function covariance({ gram, count }: Sums, mean: Float64Array | undefined): Matrix {
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
