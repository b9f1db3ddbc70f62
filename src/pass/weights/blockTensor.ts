/**
 * A weight of any shape in blocks, packed in the order in which it is stored: for forms that restore it with standard
 * operators. Blocks divide the weight evenly, so that no padding is needed.
 */
import { type BlockCoding, type BlockMethod } from '../../numerics/blocks/blocks';
import { toFloat32 } from '../../numerics/elements';
import { packBits } from '../../numerics/packing';
import { channelLayout, type Noise } from '../../numerics/quantize';
import { type Tensor } from '../../graph/tensor';

/**
 * A tensor seen as [outerBlocks, outerSize, channels, innerBlocks, innerSize]; a block has outerSize · innerSize values of
 * one channel.
 */
export interface BlockLayout {
  readonly outerBlocks: number;
  readonly outerSize: number;
  readonly channels: number;
  readonly innerBlocks: number;
  readonly innerSize: number;
}

/** Layout of `shape` with blocks of about `size` values of one index of `axis`; without an axis, of neighbours. */
export function blockLayout(shape: readonly number[], axis: number | undefined, size: number): BlockLayout {
  const { outer, channels, inner } = channelLayout(shape, axis);
  if (inner * 1.5 >= size || outer === 1) {
    const innerSize = nearestDivisor(inner, size);
    return { outerBlocks: outer, outerSize: 1, channels, innerBlocks: inner / innerSize, innerSize };
  }
  const outerSize = nearestDivisor(outer, size / inner);
  return { outerBlocks: outer / outerSize, outerSize, channels, innerBlocks: 1, innerSize: inner };
}

/** The divisor of `count` whose ratio to `wanted` is nearest to 1. */
function nearestDivisor(count: number, wanted: number): number {
  let best = count;
  const distance = (divisor: number): number => Math.abs(Math.log(divisor / wanted));
  for (let low = 1; low * low <= count; low++) {
    if (count % low !== 0) continue;
    for (const divisor of [low, count / low]) if (distance(divisor) < distance(best)) best = divisor;
  }
  return best;
}

/** Values of one block. */
export const blockLength = ({ outerSize, innerSize }: BlockLayout): number => outerSize * innerSize;

/** Shape of the parameters: broadcasts against the five axes of the layout. */
export const parameterShape = ({ outerBlocks, channels, innerBlocks }: BlockLayout): readonly number[] => [
  outerBlocks,
  1,
  channels,
  innerBlocks,
  1,
];

/** A packed weight. */
export interface BlockTensor {
  readonly layout: BlockLayout;
  readonly coding: BlockCoding;
  /** All codes in the order of the weight, low bits first. */
  readonly packed: Uint8Array;
  /** One per block, in the order [outerBlocks, channels, innerBlocks]. */
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
  /** NaN in it says that the weight holds NaN or infinities. */
  readonly noise: Noise;
}

/** Blocks that a method gets at a time. */
const panelValues = 1 << 14;

/** Quantizes a weight, which is in memory as float32 for as long as that takes. */
export function quantizeBlocks(
  tensor: Tensor,
  layout: BlockLayout,
  coding: BlockCoding,
  method: BlockMethod,
): BlockTensor {
  const values = toFloat32(tensor.dataType, tensor.bytes(), tensor.size);
  const length = blockLength(layout);
  const total = values.length / length;
  const codes = new Uint8Array(values.length);
  const scales = new Float32Array(total);
  const zeroPoints = new Uint8Array(total);
  const quantizer = method.start({ rows: total, columns: length, coding });
  const perPanel = Math.max(1, Math.floor(panelValues / length));
  const panel = new Float32Array(Math.min(perPanel, total) * length);
  const found = new Uint8Array(panel.length);
  const noise = { signal: 0, noise: 0 };
  for (let first = 0; first < total; first += perPanel) {
    const count = Math.min(perPanel, total - first);
    for (let block = 0; block < count; block++) {
      forEachRun(layout, first + block, (at, offset, size) => {
        panel.set(values.subarray(at, at + size), block * length + offset);
      });
    }
    const out = { codes: found, scales: scales.subarray(first), zeroPoints: zeroPoints.subarray(first) };
    quantizer.quantize({ values: panel, count, length }, out, noise);
    for (let block = 0; block < count; block++) {
      forEachRun(layout, first + block, (at, offset, size) => {
        codes.set(found.subarray(block * length + offset, block * length + offset + size), at);
      });
    }
  }
  const packed = coding.bits === 8 ? codes : packBits(codes, coding.bits);
  return { layout, coding, packed, scales, zeroPoints, noise };
}

/** The runs of neighbours that make up a block: where each lies in the tensor, and where in the block. */
function forEachRun(layout: BlockLayout, block: number, run: (at: number, offset: number, size: number) => void): void {
  const { outerSize, channels, innerBlocks, innerSize } = layout;
  const inner = block % innerBlocks;
  const channel = Math.floor(block / innerBlocks) % channels;
  const outer = Math.floor(block / (innerBlocks * channels));
  for (let o = 0; o < outerSize; o++) {
    const at = (((outer * outerSize + o) * channels + channel) * innerBlocks + inner) * innerSize;
    run(at, o * innerSize, innerSize);
  }
}
