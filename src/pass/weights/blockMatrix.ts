/** The weight of a product in blocks, packed as ONNX Runtime's MatMulNBits stores it. */
import { type BlockCoding, type BlockMethod } from '../../numerics/blocks/blocks';
import { packNibbles } from '../../numerics/packing';
import { type Noise } from '../../numerics/quantize';
import { panelsOf, type WeightMatrix } from './matrix';

/** A quantized matrix of N rows, blocks along its K columns. */
export interface BlockMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Values of a block. */
  readonly size: number;
  /** Blocks of a row, ⌈K / size⌉. */
  readonly blocks: number;
  readonly coding: BlockCoding;
  /** [N, blocks, size · bits / 8], low bits first; what pads the last block restores to 0. */
  readonly packed: Uint8Array;
  /** [N, blocks]. */
  readonly scales: Float32Array;
  /** [N, blocks], one code each. */
  readonly zeroPoints: Uint8Array;
  /** NaN in it says that the weight holds NaN or infinities. */
  readonly noise: Noise;
}

/** Quantizes a matrix; `size` is a multiple of 8. Takes the memory of the result and a few megabytes. */
export function quantizeMatrix(
  matrix: WeightMatrix,
  size: number,
  coding: BlockCoding,
  method: BlockMethod,
): BlockMatrix {
  const { rows, columns } = matrix;
  const blocks = Math.ceil(columns / size);
  const blockBytes = (size * coding.bits) / 8;
  const packed = new Uint8Array(rows * blocks * blockBytes);
  const scales = new Float32Array(rows * blocks);
  const zeroPoints = new Uint8Array(rows * blocks);
  const quantizer = method.start({ rows, columns, coding });
  const noise = { signal: 0, noise: 0 };
  let found = { codes: new Uint8Array(), scales: new Float32Array(), zeroPoints: new Uint8Array() };
  for (const panel of panelsOf(matrix, size)) {
    const { row, count, block, length } = panel;
    if (found.scales.length < count || found.codes.length < count * size) {
      found = {
        codes: new Uint8Array(count * size),
        scales: new Float32Array(count),
        zeroPoints: new Uint8Array(count),
      };
    }
    quantizer.quantize(panel, found, noise);
    for (let r = 0, at = row * blocks + block; r < count; r++, at += blocks) {
      scales[at] = found.scales[r]!;
      zeroPoints[at] = found.zeroPoints[r]!;
    }
    if (coding.bits === 4 && length === size) {
      scatter(packNibbles(found.codes, count * size), packed, blockBytes, row * blocks + block, blocks);
      continue;
    }
    for (let r = 0, at = row * blocks + block; r < count; r++, at += blocks) {
      packBlock(found.codes, r * length, length, size, found.zeroPoints[r]!, coding.bits, packed, at * blockBytes);
    }
  }
  return { rows, columns, size, blocks, coding, packed, scales, zeroPoints, noise };
}

/** Blocks of `size` bytes (a multiple of 4) to places `stride` blocks apart. */
function scatter(from: Uint8Array, to: Uint8Array, size: number, first: number, stride: number): void {
  const [source, target] = [wordsOf(from), wordsOf(to)];
  const words = size / 4;
  for (let read = 0, block = first; read < source.length; block += stride) {
    for (let write = block * words, end = write + words; write < end; write++, read++) target[write] = source[read]!;
  }
}

const wordsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, byteLength / 4);

/** Codes of a block into `out` from byte `to` on. */
function packBlock(
  codes: Uint8Array,
  from: number,
  length: number,
  size: number,
  padding: number,
  bits: number,
  out: Uint8Array,
  to: number,
): void {
  const perByte = 8 / bits;
  for (let i = 0; i < size; i += perByte) {
    let byte = 0;
    for (let j = 0; j < perByte; j++) byte |= (i + j < length ? codes[from + i + j]! : padding) << (j * bits);
    out[to + i / perByte] = byte;
  }
}

/** Zero points as MatMulNBits stores them: each row padded to whole bytes, [N, ⌈blocks · bits / 8⌉]. */
export function packZeroPoints({ rows, blocks, coding, zeroPoints }: BlockMatrix): Uint8Array {
  const perByte = 8 / coding.bits;
  const rowBytes = Math.ceil(blocks / perByte);
  const out = new Uint8Array(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const at = row * rowBytes + Math.floor(block / perByte);
      out[at] = out[at]! | (zeroPoints[row * blocks + block]! << ((block % perByte) * coding.bits));
    }
  }
  return out;
}

/** Codes [K, N] in the order of DequantizeLinear on a weight stored by columns, one to a byte, without padding. */
export function codesByColumns({ rows, columns, size, blocks, coding, packed }: BlockMatrix): Uint8Array {
  const codes = new Uint8Array(rows * columns);
  const { bits } = coding;
  const mask = 2 ** bits - 1;
  const perByte = 8 / bits;
  const blockBytes = size / perByte;
  for (let row = 0; row < rows; row++) {
    const line = row * blocks * blockBytes;
    for (let k = 0; k < columns; k++) {
      const byte = packed[line + Math.floor(k / perByte)]!;
      codes[k * rows + row] = (byte >> ((k % perByte) * bits)) & mask;
    }
  }
  return codes;
}

/** Parameters [blocks, N] from [N, blocks]. */
export function byColumns<T extends Float32Array | Uint8Array>({ rows, blocks }: BlockMatrix, values: T): T {
  const out = values.slice() as T;
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) out[block * rows + row] = values[row * blocks + block]!;
  }
  return out;
}
