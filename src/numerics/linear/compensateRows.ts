/**
 * The same rounding where there are fewer rows of inputs than inputs, as before the last layers of a classifier: H = Xᵀ·X + λ·I
 * is then never formed. The weight of column j is to be w_j + g_jᵀ·r for the residual r = Σ x_i·e_i of the columns that are
 * rounded, with the gain g_j = (λ·I + Σ x_k·x_kᵀ)⁻¹·x_j over the columns k ≤ j that are left: recursive least squares
 * (Golub & Van Loan, 4th ed., section 2.1.4, Sherman–Morrison–Woodbury, a panel at a time).
 */
import { cholesky } from './cholesky';
import { matrix, type Matrix, type Multiply } from './matrix';
import { byEnergy, type Panel, panelsOf, ridgeFor, roundPanel, type RowGrid } from './panels';

/** Rows of inputs, one after the other. */
export interface InputRows {
  readonly count: number;
  readonly data: Float32Array;
}

/**
 * What roundCompensated() gives for the moments of these rows. Takes 2·R²·n multiplications for R rows of n inputs, R·n a
 * row of weights, and 8·(R·n + 2·R²) bytes.
 */
export async function roundCompensatedOnRows(
  weights: Matrix,
  inputs: InputRows,
  grid: RowGrid,
  multiply: Multiply,
): Promise<Matrix> {
  const { rows: outputs, columns } = weights;
  const energies = columnEnergies(inputs, columns);
  const order = byEnergy(energies);
  const inputsOf = (panel: Panel): Matrix => panelInputs(inputs, order, panel);
  const gains = await gainsOf(panelsOf(columns), inputsOf, ridgeFor(energies), multiply);
  const result = matrix(outputs, columns);
  const residual = matrix(inputs.count, outputs);
  for (const panel of panelsOf(columns).reverse()) {
    const x = inputsOf(panel);
    const gain = gains.pop()!;
    const errors = matrix(x.rows, outputs);
    roundPanel(
      { weights, grid, order },
      panel,
      { given: await multiply(gain, residual), couplings: await multiply(x, gain, { transposeB: true }) },
      { result, errors: errors.data },
    );
    const change = await multiply(x, errors, { transposeA: true });
    for (let i = 0; i < change.data.length; i++) residual.data[i]! += change.data[i]!;
  }
  return result;
}

/** Gains of each panel: its columns × rows of inputs. */
async function gainsOf(
  panels: readonly Panel[],
  inputsOf: (panel: Panel) => Matrix,
  lambda: number,
  multiply: Multiply,
): Promise<Matrix[]> {
  const gains: Matrix[] = [];
  /** (λ·I + Σ x_k·x_kᵀ)⁻¹ over the columns so far. */
  let inverse: Matrix | undefined;
  for (const panel of panels) {
    const x = inputsOf(panel);
    inverse ??= scaledIdentity(x.columns, 1 / lambda);
    const reach = await multiply(x, inverse);
    const inner = await multiply(reach, x, { transposeB: true });
    for (let i = 0; i < x.rows; i++) inner.data[i * x.rows + i]! += 1;
    const root = await cholesky(inner, multiply);
    const gain = await multiply(root.inverse, reach);
    const taken = await multiply(gain, gain, { transposeA: true });
    for (let i = 0; i < taken.data.length; i++) inverse.data[i]! -= taken.data[i]!;
    for (let i = 0; i < gain.data.length; i++) {
      const row = Math.floor(i / gain.columns);
      gain.data[i]! /= root.factor.data[row * x.rows + row]!;
    }
    gains.push(gain);
  }
  return gains;
}

/** Energy of each input over the rows. */
export function columnEnergies({ data }: InputRows, columns: number): Float64Array {
  const energies = new Float64Array(columns);
  for (let at = 0; at < data.length; at += columns) {
    for (let column = 0; column < columns; column++) energies[column]! += data[at + column]! ** 2;
  }
  return energies;
}

/** Columns of a panel × rows of inputs. */
function panelInputs({ count, data }: InputRows, order: Uint32Array, { from, to }: Panel): Matrix {
  const result = matrix(to - from, count);
  for (let row = 0; row < count; row++) {
    const base = row * order.length;
    for (let i = from; i < to; i++) result.data[(i - from) * count + row] = data[base + order[i]!]!;
  }
  return result;
}

function scaledIdentity(size: number, value: number): Matrix {
  const result = matrix(size, size);
  for (let i = 0; i < size; i++) result.data[i * size + i] = value;
  return result;
}
