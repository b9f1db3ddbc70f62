/** ValueType to TypeProto. */
import { newMessage } from '../onnx/messages';
import { type TensorShapeProto, type TypeProto } from '../onnx/schema/onnx_pb';
import { codeOfDataType } from './dataType';
import { spellingOf } from './fromOnnxType';
import { canonicalDim, type Dim, type Shape, type ValueType } from './shape';

/** Writes a type; one that was read and not replaced comes out as it was. */
export function typeToProto(type: ValueType): TypeProto {
  const spelling = spellingOf(type);
  if (spelling) return spelling;
  const proto = newMessage('TypeProto', { value: valueOf(type) });
  if (type.denotation !== undefined) proto.denotation = type.denotation;
  return proto;
}

function valueOf(type: ValueType): TypeProto['value'] {
  switch (type.kind) {
    case 'tensor':
      return { case: 'tensorType', value: newMessage('TypeProto.Tensor', tensorOf(type)) };
    case 'sparse-tensor':
      return { case: 'sparseTensorType', value: newMessage('TypeProto.SparseTensor', tensorOf(type)) };
    case 'sequence':
      return { case: 'sequenceType', value: newMessage('TypeProto.Sequence', { elemType: inner(type.element) }) };
    case 'optional':
      return { case: 'optionalType', value: newMessage('TypeProto.Optional', { elemType: inner(type.element) }) };
    case 'map': {
      const fields = { keyType: codeOfDataType(type.key), valueType: inner(type.value) };
      return { case: 'mapType', value: newMessage('TypeProto.Map', fields) };
    }
    case 'opaque': {
      const { domain, name } = type;
      return { case: 'opaqueType', value: newMessage('TypeProto.Opaque', { domain, name }) };
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
  return newMessage('TensorShapeProto', { dim: shape.map((dim) => dimToProto(canonicalDim(dim))) });
}

function dimToProto(dim: Dim): TensorShapeProto['dim'][number] {
  if (dim === null) return newMessage('TensorShapeProto.Dimension');
  if (typeof dim === 'number') {
    return newMessage('TensorShapeProto.Dimension', { value: { case: 'dimValue', value: BigInt(dim) } });
  }
  return newMessage('TensorShapeProto.Dimension', { value: { case: 'dimParam', value: dim.toString() } });
}
