/**
 * NumPy's .npy format (numpy.lib.format, versions 1 to 3): a Python dictionary as header, then the elements.
 * Rows along the first axis are read one by one; only Fortran order needs the whole array.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { countElements } from '../graph/shape';
import { type DataType } from '../graph/dataType';
import { nativeView } from '../numerics/elements';
import { LapidaryError } from '../protocol/errors';
import { type RuntimeTensor } from '../runtime/port';

/** Where the bytes of an array are: a file, or an entry of an archive in memory. */
export interface NpyBytes {
  /** For errors. */
  readonly name: string;
  read(offset: number, length: number): Uint8Array;
}

/** An array whose rows are read on demand. */
export interface NpyArray {
  readonly name: string;
  readonly dataType: DataType;
  readonly shape: readonly number[];
  /** Rows `start` to `start + count` along the first axis. */
  rows(start: number, count: number): RuntimeTensor;
  /** The whole array. */
  all(): RuntimeTensor;
}

/** The bytes of a file, opened for each read: samples are few and large. */
export function npyFile(path: string): NpyBytes {
  return {
    name: path,
    read(offset, length) {
      const file = openSync(path, 'r');
      try {
        const bytes = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const got = readSync(file, bytes, done, length - done, offset + done);
          if (got === 0) break;
          done += got;
        }
        return bytes.subarray(0, done);
      } finally {
        closeSync(file);
      }
    },
  };
}

const types: Readonly<Record<string, DataType>> = {
  b1: 'bool',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float',
  f8: 'double',
};

interface Header {
  readonly shape: readonly number[];
  readonly fortran: boolean;
  readonly dataType: DataType;
  /** Bytes of one element. */
  readonly width: number;
  readonly swap: boolean;
  /** Text types: 'U' is UTF-32, 'S' bytes. */
  readonly text?: 'U' | 'S';
  readonly start: number;
}

/** Opens an array: reads its header only. Throws a `data` error that names the file. */
export function openNpy(bytes: NpyBytes): NpyArray {
  const header = readHeader(bytes);
  const { shape, dataType, fortran } = header;
  const load = (start: number, count: number): RuntimeTensor => {
    const rowBytes = countElements(shape.slice(1)) * header.width;
    const raw = bytes.read(header.start + start * rowBytes, count * rowBytes);
    if (raw.length < count * rowBytes) throw bad(bytes, 'ends before its last element');
    return { dataType, shape: [count, ...shape.slice(1)], data: decode(header, raw) };
  };
  const all = (): RuntimeTensor => {
    const length = countElements(shape) * header.width;
    const raw = bytes.read(header.start, length);
    if (raw.length < length) throw bad(bytes, 'ends before its last element');
    return { dataType, shape, data: decode(header, fortran ? toRowMajor(raw, shape, header.width) : raw) };
  };
  let whole: RuntimeTensor | undefined;
  const rows = (start: number, count: number): RuntimeTensor => {
    if (shape.length === 0) throw bad(bytes, 'holds a single number, not a list of samples');
    if (!fortran) return load(start, count);
    whole ??= all();
    const row = countElements(shape.slice(1));
    return { dataType, shape: [count, ...shape.slice(1)], data: whole.data.slice(start * row, (start + count) * row) };
  };
  return { name: bytes.name, dataType, shape, rows, all };
}

function readHeader(bytes: NpyBytes): Header {
  const prefix = bytes.read(0, 12);
  if (prefix.length < 12 || Buffer.from(prefix.subarray(0, 6)).toString('latin1') !== '\x93NUMPY') {
    throw bad(bytes, 'is not a .npy array');
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset);
  const wide = prefix[6]! >= 2;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (wide ? 12 : 10) + length;
  const text = Buffer.from(bytes.read(start - length, length)).toString('utf8');
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  if (fortran === undefined || dims === undefined) throw bad(bytes, 'has a damaged header');
  if (descr === undefined) throw bad(bytes, 'has a structured element type, which no input takes');
  const shape = dims.split(',').map((dim) => dim.trim());
  return {
    shape: shape.filter((dim) => dim !== '').map(Number),
    fortran: fortran === 'True',
    ...elementType(bytes, descr),
    start,
  };
}

function elementType(bytes: NpyBytes, descr: string): Pick<Header, 'dataType' | 'width' | 'swap' | 'text'> {
  const [, order = '', letter = '', digits = ''] = /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(descr) ?? [];
  const swap = order === '>';
  if (letter === 'U' || letter === 'S') {
    return { dataType: 'string', width: Number(digits) * (letter === 'U' ? 4 : 1), swap, text: letter };
  }
  const dataType = types[letter === '?' ? 'b1' : `${letter}${digits}`];
  if (dataType) return { dataType, width: Number(digits), swap };
  if (letter === 'O') throw bad(bytes, 'holds Python objects, which are not read (they could run code)');
  throw bad(bytes, `has elements of type "${descr}", which no input takes`);
}

function decode({ dataType, width, swap, text }: Header, raw: Uint8Array): RuntimeTensor['data'] {
  // Swapping must not touch an archive that is read again.
  const bytes = swap || text ? new Uint8Array(raw) : raw;
  if (text) return decodeTexts(bytes, width, swap, text);
  if (swap && width > 1) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return nativeView(dataType, bytes);
}

function decodeTexts(bytes: Uint8Array, width: number, swap: boolean, text: 'U' | 'S'): string[] {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: width === 0 ? 0 : bytes.length / width }, (_, index) => {
    const start = index * width;
    if (text === 'S')
      return Buffer.from(bytes.subarray(start, start + width))
        .toString('latin1')
        .replace(/\0+$/, '');
    let out = '';
    for (let at = start; at < start + width; at += 4) {
      const code = view.getUint32(at, !swap);
      if (code !== 0) out += String.fromCodePoint(code);
    }
    return out;
  });
}

/** Elements stored first axis fastest, put in row-major order. */
function toRowMajor(raw: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const out = new Uint8Array(raw.length);
  const strides: number[] = [];
  shape.reduce((stride, dim) => (strides.push(stride), stride * dim), 1);
  const index = shape.map(() => 0);
  const count = raw.length / Math.max(1, width);
  for (let to = 0; to < count; to++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) from += index[axis]! * strides[axis]!;
    for (let byte = 0; byte < width; byte++) out[to * width + byte] = raw[from * width + byte]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

function bad(bytes: NpyBytes, what: string): LapidaryError {
  return new LapidaryError('data', `${bytes.name} ${what}.`);
}
