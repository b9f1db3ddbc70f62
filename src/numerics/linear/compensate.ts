/**
 * Rounding for the outputs of a layer instead of its weights: each weight takes the nearest code, and those that are not
 * rounded yet make up for the error as far as their inputs go with its input (Frantar et al., "GPTQ: Accurate Post-Training
 * Quantization for Generative Pre-trained Transformers", 2022). With H = L·Lᵀ the weight of column j is to be
 * w_j + Σ (L_ij / L_jj)·e_i over the errors e of columns i > j that are rounded: the same codes by back-substitution, without
 * an inverse (Babai's nearest plane; Chen et al., "The Geometry of LLM Quantization", 2025).
 */
import { factorInPlace } from './cholesky';
import { matrix, type Matrix, type Multiply } from './matrix';
import { byEnergy, type Panel, panelsOf, ridgeFor, roundPanel, type RowGrid } from './panels';

/** A symmetric matrix, of which only the lower triangle is read. */
export interface LowerTriangle {
  readonly rows: number;
  /** Row-major, with room for the upper triangle. */
  readonly data: Float32Array | Float64Array;
}

/**
 * `weights` (outputs × inputs) on the grid such that W·x changes little for inputs x with the second moments `gram`
 * (Σ x·xᵀ up to a factor). Gives restored weights, q · scale. Takes n³ / 3 multiplications for n inputs, and n² / 2 a row.
 */
export async function roundCompensated(
  weights: Matrix,
  gram: LowerTriangle,
  grid: RowGrid,
  multiply: Multiply,
): Promise<Matrix> {
  const { rows: outputs, columns } = weights;
  const energies = diagonal(gram);
  const order = byEnergy(energies);
  const factor = ordered(gram, order, ridgeFor(energies));
  await factorInPlace(factor, multiply);
  const result = matrix(outputs, columns);
  const errors = matrix(columns, outputs);
  for (const panel of panelsOf(columns).reverse()) {
    const { from, to } = panel;
    const given =
      to === columns
        ? matrix(to - from, outputs)
        : await multiply(
            couplings(factor, { from: to, to: columns }, panel),
            matrix(columns - to, outputs, errors.data.subarray(to * outputs)),
            { transposeA: true },
          );
    roundPanel(
      { weights, grid, order },
      panel,
      { given, couplings: couplings(factor, panel, panel) },
      { result, errors: errors.data.subarray(from * outputs, to * outputs) },
    );
  }
  return result;
}

/** Energy of each input. */
export const diagonal = ({ rows, data }: LowerTriangle): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * rows + i]!);

/** Lower triangle with rows and columns in that order, and λ on the diagonal. */
function ordered({ rows: size, data }: LowerTriangle, order: Uint32Array, lambda: number): Matrix {
  const result = matrix(size, size);
  for (let i = 0; i < size; i++) {
    const a = order[i]!;
    for (let j = 0; j <= i; j++) {
      const b = order[j]!;
      result.data[i * size + j] = data[a > b ? a * size + b : b * size + a]!;
    }
    result.data[i * size + i]! += lambda;
  }
  return result;
}

/** L_ij / L_jj for i in `rows` and j in `columns`. */
function couplings({ columns: size, data }: Matrix, rows: Panel, columns: Panel): Matrix {
  const result = matrix(rows.to - rows.from, columns.to - columns.from);
  for (let i = rows.from, at = 0; i < rows.to; i++) {
    for (let j = columns.from; j < columns.to; j++) result.data[at++] = data[i * size + j]! / data[j * size + j]!;
  }
  return result;
}
