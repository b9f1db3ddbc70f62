/**
 * ONNX element types: the code in the file, the width in bits, what family they are of.
 * Source: onnx.proto `TensorProto.DataType`, up to IR version 14.
 */
const table = {
  undefined: [0, 0, 'none'],
  float: [1, 32, 'float'],
  uint8: [2, 8, 'uint'],
  int8: [3, 8, 'int'],
  uint16: [4, 16, 'uint'],
  int16: [5, 16, 'int'],
  int32: [6, 32, 'int'],
  int64: [7, 64, 'int'],
  string: [8, 0, 'string'],
  bool: [9, 8, 'bool'],
  float16: [10, 16, 'float'],
  double: [11, 64, 'float'],
  uint32: [12, 32, 'uint'],
  uint64: [13, 64, 'uint'],
  complex64: [14, 64, 'complex'],
  complex128: [15, 128, 'complex'],
  bfloat16: [16, 16, 'float'],
  float8e4m3fn: [17, 8, 'float'],
  float8e4m3fnuz: [18, 8, 'float'],
  float8e5m2: [19, 8, 'float'],
  float8e5m2fnuz: [20, 8, 'float'],
  uint4: [21, 4, 'uint'],
  int4: [22, 4, 'int'],
  float4e2m1: [23, 4, 'float'],
  float8e8m0: [24, 8, 'float'],
  uint2: [25, 2, 'uint'],
  int2: [26, 2, 'int'],
  float6e2m3: [27, 6, 'float'],
  float6e3m2: [28, 6, 'float'],
} as const satisfies Record<string, readonly [code: number, bits: number, family: string]>;

/** Name of an element type, as ONNX's textual syntax writes it. */
export type DataType = keyof typeof table;

/** What kind of number an element is. */
export type DataTypeFamily = (typeof table)[DataType][2];

const byCode = new Map<number, DataType>((Object.keys(table) as DataType[]).map((name) => [table[name][0], name]));

/** The element type of a code in the file, or undefined when this build does not know it. */
export function dataTypeOfCode(code: number): DataType | undefined {
  return byCode.get(code);
}

/** The code that the file stores. */
export function codeOfDataType(type: DataType): number {
  return table[type][0];
}

/** Width of one element in bits (0 for strings). */
export function bitsOf(type: DataType): number {
  return table[type][1];
}

/** Family of an element type. */
export function familyOf(type: DataType): DataTypeFamily {
  return table[type][2];
}

/** True for every floating-point type, of any width. */
export function isFloat(type: DataType): boolean {
  return table[type][2] === 'float';
}

/** Bytes of `count` elements packed as raw data: sub-byte types share bytes, the last one is padded. */
export function byteLengthOf(type: DataType, count: number): number {
  return Math.ceil((count * table[type][1]) / 8);
}

/** True when `name` is an element type. */
export function isDataType(name: string): name is DataType {
  return Object.hasOwn(table, name);
}
