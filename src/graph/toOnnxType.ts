/** ValueType to TypeProto. */
import { create } from '@bufbuild/protobuf';
import {
  TensorShapeProtoSchema,
  TensorShapeProto_DimensionSchema,
  TypeProtoSchema,
  TypeProto_MapSchema,
  TypeProto_OpaqueSchema,
  TypeProto_OptionalSchema,
  TypeProto_SequenceSchema,
  TypeProto_SparseTensorSchema,
  TypeProto_TensorSchema,
  type TensorShapeProto,
  type TypeProto,
} from '../onnx/schema/onnx_pb';
import { codeOfDataType } from './dataType';
import { spellingOf } from './fromOnnxType';
import { canonicalDim, type Dim, type Shape, type ValueType } from './shape';

/** Writes a type; one that was read and not replaced comes out as it was. */
export function typeToProto(type: ValueType): TypeProto {
  const spelling = spellingOf(type);
  if (spelling) return spelling;
  const proto = create(TypeProtoSchema, { value: valueOf(type) });
  if (type.denotation !== undefined) proto.denotation = type.denotation;
  return proto;
}

function valueOf(type: ValueType): TypeProto['value'] {
  switch (type.kind) {
    case 'tensor':
      return { case: 'tensorType', value: create(TypeProto_TensorSchema, tensorOf(type)) };
    case 'sparse-tensor':
      return { case: 'sparseTensorType', value: create(TypeProto_SparseTensorSchema, tensorOf(type)) };
    case 'sequence':
      return { case: 'sequenceType', value: create(TypeProto_SequenceSchema, { elemType: inner(type.element) }) };
    case 'optional':
      return { case: 'optionalType', value: create(TypeProto_OptionalSchema, { elemType: inner(type.element) }) };
    case 'map': {
      const fields = { keyType: codeOfDataType(type.key), valueType: inner(type.value) };
      return { case: 'mapType', value: create(TypeProto_MapSchema, fields) };
    }
    case 'opaque': {
      const { domain, name } = type;
      return { case: 'opaqueType', value: create(TypeProto_OpaqueSchema, { domain, name }) };
    }
  }
}

const inner = (type: ValueType | undefined): TypeProto | undefined => type && typeToProto(type);

function tensorOf({ dataType, shape }: Extract<ValueType, { kind: 'tensor' | 'sparse-tensor' }>): {
  elemType: number;
  shape?: TensorShapeProto;
} {
  return { elemType: codeOfDataType(dataType), shape: shape && shapeToProto(shape) };
}

function shapeToProto(shape: Shape): TensorShapeProto {
  return create(TensorShapeProtoSchema, { dim: shape.map((dim) => dimToProto(canonicalDim(dim))) });
}

function dimToProto(dim: Dim): TensorShapeProto['dim'][number] {
  if (dim === null) return create(TensorShapeProto_DimensionSchema);
  if (typeof dim === 'number') {
    return create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(dim) } });
  }
  return create(TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: dim.toString() } });
}
