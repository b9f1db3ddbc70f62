/** Weights of a layer rounded column by column, a panel at a time: what both ways to know its inputs have in common. */
import { roundHalfEven } from '../rounding';
import { type Matrix } from './matrix';

/** Codes that a row of weights may take: q · scale for whole q from `qmin` to `qmax`. */
export interface RowGrid {
  /** One for each row. */
  readonly scales: ArrayLike<number>;
  readonly qmin: number;
  readonly qmax: number;
}

/** Added to the diagonal of the second moments, as a share of its mean: what is published. */
export const ridge = 0.01;

/** Columns that are rounded before the others are told, all at once, by one product. */
const width = 64;

/**
 * Columns by the energy of their inputs, the least first. They are rounded from the last to the first: the largest inputs
 * weigh most, and most others are left to make up for their errors.
 */
export function byEnergy(energies: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: energies.length }, (_, column) => column).sort(
    (a, b) => energies[a]! - energies[b]!,
  );
}

/** λ of the ridge; 1 where nothing was ever read, so that there is something to divide by. */
export function ridgeFor(energies: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < energies.length; i++) sum += energies[i]!;
  return (ridge * sum) / energies.length || 1;
}

/** Columns `from` to `to` (exclusive) of those in order. */
export interface Panel {
  readonly from: number;
  readonly to: number;
}

/** All panels from the first column to the last. */
export function panelsOf(columns: number): Panel[] {
  return Array.from({ length: Math.ceil(columns / width) }, (_, index) => ({
    from: index * width,
    to: Math.min(columns, (index + 1) * width),
  }));
}

/** What the weights of a panel are to make up for. */
export interface Shift {
  /** Panel × outputs: what the errors of columns that came before add to each weight. Is worked in. */
  readonly given: Matrix;
  /** Panel × panel: what an error in column i of the panel adds to the weights of column j. */
  readonly couplings: Matrix;
}

/**
 * Rounds the panel's columns, from the last to the first, and writes q · scale into `result`, outputs × inputs like
 * `weights`; `errors`, panel × outputs, takes what each weight loses.
 */
export function roundPanel(
  { weights, grid, order }: { readonly weights: Matrix; readonly grid: RowGrid; readonly order: Uint32Array },
  { from, to }: Panel,
  { given, couplings }: Shift,
  { result, errors }: { readonly result: Matrix; readonly errors: Float64Array },
): void {
  const { rows: outputs, columns } = weights;
  const { scales, qmin, qmax } = grid;
  const size = to - from;
  for (let i = size - 1; i >= 0; i--) {
    const [column, base] = [order[from + i]!, i * outputs];
    for (let output = 0; output < outputs; output++) {
      const [at, scale] = [output * columns + column, scales[output]!];
      const code = roundHalfEven((weights.data[at]! + given.data[base + output]!) / scale);
      const restored = Math.min(qmax, Math.max(qmin, code)) * scale;
      result.data[at] = restored;
      errors[base + output] = weights.data[at]! - restored;
    }
    for (let j = 0; j < i; j++) {
      const [coupling, target] = [couplings.data[i * size + j]!, j * outputs];
      for (let output = 0; output < outputs; output++)
        given.data[target + output]! += coupling * errors[base + output]!;
    }
  }
}
