/** Tensors from plain numbers. */
import { byteLengthOf, familyOf, type DataType } from '../../src/graph/dataType';
import { Tensor } from '../../src/graph/tensor';
import { normals } from './random';

/** Numbers of a tensor, outermost dimension first. */
export type Numbers = ArrayLike<number | bigint>;

const writers: Partial<Record<DataType, (view: DataView, index: number, value: number | bigint) => void>> = {
  float: (view, index, value) => view.setFloat32(index * 4, Number(value), true),
  double: (view, index, value) => view.setFloat64(index * 8, Number(value), true),
  int8: (view, index, value) => view.setInt8(index, Number(value)),
  uint8: (view, index, value) => view.setUint8(index, Number(value)),
  bool: (view, index, value) => view.setUint8(index, Number(value)),
  int16: (view, index, value) => view.setInt16(index * 2, Number(value), true),
  uint16: (view, index, value) => view.setUint16(index * 2, Number(value), true),
  float16: (view, index, value) => view.setUint16(index * 2, Number(value), true),
  bfloat16: (view, index, value) => view.setUint16(index * 2, Number(value), true),
  int32: (view, index, value) => view.setInt32(index * 4, Number(value), true),
  uint32: (view, index, value) => view.setUint32(index * 4, Number(value), true),
  int64: (view, index, value) => view.setBigInt64(index * 8, BigInt(value), true),
  uint64: (view, index, value) => view.setBigUint64(index * 8, BigInt(value), true),
};

/** A tensor of the given numbers; half floats are given as bit patterns. */
export function tensorOf(name: string, dataType: DataType, shape: readonly number[], values: Numbers): Tensor {
  const write = writers[dataType];
  if (!write) throw new Error(`Give ${dataType} as bytes: Tensor.ofBytes.`);
  const bytes = new Uint8Array(byteLengthOf(dataType, values.length));
  const view = new DataView(bytes.buffer);
  Array.from(values, (value, index) => write(view, index, value));
  return Tensor.ofBytes(name, dataType, shape, bytes);
}

/** Normally distributed floats of the scale that keeps a layer's outputs near 1; small integers for other types. */
export function randomTensor(
  name: string,
  dataType: DataType,
  shape: readonly number[],
  random: () => number,
  scale?: number,
): Tensor {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const fanIn = Math.max(
    1,
    shape.slice(1).reduce((product, dim) => product * dim, 1),
  );
  const values =
    familyOf(dataType) === 'float'
      ? normals(random, count, scale ?? 1 / Math.sqrt(fanIn))
      : Float32Array.from({ length: count }, () => Math.floor(random() * 100));
  return tensorOf(name, dataType, shape, values);
}
