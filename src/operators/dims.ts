/** Arithmetic on dimensions: numbers stay numbers, expressions stay canonical, unknown (null) is contagious. */
import { Expression } from '../graph/expression';
import { canonicalDim, type Dim, sameDim, type Shape } from '../graph/shape';

type Operation = 'add' | 'sub' | 'mul' | 'floorDiv' | 'ceilDiv' | 'min' | 'max';

/** Longer operands are given up: results of results of them would grow without end. */
const MAX_TEXT = 1000;

/** Two dimensions under one operation of `Expression`; null when either is unknown. */
function combine(operation: Operation, a: Dim, b: Dim): Dim {
  if (a === null || b === null) return null;
  if (textLength(a) + textLength(b) > MAX_TEXT) return null;
  return canonicalDim(Expression.of(a)[operation](b));
}

const textLength = (dim: number | Expression): number => (dim instanceof Expression ? dim.key.length : 0);

/** a + b */
export function addDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a + b : combine('add', a, b);
}

/** a − b */
export function subDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? a - b : combine('sub', a, b);
}

/** a · b; zero times unknown is zero. */
export function mulDims(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0;
  return typeof a === 'number' && typeof b === 'number' ? a * b : combine('mul', a, b);
}

/** ⌊a / b⌋; null when b is zero. */
export function floorDivDims(a: Dim, b: Dim): Dim {
  if (b === 0) return null;
  return typeof a === 'number' && typeof b === 'number' ? Math.floor(a / b) : combine('floorDiv', a, b);
}

/** ⌈a / b⌉; null when b is zero. */
export function ceilDivDims(a: Dim, b: Dim): Dim {
  if (b === 0) return null;
  return typeof a === 'number' && typeof b === 'number' ? Math.ceil(a / b) : combine('ceilDiv', a, b);
}

/** The smaller of both. */
export function minDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? Math.min(a, b) : combine('min', a, b);
}

/** The larger of both. */
export function maxDims(a: Dim, b: Dim): Dim {
  return typeof a === 'number' && typeof b === 'number' ? Math.max(a, b) : combine('max', a, b);
}

/** The largest of many numbers (too many to spread as arguments); undefined for none. */
export function largest(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b));
}

/** Product of all, 1 for none. */
export function productOf(dims: readonly Dim[]): Dim {
  let product: Dim = 1;
  for (const dim of dims) product = mulDims(product, dim);
  return product;
}

/** Sum of all, 0 for none. */
export function sumOf(dims: readonly Dim[]): Dim {
  let sum: Dim = 0;
  for (const dim of dims) sum = addDims(sum, dim);
  return sum;
}

/**
 * ⌊dim · factor⌋ for a positive factor that need not be whole (Resize scales), multiplied in float32 as the runtime
 * does: ten times 0.9 is nine. A factor near a fraction with a small denominator is taken as that fraction, so that
 * `H · 1.5` becomes ⌊3H/2⌋; any other leaves a symbolic dim unknown.
 */
export function scaleDim(dim: Dim, factor: number): Dim {
  if (typeof dim === 'number') return Math.floor(Math.fround(dim * factor));
  if (dim === null) return null;
  const fraction = asFraction(factor);
  return fraction ? floorDivDims(mulDims(dim, fraction.numerator), fraction.denominator) : null;
}

/** A fraction with denominator up to 1024 that float32 cannot tell from `value`, or undefined. */
export function asFraction(value: number): { numerator: number; denominator: number } | undefined {
  for (let denominator = 1; denominator <= 1024; denominator++) {
    const numerator = Math.round(value * denominator);
    if (Math.abs(numerator / denominator - value) <= Math.abs(value) * 1e-7) return { numerator, denominator };
  }
  return undefined;
}

/**
 * One axis of multidirectional broadcasting (ONNX "Broadcasting"). Two different symbols are either equal or one of
 * them is 1, so the larger is right in both cases. Undefined when the two can never fit.
 */
export function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === 1) return b;
  if (b === 1 || sameDim(a, b)) return a;
  if (typeof a === 'number') return typeof b === 'number' ? undefined : a;
  if (typeof b === 'number') return b;
  return maxDims(a, b);
}

/** Multidirectional broadcasting of shapes; undefined when one is unknown, an error when they cannot fit. */
export function broadcastShapes(shapes: readonly (Shape | undefined)[]): Shape | undefined {
  let result: Dim[] = [];
  for (const shape of shapes) {
    if (!shape) return undefined;
    const rank = Math.max(result.length, shape.length);
    const next: Dim[] = [];
    for (let axis = 0; axis < rank; axis++) {
      const a = axis < rank - result.length ? 1 : result[axis - (rank - result.length)]!;
      const b = axis < rank - shape.length ? 1 : shape[axis - (rank - shape.length)]!;
      const dim = broadcastDim(a, b);
      if (dim === undefined) throw new RuleError(`dimensions ${String(a)} and ${String(b)} do not broadcast`);
      next.push(dim);
    }
    result = next;
  }
  return result;
}

/** A node that contradicts its operator's specification: inference reports it and goes on. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/** An axis in 0..rank-1 from one that may count from the end; throws when it is outside. */
export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank) throw new RuleError(`axis ${axis} is outside a tensor of rank ${rank}`);
  return normal;
}

/** The shape with one axis replaced. */
export function withDim(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((old, index) => (index === axis ? dim : old));
}

/** No tensor has more axes: a count that claims so is nonsense from a broken file. */
const MAX_RANK = 1024;

/** `rank` unknown dimensions. */
export function unknownDims(rank: number): Shape {
  if (rank < 0 || rank > MAX_RANK) throw new RuleError(`a tensor cannot have ${rank} dimensions`);
  return new Array<Dim>(rank).fill(null);
}

/** The more precise of two descriptions of one dimension; throws when they are different numbers. */
export function unifyDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) {
    throw new RuleError(`dimensions ${a} and ${b} must be equal`);
  }
  if (typeof a === 'number' || b === null) return a;
  return typeof b === 'number' || a === null ? b : a;
}
