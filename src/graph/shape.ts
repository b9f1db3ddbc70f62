/**
 * Shapes and types of values. A dimension is a number, an expression over named symbols, or unknown (null): an unknown
 * dimension is not the same as a symbol, since two unknowns need not be equal.
 */
import { Expression } from './expression';
import { type DataType } from './dataType';

/** One dimension: concrete, symbolic, or unknown. */
export type Dim = number | Expression | null;

/** Dimensions of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly Dim[];

/** The type of a value: what ONNX calls TypeProto. An undefined shape means that even the rank is unknown. */
export type ValueType =
  | { readonly kind: 'tensor'; readonly dataType: DataType; readonly shape?: Shape; readonly denotation?: string }
  | {
      readonly kind: 'sparse-tensor';
      readonly dataType: DataType;
      readonly shape?: Shape;
      readonly denotation?: string;
    }
  | { readonly kind: 'sequence'; readonly element?: ValueType; readonly denotation?: string }
  | { readonly kind: 'optional'; readonly element?: ValueType; readonly denotation?: string }
  | { readonly kind: 'map'; readonly key: DataType; readonly value?: ValueType; readonly denotation?: string }
  | { readonly kind: 'opaque'; readonly domain?: string; readonly name?: string; readonly denotation?: string };

/** A tensor type in one line. */
export function tensorType(dataType: DataType, shape?: Shape): ValueType {
  return { kind: 'tensor', dataType, shape };
}

/** A dimension in canonical form: an expression that is a constant becomes a number. */
export function canonicalDim(dim: Dim): Dim {
  return dim instanceof Expression ? (dim.constantValue ?? dim) : dim;
}

/** True when both dimensions are known to be the same. */
export function sameDim(a: Dim, b: Dim): boolean {
  if (a === null || b === null) return false;
  if (typeof a === 'number' && typeof b === 'number') return a === b;
  return Expression.of(a).equals(Expression.of(b));
}

/** Number of elements of a concrete shape, or of some of its axes; 1 for a scalar. */
export function countElements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** `2x?xH/2`: how a shape is shown to a person. */
export function formatShape(shape: Shape | undefined): string {
  if (!shape) return '?';
  return shape.length === 0 ? 'scalar' : shape.map((dim) => (dim === null ? '?' : dim.toString())).join('x');
}
