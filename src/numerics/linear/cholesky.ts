/**
 * Cholesky factors of symmetric positive (semi)definite matrices, with their inverses, by halves: nearly all the work is
 * products, which the caller's `multiply` does (Golub & Van Loan, 4th ed., section 4.2).
 */
import { matrix, type Matrix, type Multiply } from './matrix';

/** A = L·Lᵀ. */
export interface CholeskyFactor {
  /** L, lower triangular. */
  readonly factor: Matrix;
  /** L⁻¹, lower triangular. */
  readonly inverse: Matrix;
  /** Pivots that were not positive and were raised: A is not definite to working precision. */
  readonly clamped: number;
}

/** Halves up to this size are factored element by element. */
const leafSize = 96;

/** Smallest pivot, relative to the largest diagonal element. */
const leastPivot = 1e-13;

/** Factors symmetric `a`; pivots that are not positive are clamped, so that it never fails on a semidefinite matrix. */
export async function cholesky(a: Matrix, multiply: Multiply): Promise<CholeskyFactor> {
  return factor(a, leastPivotOf(a), multiply);
}

function leastPivotOf({ rows, data }: Matrix): number {
  let largest = 0;
  for (let i = 0; i < rows; i++) largest = Math.max(largest, data[i * rows + i]!);
  return largest > 0 ? largest * leastPivot : Number.MIN_VALUE;
}

async function factor(a: Matrix, floor: number, multiply: Multiply): Promise<CholeskyFactor> {
  const n = a.rows;
  if (n <= leafSize) return leaf(a, floor);
  const half = n >> 1;
  const top = await factor(block(a, 0, half, 0, half), floor, multiply);
  const below = await multiply(block(a, half, n, 0, half), top.inverse, { transposeB: true });
  const rest = block(a, half, n, half, n);
  const taken = await multiply(below, below, { transposeB: true });
  for (let i = 0; i < rest.data.length; i++) rest.data[i]! -= taken.data[i]!;
  const bottom = await factor(rest, floor, multiply);
  const corner = await multiply(await multiply(bottom.inverse, below), top.inverse);
  for (let i = 0; i < corner.data.length; i++) corner.data[i] = -corner.data[i]!;
  return {
    factor: join(top.factor, below, bottom.factor),
    inverse: join(top.inverse, corner, bottom.inverse),
    clamped: top.clamped + bottom.clamped,
  };
}

function leaf(a: Matrix, floor: number): CholeskyFactor {
  const n = a.rows;
  const l = matrix(n, n);
  let clamped = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a.data[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l.data[i * n + k]! * l.data[j * n + k]!;
      if (i === j) {
        if (!(sum > floor)) clamped++;
        l.data[i * n + i] = Math.sqrt(sum > floor ? sum : floor);
      } else l.data[i * n + j] = sum / l.data[j * n + j]!;
    }
  }
  return { factor: l, inverse: triangularInverse(l), clamped };
}

/** Inverse of a lower triangular matrix whose diagonal has no zero. */
function triangularInverse(l: Matrix): Matrix {
  const n = l.rows;
  const inverse = matrix(n, n);
  for (let column = 0; column < n; column++) {
    inverse.data[column * n + column] = 1 / l.data[column * n + column]!;
    for (let i = column + 1; i < n; i++) {
      let sum = 0;
      for (let k = column; k < i; k++) sum += l.data[i * n + k]! * inverse.data[k * n + column]!;
      inverse.data[i * n + column] = -sum / l.data[i * n + i]!;
    }
  }
  return inverse;
}

/** Columns that factorInPlace() takes at a time, and rows of what they change. */
const [step, strip] = [128, 256];

/**
 * Overwrites the lower triangle of symmetric `a` with its Cholesky factor; what is above is neither read nor written. Pivots
 * as in cholesky(). Takes n³ / 3 multiplications and, beside `a`, 8·(step + strip)·n bytes (section 4.2.6, by columns).
 */
export async function factorInPlace(a: Matrix, multiply: Multiply): Promise<void> {
  const { rows: n, data } = a;
  const floor = leastPivotOf(a);
  for (let from = 0; from < n; from += step) {
    const to = Math.min(n, from + step);
    const { factor: top, inverse } = await factor(block(a, from, to, from, to), floor, multiply);
    for (let i = from; i < to; i++) {
      const row = (i - from) * top.columns;
      data.set(top.data.subarray(row, row + i - from + 1), i * n + from);
    }
    if (to === n) break;
    const below = await multiply(block(a, to, n, from, to), inverse, { transposeB: true });
    for (let i = to; i < n; i++) {
      const row = (i - to) * below.columns;
      data.set(below.data.subarray(row, row + below.columns), i * n + from);
    }
    for (let first = to; first < n; first += strip) {
      const last = Math.min(n, first + strip);
      const [left, right] = [rowsOf(below, first - to, last - to), rowsOf(below, 0, last - to)];
      const taken = await multiply(left, right, { transposeB: true });
      for (let i = first; i < last; i++) {
        const row = (i - first) * taken.columns - to;
        for (let j = to; j <= i; j++) data[i * n + j]! -= taken.data[row + j]!;
      }
    }
  }
}

/** Rows `from` to `to`, over the same numbers. */
const rowsOf = ({ columns, data }: Matrix, from: number, to: number): Matrix =>
  matrix(to - from, columns, data.subarray(from * columns, to * columns));

/** X with X·A = B for symmetric positive definite `a`: least squares from a Gram matrix. */
export async function solveRight(b: Matrix, a: Matrix, multiply: Multiply): Promise<Matrix> {
  const { inverse } = await cholesky(a, multiply);
  return multiply(await multiply(b, inverse, { transposeB: true }), inverse);
}

/** A + λ·I with λ = `share` of the mean of the diagonal (ridge, Tikhonov). */
export function damped(a: Matrix, share: number): Matrix {
  const n = a.rows;
  const result = matrix(n, n, Float64Array.from(a.data));
  let mean = 0;
  for (let i = 0; i < n; i++) mean += a.data[i * n + i]! / n;
  for (let i = 0; i < n; i++) result.data[i * n + i]! += share * mean;
  return result;
}

/** Makes the columns of `y` orthonormal (Cholesky QR, twice for full accuracy). */
export async function orthonormalized(y: Matrix, multiply: Multiply, rounds = 2): Promise<Matrix> {
  let q = y;
  for (let round = 0; round < rounds; round++) {
    const gram = await multiply(q, q, { transposeA: true });
    const { inverse } = await cholesky(gram, multiply);
    q = await multiply(q, inverse, { transposeB: true });
  }
  return q;
}

function block({ columns, data }: Matrix, top: number, bottom: number, left: number, right: number): Matrix {
  const result = matrix(bottom - top, right - left);
  for (let i = top; i < bottom; i++) {
    result.data.set(data.subarray(i * columns + left, i * columns + right), (i - top) * result.columns);
  }
  return result;
}

/** [[A, 0], [B, C]]. */
function join(a: Matrix, b: Matrix, c: Matrix): Matrix {
  const n = a.rows + c.rows;
  const result = matrix(n, n);
  for (let i = 0; i < a.rows; i++) result.data.set(a.data.subarray(i * a.columns, (i + 1) * a.columns), i * n);
  for (let i = 0; i < c.rows; i++) {
    const row = (a.rows + i) * n;
    result.data.set(b.data.subarray(i * b.columns, (i + 1) * b.columns), row);
    result.data.set(c.data.subarray(i * c.columns, (i + 1) * c.columns), row + a.rows);
  }
  return result;
}
