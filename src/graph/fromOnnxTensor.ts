/** TensorProto to Tensor: whatever way the elements are stored, the IR sees raw data. */
import { isExternal } from '../onnx/externalData';
import { payloadLength, payloadOf } from '../onnx/payload';
import { type SparseTensorProto, type TensorProto } from '../onnx/schema/onnx_pb';
import { rawFromTypedData, rawLength } from '../onnx/typedData';
import { LapidaryError } from '../protocol/errors';
import { type SparseTensor } from './attribute';
import { dataTypeOfCode } from './dataType';
import { mapOf, residueOf } from './fromOnnxResidue';
import { countElements } from './shape';
import { Tensor, type TensorData } from './tensor';

/** Fields that Tensor holds; data_type is one only when it is known. */
const modelled = new Set([
  ...['dims', 'name', 'docString', 'metadataProps', 'dataLocation', 'externalData', 'rawData', 'stringData'],
  ...['floatData', 'doubleData', 'int32Data', 'int64Data', 'uint64Data'],
]);
const modelledWithType = new Set([...modelled, 'dataType']);
const modelledOfSparse = new Set(['values', 'indices', 'dims']);

/** Reads a tensor; throws `invalid-model` when its data does not fit its shape. */
export function tensorFromProto(proto: TensorProto): Tensor {
  const known = dataTypeOfCode(proto.dataType);
  const shape = shapeOf(proto.name, proto.dims);
  const data = dataOf(proto);
  checkLength(proto, shape, data);
  return new Tensor({
    name: proto.name,
    dataType: known ?? 'undefined',
    shape,
    data,
    docString: proto.docString === '' ? undefined : proto.docString,
    metadata: mapOf(proto.metadataProps),
    external: isExternal(proto),
    residue: residueOf(proto, known ? modelledWithType : modelled),
  });
}

/** Reads a sparse tensor; throws `invalid-model` when a part is missing or does not fit. */
export function sparseFromProto(proto: SparseTensorProto): SparseTensor {
  const { values, indices } = proto;
  if (!values || !indices) {
    throw new LapidaryError('invalid-model', 'A sparse tensor lacks its values or its indices.', {
      tensor: values?.name,
    });
  }
  return {
    values: tensorFromProto(values),
    indices: tensorFromProto(indices),
    shape: shapeOf(values.name, proto.dims),
    residue: residueOf(proto, modelledOfSparse),
  };
}

function shapeOf(name: string, dims: readonly bigint[]): number[] {
  const shape = dims.map(Number);
  const size = countElements(shape);
  if (shape.every((dim) => dim >= 0 && Number.isSafeInteger(dim)) && Number.isSafeInteger(size)) return shape;
  throw new LapidaryError('invalid-model', `The tensor has an impossible shape: [${dims.join(',')}].`, {
    tensor: name,
  });
}

function dataOf(proto: TensorProto): TensorData {
  const payload = payloadOf(proto);
  if (payload) return payload;
  if (proto.dataType === stringCode)
    return { kind: 'strings', strings: proto.stringData.map((text) => Uint8Array.from(text)) };
  // A copy, aligned for every element type, that does not keep the rest of the file in memory.
  if (Object.hasOwn(proto, 'rawData')) return { kind: 'bytes', bytes: Uint8Array.from(proto.rawData) };
  return { kind: 'bytes', bytes: rawFromTypedData(proto) ?? new Uint8Array(0) };
}

const stringCode = 8;

function checkLength(proto: TensorProto, shape: readonly number[], data: TensorData): void {
  const size = countElements(shape);
  if (data.kind === 'strings') {
    if (data.strings.length === size) return;
    throw wrongSize(proto, shape, `${size} strings`, `${data.strings.length}`);
  }
  const expected = rawLength(proto.dataType, size);
  const length = payloadLength(data);
  if (expected === undefined || expected === length) return;
  throw wrongSize(proto, shape, `${expected} bytes`, `${length}`);
}

function wrongSize(proto: TensorProto, shape: readonly number[], expected: string, found: string): LapidaryError {
  const type = `${dataTypeOfCode(proto.dataType) ?? proto.dataType}[${shape.join(',')}]`;
  return new LapidaryError('invalid-model', `A tensor of type ${type} takes ${expected}; the file holds ${found}.`, {
    tensor: proto.name,
    hint: 'The file is damaged; get it again from where it came from.',
  });
}
