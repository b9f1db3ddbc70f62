/** What layers read, as rows of numbers at sampled positions, while a model runs on data. */
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { type RuntimeTensor } from '../runtime/port';
import { type PassContext } from './context';
import { fanIn, type LinearLayer } from './linearLayer';
import { observeValues } from './observe';
import { gatherInputs, noWindow, positionCount, samplePositions, type Sliding, slidingOf } from './patches';

/** Samples that are enough to know how inputs vary. */
const mostSamples = 128;

/** Positions that are looked at, for each input of a layer, and bounds on their number. */
export interface SampledRows {
  readonly perInput: number;
  readonly fewest: number;
  readonly most: number;
}

/** Where to run what. */
export interface InputRowsOptions {
  readonly samples: DataSource;
  readonly context: PassContext;
  readonly rows: SampledRows;
}

/** A layer while its inputs go by. */
interface Watch<L extends LinearLayer> {
  readonly layer: L;
  readonly window: Sliding;
  readonly rowsPerSample: number;
}

/**
 * Runs the model once and calls `visit` with rows of groups × fan-in, some of each sample; nobody else holds them. Layers
 * inside bodies, and those whose inputs are not float32, are never visited.
 */
export async function visitInputs<L extends LinearLayer>(
  model: Model,
  layers: readonly L[],
  { samples, context, rows: wanted }: InputRowsOptions,
  visit: (layer: L, rows: Float32Array) => void | Promise<void>,
): Promise<void> {
  const count = Math.min(mostSamples, samples.size);
  const watches = new Map<string, Watch<L>[]>();
  for (const layer of layers) {
    const name = layer.node.input(0)?.name;
    if (name === undefined || layer.node.graph?.parent) continue;
    const rows = Math.min(wanted.most, Math.max(wanted.fewest, wanted.perInput * fanIn(layer)));
    const window = layer.kind === 'Conv' ? slidingOf(layer.node, layer.kernel) : noWindow;
    watches.set(name, [...(watches.get(name) ?? []), { layer, window, rowsPerSample: Math.ceil(rows / count) }]);
  }
  const see = async (name: string, tensor: RuntimeTensor, sample: number): Promise<void> => {
    if (!(tensor.data instanceof Float32Array)) return;
    for (const { layer, window, rowsPerSample } of watches.get(name) ?? []) {
      const positions = samplePositions(positionCount(tensor.shape, window), rowsPerSample, sample + 1);
      await visit(layer, gatherInputs(tensor, window, positions));
    }
  };
  await observeValues(model, [...watches.keys()], see, {
    runtime: context.runtime!,
    samples,
    count,
    signal: context.signal,
  });
}
