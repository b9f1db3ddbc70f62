/** From the engine's types to plain report data. */
import { bitsOf } from '../graph/dataType';
import { Expression } from '../graph/expression';
import { type Dim, type Shape, type ValueType } from '../graph/shape';
import { type Value } from '../graph/value';
import { sizeExpression } from '../operators/cost';
import { type PlainDim } from '../protocol/report';

/** A shape as report data; null when even the rank is unknown. */
export function plainShape(shape: Shape | undefined): readonly PlainDim[] | null {
  return shape ? shape.map(plainDim) : null;
}

function plainDim(dim: Dim): PlainDim {
  return dim === null || typeof dim === 'number' ? dim : dim.toString();
}

/** Element type of tensors, the kind of everything else. */
export function plainType(type: ValueType | undefined): string {
  if (!type) return 'unknown';
  return type.kind === 'tensor' ? type.dataType : type.kind;
}

/** The number under the bindings; null when a part is unknown. A size that the bindings make negative counts as 0. */
export function evaluateCost(cost: Expression | undefined, bindings: ReadonlyMap<string, number>): number | null {
  const value = cost?.evaluate(bindings);
  return value === undefined ? null : Math.max(0, Math.round(value));
}

/** Text of a cost that depends on symbols; undefined for plain numbers and unknown costs. */
export function expressionText(cost: Expression | undefined): string | undefined {
  return cost && cost.constantValue === undefined ? cost.toString() : undefined;
}

/** Bytes of a tensor value; undefined when its size is not known. Sequences and maps count as unknown. */
export function bytesOf(type: ValueType | undefined): Expression | undefined {
  if (type?.kind !== 'tensor' || type.dataType === 'string' || type.dataType === 'undefined') return undefined;
  const count = sizeExpression(type.shape);
  const bits = bitsOf(type.dataType);
  const known = count?.constantValue;
  if (known !== undefined) return Expression.of(Math.ceil((known * bits) / 8));
  return count?.mul(bits / 8);
}

/** Bytes of values as numbers: every user of a value asks for them, so each is calculated once. */
export class ValueSizes {
  private readonly known = new Map<Value, number | null>();

  /** `typeOf` gives types, `bindings` a value for every symbol in them. */
  constructor(
    private readonly typeOf: (value: Value) => ValueType | undefined,
    private readonly bindings: ReadonlyMap<string, number>,
  ) {}

  /** Bytes of a value; null when unknown. */
  readonly of = (value: Value): number | null => {
    const before = this.known.get(value);
    if (before !== undefined) return before;
    const bytes = evaluateCost(bytesOf(this.typeOf(value)), this.bindings);
    this.known.set(value, bytes);
    return bytes;
  };
}
