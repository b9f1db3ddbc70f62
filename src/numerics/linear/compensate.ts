/**
 * Rounding for the outputs of a layer instead of its weights: each weight takes the nearest code, and those that are not
 * rounded yet make up for the error as far as their inputs go with its input (Frantar et al., "GPTQ: Accurate Post-Training
 * Quantization for Generative Pre-trained Transformers", 2022, sections 3.2 to 3.4; optimal brain surgeon for one row).
 */
import { roundHalfEven } from '../rounding';
import { cholesky, damped } from './cholesky';
import { matrix, type Matrix, type Multiply, selected } from './matrix';

/** Codes that a row of weights may take: q · scale for whole q from `qmin` to `qmax`. */
export interface RowGrid {
  /** One for each row. */
  readonly scales: ArrayLike<number>;
  readonly qmin: number;
  readonly qmax: number;
}

/** Added to the diagonal of the second moments, as a share of its mean: what is published. */
const ridge = 0.01;
/** Columns that are rounded before the others are told, all at once, by one product. */
const panel = 64;

/**
 * `weights` (outputs × inputs) on the grid such that W·x changes little for inputs x with the second moments `gram`
 * (Σ x·xᵀ up to a factor). Gives restored weights, q · scale. Takes n³ multiplications for n inputs, and n² / 2 a row.
 */
export async function roundCompensated(
  weights: Matrix,
  gram: Matrix,
  grid: RowGrid,
  multiply: Multiply,
): Promise<Matrix> {
  const { rows, columns } = weights;
  // From the last to the first, so that a row of the inverse factor is what a column's error means to those still to come.
  // The largest inputs go first: their errors weigh most, and most others are left to make up for them.
  const order = Array.from({ length: columns }, (_, column) => column).sort(
    (a, b) => gram.data[a * columns + a]! - gram.data[b * columns + b]!,
  );
  const all = Array.from({ length: rows }, (_, row) => row);
  const rest = selected(weights, all, order);
  const { inverse } = await cholesky(damped(selected(gram, order, order), ridge), multiply);
  const result = matrix(rows, columns);
  for (let to = columns; to > 0; to -= panel) {
    const from = Math.max(0, to - panel);
    const errors = roundPanel(rest, inverse, { from, to, order, grid }, result);
    if (from === 0) break;
    const shares = matrix(to - from, from);
    for (let j = from; j < to; j++) {
      shares.data.set(inverse.data.subarray(j * columns, j * columns + from), (j - from) * from);
    }
    const change = await multiply(errors, shares);
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < from; k++) rest.data[row * columns + k]! -= change.data[row * from + k]!;
    }
  }
  return result;
}

/** Rounds columns `from` to `to`; gives their errors, each over the pivot of its column. */
function roundPanel(
  rest: Matrix,
  inverse: Matrix,
  at: { readonly from: number; readonly to: number; readonly order: readonly number[]; readonly grid: RowGrid },
  result: Matrix,
): Matrix {
  const { from, to, order, grid } = at;
  const { rows, columns } = rest;
  const errors = matrix(rows, to - from);
  for (let row = 0; row < rows; row++) {
    const base = row * columns;
    const scale = grid.scales[row]!;
    for (let j = to - 1; j >= from; j--) {
      const wanted = rest.data[base + j]!;
      const code = Math.min(grid.qmax, Math.max(grid.qmin, roundHalfEven(wanted / scale)));
      result.data[base + order[j]!] = code * scale;
      const error = (wanted - code * scale) / inverse.data[j * columns + j]!;
      errors.data[row * (to - from) + j - from] = error;
      for (let k = from; k < j; k++) rest.data[base + k]! -= error * inverse.data[j * columns + k]!;
    }
  }
  return errors;
}
