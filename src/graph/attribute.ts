/** Attributes of nodes: one tagged union, names of the tags as in ONNX's AttributeProto. */
import { int64 } from '../numerics/elements';
import { type Graph } from './graph';
import { type Residue } from './residue';
import { type ValueType } from './shape';
import { type Tensor } from './tensor';

/** The payload of an attribute. int64 is bigint: values beyond 2^53 (INT64_MAX as "to the end") are common. */
export type AttributeValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'sparse-tensor'; readonly value: SparseTensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'type'; readonly value: ValueType }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'strings'; readonly value: readonly Uint8Array[] }
  | { readonly kind: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly kind: 'sparse-tensors'; readonly value: readonly SparseTensor[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  | { readonly kind: 'types'; readonly value: readonly ValueType[] }
  /** Inside a function: takes the value of the named attribute of the calling node. */
  | { readonly kind: 'reference'; readonly refName: string; readonly type: number }
  /** An attribute of a type that this build does not know; only the residue says what it is. */
  | { readonly kind: 'unknown'; readonly type: number };

/** Coordinate-format sparse tensor (ONNX SparseTensorProto): `indices` is linear [nnz] or [nnz, rank]. */
export interface SparseTensor {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly shape: readonly number[];
  readonly residue?: Residue;
}

/** As it is, but for what became of the largest int64 when it was read as a number. */
const exact = (value: number | bigint): bigint =>
  typeof value === 'number' && value >= 2 ** 63 ? int64(value) : BigInt(value);

/** A named attribute; immutable. */
export class Attribute {
  constructor(
    readonly name: string,
    readonly payload: AttributeValue,
    readonly docString?: string,
    readonly residue?: Residue,
  ) {}

  static int(name: string, value: number | bigint): Attribute {
    return new Attribute(name, { kind: 'int', value: exact(value) });
  }

  static ints(name: string, value: readonly (number | bigint)[]): Attribute {
    return new Attribute(name, { kind: 'ints', value: value.map(exact) });
  }

  static float(name: string, value: number): Attribute {
    return new Attribute(name, { kind: 'float', value: Math.fround(value) });
  }

  static floats(name: string, value: readonly number[]): Attribute {
    return new Attribute(name, { kind: 'floats', value: value.map((item) => Math.fround(item)) });
  }

  static string(name: string, value: string): Attribute {
    return new Attribute(name, { kind: 'string', value: new TextEncoder().encode(value) });
  }

  static tensor(name: string, value: Tensor): Attribute {
    return new Attribute(name, { kind: 'tensor', value });
  }

  static graph(name: string, value: Graph): Attribute {
    return new Attribute(name, { kind: 'graph', value });
  }
}

const noGraphs: readonly Graph[] = [];

/** Graphs that an attribute holds: empty for most. */
export function graphsOf(attribute: Attribute): readonly Graph[] {
  if (attribute.payload.kind === 'graph') return [attribute.payload.value];
  return attribute.payload.kind === 'graphs' ? attribute.payload.value : noGraphs;
}
