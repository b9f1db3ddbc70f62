/** Element types and shapes of data, brought to what an input takes. */
import { countElements } from '../graph/shape';
import { bitsOf, type DataType } from '../graph/dataType';
import { bytesOf, fromNumbers, nativeView, toNumbers, type ElementArray } from '../numerics/elements';
import { LapidaryError } from '../protocol/errors';
import { elementTypeText } from '../report/elementType';
import { type RuntimeTensor, type TensorElements } from '../runtime/port';
import { showSlot, type InputSlot } from './slot';

const isStrings = (data: TensorElements): data is readonly string[] => Array.isArray(data);

/** The tensor in another element type: rounded half to even for integers, to nearest for floats. */
export function castTensor(tensor: RuntimeTensor, dataType: DataType): RuntimeTensor {
  const { data, shape, dataType: from } = tensor;
  if (from === dataType) return tensor;
  if (dataType === 'string') return { dataType, shape, data: isStrings(data) ? data : texts(data) };
  if (isStrings(data)) {
    throw new LapidaryError('data', `Text cannot be given to an input of type ${elementTypeText(dataType)}.`);
  }
  return { dataType, shape, data: castElements(data, from, dataType) };
}

/** Numbers as elements of a type that an input takes. */
export function elementsOf(numbers: ArrayLike<number>, dataType: DataType): TensorElements {
  if (dataType === 'float' && numbers instanceof Float32Array) return numbers;
  if (bitsOf(dataType) < 8) {
    throw new LapidaryError('unsupported', `No data can be given to an input of type ${dataType}.`);
  }
  return nativeView(dataType, fromNumbers(dataType, numbers));
}

function castElements(data: ElementArray, from: DataType, to: DataType): TensorElements {
  return elementsOf(toNumbers(from, bytesOf(data), data.length), to);
}

function texts(data: ElementArray): string[] {
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Array.from(data, String)
    : Array.from(data, String);
}

/**
 * One sample brought to the shape of its input: axes of size 1 are added in front (a batch of one), a flat list takes
 * the input's shape when that is known, and a fixed batch is filled by repeating the sample. Throws a `data` error.
 */
export function fitToSlot(tensor: RuntimeTensor, slot: InputSlot, sample: string): RuntimeTensor {
  const { shape: wanted } = slot;
  const typed = castTensor(tensor, slot.dataType);
  if (!wanted || matches(typed.shape, wanted)) return typed;
  const missing = wanted.length - typed.shape.length;
  if (missing > 0) {
    const padded = [...Array.from({ length: missing }, () => 1), ...typed.shape];
    if (matches(padded, wanted)) return { ...typed, shape: padded };
    if (matches(padded.slice(1), wanted.slice(1))) return repeat({ ...typed, shape: padded }, wanted[0]!);
  }
  const flat =
    typed.shape.filter((dim) => dim !== 1).length <= 1 ? flatShape(countElements(typed.shape), wanted) : undefined;
  if (flat) return { ...typed, shape: flat };
  if (missing === 0 && typed.shape[0] === 1 && matches(typed.shape.slice(1), wanted.slice(1))) {
    return repeat(typed, wanted[0]!);
  }
  throw new LapidaryError('data', `Sample ${sample} has the shape [${tensor.shape.join(',')}], which does not fit.`, {
    tensor: slot.name,
    hint: `The input takes ${showSlot(slot)}.`,
  });
}

const matches = (shape: readonly number[], wanted: readonly (number | undefined)[]): boolean =>
  shape.length === wanted.length && wanted.every((dim, axis) => dim === undefined || dim === shape[axis]);

/** The shape of `count` elements in a row, when at most one dimension besides the batch is open. */
function flatShape(count: number, wanted: readonly (number | undefined)[]): number[] | undefined {
  const shape = wanted.map((dim, axis) => dim ?? (axis === 0 && wanted.length > 1 ? 1 : undefined));
  const known = shape.reduce<number>((product, dim) => product * (dim ?? 1), 1);
  const open = shape.filter((dim) => dim === undefined).length;
  if (open > 1 || known === 0 || count % known !== 0 || (open === 0 && count !== known)) return undefined;
  return shape.map((dim) => dim ?? count / known);
}

function repeat(tensor: RuntimeTensor, times: number): RuntimeTensor {
  const { data, shape, dataType } = tensor;
  const all = [times, ...shape.slice(1)];
  if (isStrings(data)) return { dataType, shape: all, data: Array.from({ length: times }, () => data).flat() };
  const one = bytesOf(data);
  const bytes = new Uint8Array(one.length * times);
  for (let i = 0; i < times; i++) bytes.set(one, i * one.length);
  return { dataType, shape: all, data: nativeView(dataType, bytes) };
}
