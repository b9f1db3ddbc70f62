/** The compiled kernels and the memory they work on. Only the files of this folder see either. */
import { code } from './code';

/** What kernels.as exports; addresses and counts are plain numbers. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly halfFromFloat: (from: number, to: number, count: number, overflow: number, least: number) => void;
  readonly floatFromHalf: (from: number, to: number, count: number) => void;
  readonly halfNoise: (from: number, count: number, least: number, sums: number) => void;
  readonly rangeOfRun: (from: number, count: number, low: number, high: number) => void;
  readonly rangeOfRows: (from: number, rows: number, columns: number, low: number, high: number) => void;
  readonly quantizeRun: (
    from: number,
    to: number,
    count: number,
    width: number,
    inverse: number,
    scale: number,
    zero: number,
    least: number,
    most: number,
    sums: number,
  ) => void;
  readonly quantizeChannels: (
    from: number,
    to: number,
    count: number,
    width: number,
    inverses: number,
    scales: number,
    zeros: number,
    least: number,
    most: number,
    sums: number,
  ) => void;
  readonly quantizeByteRun: (
    from: number,
    to: number,
    count: number,
    scale: number,
    zero: number,
    least: number,
    most: number,
    sums: number,
  ) => void;
  readonly quantizeByteRows: (
    from: number,
    to: number,
    rows: number,
    columns: number,
    inverses: number,
    scales: number,
    zeros: number,
    least: number,
    most: number,
    sums: number,
  ) => void;
  readonly rangeOfBlocks: (from: number, count: number, length: number, low: number, high: number) => void;
  readonly turn: (from: number, stride: number, to: number, rows: number, length: number) => void;
  readonly encodeBlocks: (
    from: number,
    to: number,
    count: number,
    length: number,
    scales: number,
    zeros: number,
    top: number,
    sums: number,
  ) => void;
  readonly settleBlocks: (
    from: number,
    codes: number,
    count: number,
    length: number,
    scales: number,
    zeros: number,
    top: number,
    errors: number,
    indices: number,
    sums: number,
  ) => void;
  readonly packNibbles: (from: number, to: number, count: number) => void;
}

/** Part of the memory: where it begins, and the same bytes as arrays. */
export interface Region {
  readonly at: number;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
}

/** Values that one call works on at most: 256 KB of float32, which stay in the second-level cache. */
export const tileValues = 1 << 16;

/** Bytes of a region: room for a tile of float64. */
const regionBytes = 8 * tileValues;

/** Kernels and their memory, which never grows (4 MiB): the arrays stay valid. */
export interface Kernels extends Exports {
  /** What is worked on, and what comes out of it. */
  readonly input: Region;
  readonly output: Region;
  /** Parameters: one value per channel or block. */
  readonly first: Region;
  readonly second: Region;
  readonly third: Region;
  /** Room for a kernel's own use. */
  readonly scratch: Region;
  /** Up to 8 numbers that are added to. */
  readonly sums: Region;
}

/** The little of the JavaScript API of WebAssembly that is used: the types of Node have none of it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

let instance: Kernels | undefined;

/** The one instance of this process, made when it is first needed (a millisecond). */
export function kernels(): Kernels {
  return (instance ??= start());
}

function start(): Kernels {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(code, 'base64')));
  const made = exports as Exports;
  const { buffer } = made.memory;
  const region = (index: number): Region => {
    const at = index * regionBytes;
    return {
      at,
      floats: new Float32Array(buffer, at, regionBytes / 4),
      doubles: new Float64Array(buffer, at, regionBytes / 8),
      bytes: new Uint8Array(buffer, at, regionBytes),
      halves: new Uint16Array(buffer, at, regionBytes / 2),
    };
  };
  const [input, output, first, second, third, scratch, sums] = [0, 1, 2, 3, 4, 5, 6].map(region);
  return {
    ...made,
    input: input!,
    output: output!,
    first: first!,
    second: second!,
    third: third!,
    scratch: scratch!,
    sums: sums!,
  };
}
