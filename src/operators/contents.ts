/** What is known of the contents of small tensors: made from constants, mapped, combined with broadcasting. */
import { Expression } from '../graph/expression';
import { canonicalDim, countElements, type Dim } from '../graph/shape';
import { bitsOf, type DataType, familyOf, isFloat } from '../graph/dataType';
import { type Tensor } from '../graph/tensor';
import { type PartialContents } from './definition';
import { asFraction, floorDivDims } from './dims';

/** Larger contents are not tracked: shape arithmetic is on handfuls of numbers. */
export const MAX_ELEMENTS = 1024;

/** Constants above these sizes are never read: they are weights. Floats make shapes only as scales and factors. */
const MAX_BYTES = 4096;
const MAX_FLOATS = 64;

/** Contents of one element without axes. */
export function scalarContents(element: Dim): PartialContents {
  return { shape: [], elements: [element] };
}

/** Contents of a tensor of rank 1. */
export function vectorContents(elements: readonly Dim[]): PartialContents {
  return { shape: [elements.length], elements };
}

/** Reads a small constant; undefined for large ones, strings and element types that no shape is made of. */
export function contentsOfTensor(tensor: Tensor): PartialContents | undefined {
  const { size, data, dataType } = tensor;
  if (data.kind === 'strings' || tensor.byteLength > MAX_BYTES || size > MAX_ELEMENTS) return undefined;
  if (isFloat(dataType) && size > MAX_FLOATS) return undefined;
  const elements = decode(dataType, tensor.bytes(), size);
  return elements && { shape: tensor.shape, elements };
}

function decode(dataType: DataType, bytes: Uint8Array, size: number): Dim[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = bitsOf(dataType) / 8;
  if (bytes.byteLength < size * step) return undefined;
  const read = reader(dataType, view);
  return read && Array.from({ length: size }, (_, index) => read(index * step));
}

function reader(dataType: DataType, view: DataView): ((offset: number) => number) | undefined {
  switch (dataType) {
    case 'int64':
      return (offset) => Number(view.getBigInt64(offset, true));
    case 'uint64':
      return (offset) => Number(view.getBigUint64(offset, true));
    case 'int32':
      return (offset) => view.getInt32(offset, true);
    case 'uint32':
      return (offset) => view.getUint32(offset, true);
    case 'int16':
      return (offset) => view.getInt16(offset, true);
    case 'uint16':
      return (offset) => view.getUint16(offset, true);
    case 'int8':
      return (offset) => view.getInt8(offset);
    case 'uint8':
    case 'bool':
      return (offset) => view.getUint8(offset);
    case 'float':
      return (offset) => view.getFloat32(offset, true);
    case 'double':
      return (offset) => view.getFloat64(offset, true);
    default:
      return undefined;
  }
}

/** Every element through `map`. */
export function mapContents(contents: PartialContents | undefined, map: (e: Dim) => Dim): PartialContents | undefined {
  return contents && { shape: contents.shape, elements: contents.elements.map(map) };
}

/** Two contents element by element under ONNX broadcasting; undefined when either is, or the result is too large. */
export function combineContents(
  a: PartialContents | undefined,
  b: PartialContents | undefined,
  combine: (a: Dim, b: Dim) => Dim,
): PartialContents | undefined {
  if (!a || !b) return undefined;
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [da, db] = [a.shape[axis - rank + a.shape.length] ?? 1, b.shape[axis - rank + b.shape.length] ?? 1];
    if (da !== db && da !== 1 && db !== 1) return undefined;
    shape.push(da === 1 ? db : da);
  }
  const [left, right] = [broadcastContents(a, shape), broadcastContents(b, shape)];
  if (!left || !right) return undefined;
  return { shape, elements: left.elements.map((element, index) => combine(element, right.elements[index]!)) };
}

/** The contents repeated to a larger shape that they broadcast to. */
export function broadcastContents(contents: PartialContents, shape: readonly number[]): PartialContents | undefined {
  const size = countElements(shape);
  if (size > MAX_ELEMENTS) return undefined;
  if (contents.elements.length === size) return { shape, elements: contents.elements };
  const strides = stridesOf(contents.shape);
  const offset = shape.length - contents.shape.length;
  const elements = indicesOf(shape).map((index) => {
    let at = 0;
    contents.shape.forEach((dim, axis) => (at += dim === 1 ? 0 : index[axis + offset]! * strides[axis]!));
    return contents.elements[at]!;
  });
  return { shape, elements };
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Every index of a concrete shape, row-major. */
export function indicesOf(shape: readonly number[]): number[][] {
  if (countElements(shape) > MAX_ELEMENTS) throw new RangeError(`${shape.join('x')} is too large to enumerate`);
  let all: number[][] = [[]];
  for (const dim of shape) {
    all = all.flatMap((index) => Array.from({ length: dim }, (_, at) => [...index, at]));
  }
  return all;
}

/** The elements at the given positions of each axis. */
export function pickContents(contents: PartialContents, picks: readonly (readonly number[])[]): PartialContents {
  const strides = stridesOf(contents.shape);
  const shape = picks.map((positions) => positions.length);
  const elements = indicesOf(shape).map((index) => {
    const at = index.reduce((sum, position, axis) => sum + picks[axis]![position]! * strides[axis]!, 0);
    return contents.elements[at]!;
  });
  return { shape, elements };
}

/** The elements as whole numbers when every one is known and concrete. */
export function concreteElements(contents: PartialContents | undefined): number[] | undefined {
  if (!contents) return undefined;
  const numbers: number[] = [];
  for (const element of contents.elements) {
    if (typeof element !== 'number') return undefined;
    numbers.push(element);
  }
  return numbers;
}

/** ⌊element⌋, of a polynomial with fractional coefficients too: `0.5·H` becomes ⌊H/2⌋. */
export function floorElement(element: Dim): Dim {
  if (typeof element === 'number') return Math.floor(element);
  if (element === null) return null;
  for (let multiplier = 1; multiplier <= 4096; multiplier *= 2) {
    for (const odd of [1, 3, 5, 9, 15]) {
      const whole = element.wholeMultiple(multiplier * odd);
      if (whole) return floorDivDims(canonicalDim(whole), multiplier * odd);
    }
  }
  return null;
}

/** element / divisor without rounding, as floats divide. */
export function divideElement(element: Dim, divisor: Dim): Dim {
  if (element === null || divisor === null || divisor === 0) return null;
  if (typeof divisor === 'number') {
    return typeof element === 'number' ? element / divisor : canonicalDim(element.mul(1 / divisor));
  }
  const exact = Expression.of(element).divideExactly(divisor);
  return exact ? canonicalDim(exact) : null;
}

/** True for element types whose division drops the remainder. */
export function isIntegral(dataType: DataType | undefined): boolean {
  return dataType !== undefined && ['int', 'uint'].includes(familyOf(dataType));
}

/** A multiplier below 1 written as a fraction, for halving and similar factors that floats carry inexactly. */
export function snapFactor(value: number): number {
  const fraction = Number.isInteger(value) ? undefined : asFraction(value);
  return fraction ? fraction.numerator / fraction.denominator : value;
}
