/** Rounds the weights of a model for the outputs of their layers on data (numerics/linear/compensate.ts). */
import { type DataSource } from '../data/source';
import { sweep } from '../data/sweep';
import { type Model } from '../graph/model';
import { type Tensor } from '../graph/tensor';
import { diagonal, roundCompensated } from '../numerics/linear/compensate';
import { columnEnergies, roundCompensatedOnRows } from '../numerics/linear/compensateRows';
import { type Matrix, type Multiply } from '../numerics/linear/matrix';
import { type RowGrid } from '../numerics/linear/panels';
import { minMax } from '../numerics/minMax';
import { type QuantizedRange, quantizationParameters } from '../numerics/quantize';
import { type InferenceRuntime } from '../runtime/port';
import { batchesWithin } from './batches';
import { type PassContext, throwIfCancelled } from './context';
import { gramProducts } from './grams';
import { visitInputs } from './inputRows';
import { bytesOfInputs, LayerInputs, type SeenInputs } from './layerInputs';
import { fanIn, type LinearLayer, linearLayerOf, weightsOf, weightTensor } from './linearLayer';
import { matrixProducts } from './matrixProducts';

/** Codes of weights around 0: scales hold the largest magnitude of an output channel, or of the whole weight. */
export interface WeightGrid {
  readonly range: QuantizedRange;
  readonly perChannel: boolean;
}

/** Weights that lie on a grid, by the tensor that they stand for: whoever codes them to the nearest gets the codes meant. */
export type RoundedWeights = ReadonlyMap<Tensor, Tensor>;

/** Layers with fewer inputs have nothing to make up with; with more, moments and factors take minutes. */
const [narrowest, widest] = [4, 4608];
/** Smaller weights gain nothing that anybody would see. */
const leastElements = 64;
/** Positions to take moments at: PP-OCR recognition keeps 3.5 dB more by these than by 2 an input. */
const rows = { perInput: 8, fewest: 512, most: 16384 };

/** Bytes of inputs that are held at a time: more would cost memory, less another run on the samples. */
const inputBytes = 128e6;

/** What runs the model on what. */
export interface OutputRoundingOptions {
  readonly samples: DataSource;
  readonly context: PassContext & { readonly runtime: InferenceRuntime };
  /** Told with the share that is done, and of which layer. */
  readonly onProgress?: (fraction: number, layer: LinearLayer) => void;
}

/**
 * Weights of convolutions and products on each of `grids`; left out, and so rounded to the nearest, are those that several
 * layers read, that are transposed on the way, and that lie in bodies. Runs the model once on (at most 128 of) the samples.
 */
export async function roundForOutputs(
  model: Model,
  grids: readonly WeightGrid[],
  { samples, context, onProgress }: OutputRoundingOptions,
): Promise<RoundedWeights[]> {
  const found = grids.map(() => new Map<Tensor, Tensor>());
  const layers = layersOf(model);
  const products = matrixProducts(context.runtime);
  const grams = await gramProducts(context.runtime);
  let done = 0;
  try {
    for (const batch of batchesWithin(inputBytes, layers, (layer) => bytesOfInputs(fanIn(layer), layer.groups))) {
      const seen = new Map(batch.map((layer) => [layer, new LayerInputs(fanIn(layer), layer.groups, grams.gram)]));
      await visitInputs(model, batch, { samples, context, rows }, (layer, inputs) => seen.get(layer)!.add(inputs));
      for (const layer of batch) {
        throwIfCancelled(context.signal);
        onProgress?.(done++ / layers.length, layer);
        const inputs = await seen.get(layer)!.take();
        seen.delete(layer);
        for (const [index, grid] of inputs ? grids.entries() : []) {
          const rounded = await roundLayer(layer, inputs!, grid, products.multiply);
          if (rounded) found[index]!.set(layer.tensor, rounded);
        }
        // Factors of wide layers are as large as samples.
        sweep();
      }
    }
  } finally {
    await products.close();
    await grams.close();
  }
  return found;
}

function layersOf(model: Model): LinearLayer[] {
  return [...model.graph.nodes()].flatMap((node) => {
    const layer = linearLayerOf(node);
    if (typeof layer !== 'object' || layer.dataType !== 'float' || layer.root.useCount !== 1) return [];
    const asStored = layer.root.constant === layer.tensor;
    const width = fanIn(layer);
    return asStored && width >= narrowest && width <= widest && layer.tensor.size >= leastElements ? [layer] : [];
  });
}

/** Undefined where activations or weights are no numbers. */
async function roundLayer(
  layer: LinearLayer,
  inputs: readonly SeenInputs[],
  grid: WeightGrid,
  multiply: Multiply,
): Promise<Tensor | undefined> {
  const groups = inputs.map((_, group) => weightsOf(layer, group));
  const scales = groups.map((weights) => scalesOf(weights, grid.range));
  if (!grid.perChannel) {
    const largest = Math.max(...scales.map((each) => minMax(each).max));
    for (const each of scales) each.fill(largest);
  }
  const restored: Matrix[] = [];
  for (const [group, weights] of groups.entries()) {
    const ownGrid = { scales: scales[group]!, ...grid.range };
    const rounded = await roundGroup(weights, inputs[group]!, ownGrid, multiply);
    if (!rounded) return undefined;
    restored.push(rounded);
  }
  const tensor = weightTensor(layer, layer.tensor.name, restored);
  return restored.every(({ data }) => data.every(Number.isFinite)) ? tensor : undefined;
}

async function roundGroup(
  weights: Matrix,
  inputs: SeenInputs,
  grid: RowGrid,
  multiply: Multiply,
): Promise<Matrix | undefined> {
  // The squares tell: moments that are not finite anywhere are not finite on the diagonal.
  const energies = inputs.kind === 'rows' ? columnEnergies(inputs.rows, weights.columns) : diagonal(inputs.moments);
  if (!energies.every(Number.isFinite)) return undefined;
  return inputs.kind === 'rows'
    ? roundCompensatedOnRows(weights, inputs.rows, grid, multiply)
    : roundCompensated(weights, inputs.moments, grid, multiply);
}

/** One scale for each row. */
function scalesOf({ rows: count, columns, data }: Matrix, range: QuantizedRange): Float32Array {
  return Float32Array.from({ length: count }, (_, row) => {
    let largest = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) largest = Math.max(largest, Math.abs(data[i]!));
    return quantizationParameters(-largest, largest, range, true).scale;
  });
}
