/** Second moments of what layers read, gathered while a model runs on data. */
import { type Model } from '../graph/model';
import { matrix, type Matrix, type Multiply } from '../numerics/linear/matrix';
import { batchesWithin } from './batches';
import { type InputRowsOptions, type SampledRows, visitInputs } from './inputRows';
import { fanIn, type LinearLayer } from './linearLayer';
import { Moments, type Sums } from './moments';

/** Bytes of moments that are held at a time. */
export const momentBytes = 400e6;
/** Enough to refit weights by. */
const enoughRows: SampledRows = { perInput: 8, fewest: 4096, most: 32768 };

/** Where to run what. */
export interface InputMomentsOptions extends Omit<InputRowsOptions, 'rows'> {
  readonly multiply: Multiply;
  readonly rows?: SampledRows;
}

/**
 * Moments of the inputs of each group of each layer at sampled positions. Layers inside bodies, and those whose inputs
 * are not float32, are not among them. Takes 8·m² bytes for a group of m inputs.
 */
export async function inputMoments<L extends LinearLayer>(
  model: Model,
  layers: readonly L[],
  { multiply, rows = enoughRows, ...options }: InputMomentsOptions,
): Promise<Map<L, Sums[]>> {
  const moments = new Map(
    layers.map((layer) => [
      layer,
      Array.from({ length: layer.groups }, () => new Moments(fanIn(layer), multiply, 0, layer.groups)),
    ]),
  );
  await visitInputs(model, layers, { ...options, rows }, async (layer, rows) => {
    const width = fanIn(layer);
    for (const [group, each] of moments.get(layer)!.entries()) {
      await each.add(rows, undefined, { stride: width * layer.groups, from: width * group });
    }
  });
  const sums = new Map<L, Sums[]>();
  for (const [layer, all] of moments) {
    const finished: Sums[] = [];
    for (const each of all) finished.push(await each.sums());
    if (finished.every(({ count }) => count > 0)) sums.set(layer, finished);
  }
  return sums;
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
