/** Number theory for expressions. */

/** Greatest common divisor of two whole numbers >= 0 (Euclid); the other one when one is 0. */
export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
