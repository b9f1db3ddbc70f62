/** Numbers for symbols, so that sizes can be compared: each symbol gets a prime that no layer is as wide as. */
import { Expression } from '../../graph/expression';
import { type Dim, type Shape } from '../../graph/shape';

/** Dimensions of shapes as numbers. */
export class ProbeSizes {
  private readonly values = new Map<string, number>();
  private last = 1009;

  /** Symbols by their primes, unknown dimensions as NaN; undefined for an unknown rank. */
  dimsOf(shape: Shape | undefined): readonly number[] | undefined {
    return shape?.map((dim) => this.sizeOf(dim));
  }

  private sizeOf(dim: Dim): number {
    if (!(dim instanceof Expression)) return dim ?? NaN;
    for (const symbol of dim.symbols()) if (!this.values.has(symbol)) this.values.set(symbol, this.nextPrime());
    return dim.evaluate(this.values) ?? NaN;
  }

  private nextPrime(): number {
    do this.last += 2;
    while (!isPrime(this.last));
    return this.last;
  }
}

function isPrime(odd: number): boolean {
  for (let divisor = 3; divisor * divisor <= odd; divisor += 2) if (odd % divisor === 0) return false;
  return true;
}
