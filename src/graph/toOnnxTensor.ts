/** Tensor to TensorProto: raw data, which the message refers to rather than holds when it is large. */
import { setPayload } from '../onnx/payload';
import { type SparseTensorProto, type TensorProto } from '../onnx/schema/onnx_pb';
import { externalThreshold } from '../onnx/write';
import { type SparseTensor } from './attribute';
import { codeOfDataType } from './dataType';
import { type Tensor } from './tensor';
import { entriesOf, fromResidue } from './toOnnxResidue';

/** Writes a tensor; it is inline, `writeOnnx` may move its payload to external data. */
export function tensorToProto(tensor: Tensor): TensorProto {
  const proto = fromResidue('TensorProto', tensor.residue);
  proto.dims = tensor.shape.map(BigInt);
  if (tensor.dataType !== 'undefined') proto.dataType = codeOfDataType(tensor.dataType);
  if (tensor.name !== '') proto.name = tensor.name;
  if (tensor.docString) proto.docString = tensor.docString;
  proto.metadataProps = entriesOf(tensor.metadata, proto.metadataProps);
  const { data } = tensor;
  if (data.kind === 'strings') {
    proto.stringData = [...data.strings];
    return proto;
  }
  const length = data.kind === 'bytes' ? data.bytes.length : data.length;
  if (length >= externalThreshold) setPayload(proto, data);
  // A tensor without elements has no data field at all: the checker asks for that.
  else if (length > 0) proto.rawData = tensor.bytes();
  return proto;
}

/** Writes a sparse tensor. */
export function sparseToProto(sparse: SparseTensor): SparseTensorProto {
  const proto = fromResidue('SparseTensorProto', sparse.residue);
  proto.values = tensorToProto(sparse.values);
  proto.indices = tensorToProto(sparse.indices);
  proto.dims = sparse.shape.map(BigInt);
  return proto;
}
