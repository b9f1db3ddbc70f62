/**
 * Raw tensor bytes as typed arrays and numbers. Names of element types are those of graph/dataType (structurally the
 * same union: this floor imports nothing). ONNX raw data is little-endian, as is every machine that Node runs on here.
 */
import { LapidaryError } from '../protocol/errors';
import { bfloat16FromFloat32, float16FromFloat32, float32FromBfloat16, float32FromFloat16 } from './half';
import { packBits, unpackSigned, unpackSixBits, unpackUnsigned } from './packing';
import { roundHalfEven } from './rounding';
import { smallFloatTable, type SmallFloatType } from './smallFloat';

/** Element types that stand for one real number. */
export type RealType =
  | 'float'
  | 'double'
  | 'float16'
  | 'bfloat16'
  | SmallFloatType
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int4'
  | 'uint4'
  | 'int2'
  | 'uint2'
  | 'bool';

/** Every element type, graph/dataType's DataType included. */
export type ElementType = RealType | 'string' | 'complex64' | 'complex128' | 'undefined';

/** Native arrays that hold elements; 16-bit floats as bits, sub-byte types packed, complex as pairs. */
export type ElementArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** The same bytes at an address that is a multiple of `size`: the input itself when it already is, else a copy. */
export function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : bytes.slice();
}

/** The raw bytes behind a typed array, without a copy. */
export function bytesOf(array: ElementArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Raw bytes as the native array of their type: a view when they are aligned, else a copy. Do not write to it. */
export function nativeView(type: ElementType, bytes: Uint8Array): ElementArray {
  switch (type) {
    case 'float':
    case 'complex64':
      return view(Float32Array, bytes);
    case 'double':
    case 'complex128':
      return view(Float64Array, bytes);
    case 'float16':
    case 'bfloat16':
    case 'uint16':
      return view(Uint16Array, bytes);
    case 'int8':
      return view(Int8Array, bytes);
    case 'int16':
      return view(Int16Array, bytes);
    case 'int32':
      return view(Int32Array, bytes);
    case 'uint32':
      return view(Uint32Array, bytes);
    case 'int64':
      return view(BigInt64Array, bytes);
    case 'uint64':
      return view(BigUint64Array, bytes);
    case 'string':
    case 'undefined':
      throw new LapidaryError('unsupported', `Elements of type ${type} are not numbers.`);
    default:
      return bytes;
  }
}

/** Elements as float32; for float itself a view when aligned. Wide integers and doubles are rounded. */
export function toFloat32(type: ElementType, bytes: Uint8Array, count: number): Float32Array {
  const native = plainElements(type, bytes, count);
  if (native instanceof Float32Array) return native;
  if (native instanceof BigInt64Array || native instanceof BigUint64Array) return Float32Array.from(native, Number);
  return Float32Array.from(native);
}

/** Elements as float64; for double itself a view when aligned. int64 beyond 2^53 is rounded. */
export function toFloat64(type: ElementType, bytes: Uint8Array, count: number): Float64Array {
  const native = plainElements(type, bytes, count);
  if (native instanceof Float64Array) return native;
  if (native instanceof BigInt64Array || native instanceof BigUint64Array) return Float64Array.from(native, Number);
  return Float64Array.from(native);
}

/** Elements as numbers; for small tensors such as axes and shapes. */
export function toNumbers(type: ElementType, bytes: Uint8Array, count: number): number[] {
  return Array.from(toFloat64(type, bytes, count));
}

/** Elements of an integer type as bigint, exactly. */
export function toBigInts(type: ElementType, bytes: Uint8Array, count: number): bigint[] {
  const native = plainElements(type, bytes, count);
  if (native instanceof BigInt64Array || native instanceof BigUint64Array) return Array.from(native);
  return Array.from(native, (value) => BigInt(value));
}

/**
 * Raw bytes of numbers in the given type: nearest for floats, rounded half to even for integers. Those wrap, but for
 * numbers from 2^63 on in int64: they can only be what became of its largest one, which says "to the end".
 */
export function fromNumbers(type: ElementType, numbers: ArrayLike<number>): Uint8Array {
  switch (type) {
    case 'float':
      return bytesOf(Float32Array.from(numbers));
    case 'double':
      return bytesOf(Float64Array.from(numbers));
    case 'float16':
      return bytesOf(float16FromFloat32(Float32Array.from(numbers)));
    case 'bfloat16':
      return bytesOf(bfloat16FromFloat32(Float32Array.from(numbers)));
    case 'int8':
    case 'uint8':
      return rounded(new Uint8Array(numbers.length), numbers);
    case 'bool':
      return Uint8Array.from(numbers, (value) => (value !== 0 ? 1 : 0));
    case 'int16':
    case 'uint16':
      return bytesOf(rounded(new Uint16Array(numbers.length), numbers));
    case 'int32':
    case 'uint32':
      return bytesOf(rounded(new Uint32Array(numbers.length), numbers));
    case 'int64':
      return bytesOf(BigInt64Array.from(numbers, int64));
    case 'uint64':
      return bytesOf(BigUint64Array.from(numbers, (value) => BigInt(roundHalfEven(value))));
    case 'int4':
    case 'uint4':
      return packBits(rounded(new Int8Array(numbers.length), numbers), 4);
    case 'int2':
    case 'uint2':
      return packBits(rounded(new Int8Array(numbers.length), numbers), 2);
    default:
      throw new LapidaryError('unsupported', `Numbers cannot be stored as ${type} yet.`);
  }
}

/** Fills `target`. A loop, since `from` with a function takes fifty times as long. */
function rounded<T extends Int8Array | Uint8Array | Uint16Array | Uint32Array>(
  target: T,
  numbers: ArrayLike<number>,
): T {
  for (let i = 0; i < target.length; i++) target[i] = roundHalfEven(numbers[i]!);
  return target;
}

const largestInt64 = 2n ** 63n - 1n;

/** The int64 that a number stands for: rounded half to even, and from 2^63 on the largest. */
export function int64(value: number): bigint {
  return value >= 2 ** 63 ? largestInt64 : BigInt(roundHalfEven(value));
}

interface ArrayConstructor<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
}

function view<T>(constructor: ArrayConstructor<T>, bytes: Uint8Array): T {
  const size = constructor.BYTES_PER_ELEMENT;
  const { buffer, byteOffset, byteLength } = aligned(bytes, size);
  return new constructor(buffer, byteOffset, Math.floor(byteLength / size));
}

/** One array entry per element, whatever the width: half floats decoded, sub-byte types unpacked. */
function plainElements(type: ElementType, bytes: Uint8Array, count: number): ElementArray {
  switch (type) {
    case 'float16':
      return float32FromFloat16(view(Uint16Array, bytes));
    case 'bfloat16':
      return float32FromBfloat16(view(Uint16Array, bytes));
    case 'float8e4m3fn':
    case 'float8e4m3fnuz':
    case 'float8e5m2':
    case 'float8e5m2fnuz':
    case 'float8e8m0': {
      const table = smallFloatTable(type);
      return Float32Array.from(bytes, (code) => table[code]!);
    }
    case 'float6e2m3':
    case 'float6e3m2': {
      const table = smallFloatTable(type);
      return Float32Array.from(unpackSixBits(bytes, count), (code) => table[code]!);
    }
    case 'float4e2m1': {
      const table = smallFloatTable(type);
      return Float32Array.from(unpackUnsigned(bytes, 4, count), (code) => table[code]!);
    }
    case 'int4':
      return unpackSigned(bytes, 4, count);
    case 'uint4':
      return unpackUnsigned(bytes, 4, count);
    case 'int2':
      return unpackSigned(bytes, 2, count);
    case 'uint2':
      return unpackUnsigned(bytes, 2, count);
    case 'complex64':
    case 'complex128':
      throw new LapidaryError('unsupported', `Elements of type ${type} are not real numbers.`);
    default:
      return nativeView(type, bytes);
  }
}
