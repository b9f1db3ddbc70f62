/** Matrices for tests: from plain numbers, multiplied right here, compared as a whole. */
import { matrix, type Matrix, type Multiply, product } from '../../src/numerics/linear/matrix';

/** A matrix of plain numbers, row by row. */
export function matrixOf(rows: number, columns: number, values: ArrayLike<number>): Matrix {
  return matrix(rows, columns, Float64Array.from(values));
}

/** `product` in the shape that algorithms take. */
export const multiplyHere: Multiply = (a, b, options) => Promise.resolve(product(a, b, options));

/** ‖A − B‖² over ‖A‖²: what share of the energy is lost. 0 for two zero matrices. */
export function relativeError(a: Matrix, b: Matrix): number {
  let noise = 0;
  let signal = 0;
  for (let i = 0; i < a.data.length; i++) {
    const difference = a.data[i]! - b.data[i]!;
    noise += difference * difference;
    signal += a.data[i]! * a.data[i]!;
  }
  return noise === 0 ? 0 : noise / signal;
}
