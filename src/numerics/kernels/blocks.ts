/** Blocks of weights by the kernels: see numerics/blocks. */
import { type BlockCodes, type BlockPanel, type MutableNoise } from '../blocks/blocks';
import { kernels, tileValues } from './module';

/** True for blocks that the kernels take; others go the plain way. */
export const fitsKernels = (length: number): boolean => length > 0 && length % 8 === 0 && length <= tileValues / 8;

/** Least and largest value of each block, for blocks that fit. */
export function rangesOfBlocks({ values, count, length }: BlockPanel, low: Float32Array, high: Float32Array): void {
  const { input, first, second, rangeOfBlocks } = kernels();
  const perTile = Math.floor(tileValues / length);
  for (let block = 0; block < count; block += perTile) {
    const part = Math.min(perTile, count - block);
    input.floats.set(values.subarray(block * length, (block + part) * length));
    rangeOfBlocks(input.at, part, length, first.at, second.at);
    low.set(first.floats.subarray(0, part), block);
    high.set(second.floats.subarray(0, part), block);
  }
}

/**
 * Nearest codes, 0 to `top`, for the scales and zero points in `found`, for blocks that fit; adds to `noise` what is lost. With
 * `keepSums`, codes that are there already are moved until sums are right (blocks/sums.ts).
 */
export function codesOfBlocks(
  { values, count, length }: BlockPanel,
  found: BlockCodes,
  top: number,
  noise: MutableNoise,
  step: 'encode' | 'settle',
): void {
  const { input, output, first, second, third, scratch, sums, encodeBlocks, settleBlocks } = kernels();
  const perTile = Math.floor(tileValues / length);
  sums.doubles.fill(0, 0, 2);
  for (let block = 0; block < count; block += perTile) {
    const part = Math.min(perTile, count - block);
    const [from, to] = [block * length, (block + part) * length];
    input.floats.set(values.subarray(from, to));
    first.floats.set(found.scales.subarray(block, block + part));
    second.bytes.set(found.zeroPoints.subarray(block, block + part));
    if (step === 'encode') {
      encodeBlocks(input.at, output.at, part, length, first.at, second.at, top, sums.at);
    } else {
      output.bytes.set(found.codes.subarray(from, to));
      const [errors, indices] = [third.at, scratch.at];
      settleBlocks(input.at, output.at, part, length, first.at, second.at, top, errors, indices, sums.at);
    }
    found.codes.set(output.bytes.subarray(0, to - from), from);
  }
  noise.signal += sums.doubles[0]!;
  noise.noise += sums.doubles[1]!;
}

/** to[r · length + k] = from[start + k · stride + r] for `rows` r and `length` k: a part of a matrix, turned. */
export function turnRows(
  from: Float32Array,
  start: number,
  stride: number,
  to: Float32Array,
  rows: number,
  length: number,
): void {
  const { input, output, turn } = kernels();
  const [wide, high] = [(rows + 3) & ~3, (length + 3) & ~3];
  const perTile = Math.floor(tileValues / wide) & ~3;
  if (perTile < high || high !== length) {
    for (let k = 0; k < length; k++) {
      const line = start + k * stride;
      for (let r = 0, at = k; r < rows; r++, at += length) to[at] = from[line + r]!;
    }
    return;
  }
  for (let k = 0; k < length; k++) {
    const line = start + k * stride;
    input.floats.set(from.subarray(line, line + rows), k * wide);
  }
  turn(input.at, wide, output.at, wide, length);
  to.set(output.floats.subarray(0, rows * length));
}

/** Packs `count` codes of 4 bits, low ones first; returns a view that is good until the next call of a kernel. */
export function packedNibbles(codes: Uint8Array, count: number): Uint8Array {
  const { input, output, packNibbles } = kernels();
  for (let from = 0; from < count; from += 2 * tileValues) {
    input.bytes.set(codes.subarray(from, Math.min(count, from + 2 * tileValues)));
    packNibbles(input.at, output.at + from / 2, (Math.min(count - from, 2 * tileValues) + 15) & ~15);
  }
  return output.bytes.subarray(0, count >> 1);
}
