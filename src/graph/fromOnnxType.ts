/** TypeProto to ValueType. */
import {
  type TensorShapeProto,
  type TensorShapeProto_Dimension,
  type TypeProto,
  type TypeProto_SparseTensor,
  type TypeProto_Tensor,
} from '../onnx/schema/onnx_pb';
import { dataTypeOfCode, type DataType } from './dataType';
import { parseDim } from './dimText';
import { Expression } from './expression';
import { canonicalDim, type Dim, type Shape, type ValueType } from './shape';

/**
 * The message a type was read from, where the type cannot say it all (denotations of dimensions, unknown element types,
 * unknown fields). Keyed by identity: a type that a pass makes anew has no other spelling than its own.
 */
const spellings = new WeakMap<ValueType, TypeProto>();

/** The exact message behind a type that was read, when it differs from what the type itself would be written as. */
export function spellingOf(type: ValueType): TypeProto | undefined {
  return spellings.get(type);
}

/** Reads a type; undefined when the message says nothing or is of a kind this build does not know. */
export function typeFromProto(proto: TypeProto | undefined): ValueType | undefined {
  if (!proto) return undefined;
  const reader = new TypeReader();
  const type = reader.type(proto);
  if (type && !reader.exact) spellings.set(type, proto);
  return type;
}

class TypeReader {
  /** False once something was met that the IR does not hold. */
  exact = true;

  type(proto: TypeProto): ValueType | undefined {
    const denotation = Object.hasOwn(proto, 'denotation') ? { denotation: proto.denotation } : {};
    this.unless(proto.$unknown === undefined && proto.value.value?.$unknown === undefined);
    const { value } = proto;
    switch (value.case) {
      case 'tensorType':
        return { kind: 'tensor', ...this.tensor(value.value), ...denotation };
      case 'sparseTensorType':
        return { kind: 'sparse-tensor', ...this.tensor(value.value), ...denotation };
      case 'sequenceType':
        return { kind: 'sequence', element: this.inner(value.value.elemType), ...denotation };
      case 'optionalType':
        return { kind: 'optional', element: this.inner(value.value.elemType), ...denotation };
      case 'mapType': {
        const key = this.dataType(value.value.keyType, Object.hasOwn(value.value, 'keyType'));
        return { kind: 'map', key, value: this.inner(value.value.valueType), ...denotation };
      }
      case 'opaqueType': {
        const domain = Object.hasOwn(value.value, 'domain') ? { domain: value.value.domain } : {};
        const name = Object.hasOwn(value.value, 'name') ? { name: value.value.name } : {};
        return { kind: 'opaque', ...domain, ...name, ...denotation };
      }
      default:
        return undefined;
    }
  }

  private inner(proto: TypeProto | undefined): ValueType | undefined {
    const type = proto && this.type(proto);
    this.unless((proto === undefined) === (type === undefined));
    return type;
  }

  private tensor(proto: TypeProto_Tensor | TypeProto_SparseTensor): { dataType: DataType; shape?: Shape } {
    const dataType = this.dataType(proto.elemType, Object.hasOwn(proto, 'elemType'));
    return proto.shape ? { dataType, shape: this.shape(proto.shape) } : { dataType };
  }

  private shape(proto: TensorShapeProto): Shape {
    this.unless(proto.$unknown === undefined);
    return proto.dim.map((dim) => this.dim(dim));
  }

  private dim(proto: TensorShapeProto_Dimension): Dim {
    this.unless(proto.$unknown === undefined && !Object.hasOwn(proto, 'denotation'));
    const { value } = proto;
    if (value.case === 'dimParam' && value.value !== '') return this.named(value.value);
    // Old exporters write -1 for "any"; what no number holds exactly is no size either. Both are written as they were read.
    const known = value.case === 'dimValue' && value.value >= 0n && value.value <= Number.MAX_SAFE_INTEGER;
    this.unless(known || value.case === undefined);
    return known ? Number(value.value) : null;
  }

  private named(text: string): Dim {
    const dim = canonicalDim(parseDim(text));
    this.unless(dim instanceof Expression && dim.toString() === text);
    return dim;
  }

  private dataType(code: number, present: boolean): DataType {
    const type = dataTypeOfCode(code);
    this.unless(type !== undefined && present);
    return type ?? 'undefined';
  }

  private unless(exact: boolean): void {
    if (!exact) this.exact = false;
  }
}
