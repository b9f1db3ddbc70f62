/** Contents of tensors in ONNX's textual syntax: numbers one by one, in the units in which the file's typed fields hold them. */
import { nativeView } from '../../numerics/elements';
import { LapidaryError } from '../../protocol/errors';
import { bitsOf, byteLengthOf, type DataType } from '../dataType';
import { countElements } from '../shape';
import { Tensor } from '../tensor';
import { float32Literal, float64Literal, quoted } from './literals';

/**
 * The literals between the braces. As in ONNX's own text: 16-bit and 8-bit floats are bit patterns, complex numbers two
 * literals, types below a byte are packed bytes, bool is 0 or 1.
 */
export function tensorLiterals(tensor: Tensor): string {
  if (tensor.data.kind === 'strings') return tensor.data.strings.map((text) => quoted(utf8(text))).join(', ');
  const elements = nativeView(tensor.dataType, tensor.bytes());
  const write = elements instanceof Float32Array ? float32Literal : float64Literal;
  const parts: string[] = [];
  for (const element of elements) parts.push(typeof element === 'bigint' ? element.toString() : write(element));
  return parts.join(', ');
}

/** Literals that make a tensor of this type and number of elements. */
function literalCount(dataType: DataType, elements: number): number {
  if (dataType === 'complex64' || dataType === 'complex128') return elements * 2;
  return dataType !== 'string' && bitsOf(dataType) < 8 ? byteLengthOf(dataType, elements) : elements;
}

/** A tensor from its literals; throws `invalid-model` when one does not fit the type. */
export function tensorOfLiterals(
  name: string,
  dataType: DataType,
  shape: readonly number[],
  literals: readonly string[],
): Tensor {
  const fail = (message: string): never => {
    throw new LapidaryError('invalid-model', message, { tensor: name });
  };
  const size = countElements(shape);
  const expected = literalCount(dataType, size);
  if (literals.length !== expected) {
    fail(`${dataType}[${shape.join(', ')}] takes ${expected} literals, the text has ${literals.length}.`);
  }
  if (dataType === 'string') {
    const strings = literals.map((literal) => new TextEncoder().encode(literal));
    return new Tensor({ name, dataType, shape, data: { kind: 'strings', strings } });
  }
  const bytes = new Uint8Array(byteLengthOf(dataType, size));
  const elements = nativeView(dataType, bytes);
  literals.forEach((literal, index) => {
    if (elements instanceof BigInt64Array || elements instanceof BigUint64Array) {
      if (!/^-?\d+$/.test(literal)) fail(`"${literal}" is not a whole number.`);
      elements[index] = BigInt(literal);
      return;
    }
    const value = numberOf(literal);
    if (value === undefined) fail(`"${literal}" is not a number.`);
    const floating = elements instanceof Float32Array || elements instanceof Float64Array;
    if (!floating && !Number.isInteger(value)) fail(`"${literal}" is not a whole number.`);
    elements[index] = value!;
  });
  return new Tensor({ name, dataType, shape, data: { kind: 'bytes', bytes } });
}

/** The number of a literal, or undefined. */
export function numberOf(literal: string): number | undefined {
  const special = /^(-?)(inf|infinity|nan)$/i.exec(literal);
  if (special) return special[2]!.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
  return /^-?\d+(\.\d*)?([eE][+-]?\d+)?$/.test(literal) ? Number(literal) : undefined;
}

/** Bytes as UTF-8 text; bytes that are none become replacement characters. */
export const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** True when the bytes are UTF-8 without NUL, which is all that text can hold. */
export function isText(bytes: Uint8Array): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\0');
  } catch {
    return false;
  }
}
