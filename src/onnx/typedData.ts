/** Elements that a tensor keeps in typed lists (float_data, int32_data …), as raw data: little-endian and packed. */
import { type TensorProto } from './schema/onnx_pb';

type List = 'float' | 'double' | 'int32' | 'int64' | 'uint64';

/**
 * Width of an element in bits and the list that holds it, by TensorProto.DataType code. Complex numbers are pairs;
 * types of 2 and 4 bits are packed in int32_data already, a byte an entry; 6-bit types have an entry each.
 */
const layouts = new Map<number, readonly [bits: number, list: List]>([
  [1, [32, 'float']],
  [2, [8, 'int32']],
  [3, [8, 'int32']],
  [4, [16, 'int32']],
  [5, [16, 'int32']],
  [6, [32, 'int32']],
  [7, [64, 'int64']],
  [9, [8, 'int32']],
  [10, [16, 'int32']],
  [11, [64, 'double']],
  [12, [32, 'uint64']],
  [13, [64, 'uint64']],
  [14, [64, 'float']],
  [15, [128, 'double']],
  [16, [16, 'int32']],
  [17, [8, 'int32']],
  [18, [8, 'int32']],
  [19, [8, 'int32']],
  [20, [8, 'int32']],
  [21, [4, 'int32']],
  [22, [4, 'int32']],
  [23, [4, 'int32']],
  [24, [8, 'int32']],
  [25, [2, 'int32']],
  [26, [2, 'int32']],
  [27, [6, 'int32']],
  [28, [6, 'int32']],
]);

/** Bytes of `count` elements as raw data; undefined for strings and types that this build does not know. */
export function rawLength(dataType: number, count: number): number | undefined {
  const layout = layouts.get(dataType);
  return layout && Math.ceil((count * layout[0]) / 8);
}

/** Raw data from the typed list that belongs to the tensor's type; undefined when there is no such list. */
export function rawFromTypedData(tensor: TensorProto): Uint8Array | undefined {
  const layout = layouts.get(tensor.dataType);
  if (!layout) return undefined;
  const [bits, list] = layout;
  switch (list) {
    case 'float':
      return fill(4, tensor.floatData, (view, offset, value) => view.setFloat32(offset, value, true));
    case 'double':
      return fill(8, tensor.doubleData, (view, offset, value) => view.setFloat64(offset, value, true));
    case 'int64':
      return fill(8, tensor.int64Data, (view, offset, value) => view.setBigInt64(offset, value, true));
    case 'uint64':
      return bits === 64
        ? fill(8, tensor.uint64Data, (view, offset, value) => view.setBigUint64(offset, value, true))
        : fill(4, tensor.uint64Data, (view, offset, value) =>
            view.setUint32(offset, Number(value & 0xffffffffn), true),
          );
    case 'int32':
      return fromInt32(bits, tensor.int32Data);
  }
}

function fromInt32(bits: number, values: readonly number[]): Uint8Array {
  if (bits === 32) return fill(4, values, (view, offset, value) => view.setInt32(offset, value, true));
  if (bits === 16) return fill(2, values, (view, offset, value) => view.setUint16(offset, value & 0xffff, true));
  if (bits === 6) return packSixBits(values);
  return Uint8Array.from(values, (value) => value & 0xff);
}

/** Four 6-bit elements in three bytes, low bits first. */
function packSixBits(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((values.length * 6) / 8));
  values.forEach((value, index) => {
    const bit = index * 6;
    const at = bit >> 3;
    const shifted = (value & 0x3f) << (bit & 7);
    bytes[at]! |= shifted & 0xff;
    if (shifted > 0xff) bytes[at + 1]! |= shifted >> 8;
  });
  return bytes;
}

function fill<T>(
  width: number,
  values: readonly T[],
  write: (view: DataView, offset: number, value: T) => void,
): Uint8Array {
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => write(view, index * width, value));
  return bytes;
}
