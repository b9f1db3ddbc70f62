/**
 * Weights in blocks: neighbours along the axis that a product sums over share a scale and a zero point,
 * real = scale · (code − zero point), codes from 0 to 2^bits − 1 (ONNX Runtime's MatMulNBits).
 */
import { float16FromFloat32, float32FromFloat16 } from '../half';

/** Bits of a code. */
export type BlockBits = 1 | 2 | 4 | 8;

/** How blocks are coded. */
export interface BlockCoding {
  readonly bits: BlockBits;
  /** The zero point is 2^(bits−1) for every block and need not be stored. */
  readonly symmetric: boolean;
  /** Scales are stored in float16: they are rounded to that before codes are chosen. */
  readonly halfScales?: boolean;
}

/** Blocks of the same length, one after the other. */
export interface BlockPanel {
  /** count · length values. */
  readonly values: Float32Array;
  readonly count: number;
  readonly length: number;
}

/** Scale and zero point of a block. */
export interface BlockParameters {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Sums that are added to: Σ x², Σ (x − x̂)². */
export interface MutableNoise {
  signal: number;
  noise: number;
}

/** Room for what a method finds for a panel: codes as the values lie, and one scale and zero point per block. */
export interface BlockCodes {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
}

/**
 * What is known of the activations that a weight is multiplied by, over the calibration data: for methods that minimize
 * the error of the layer's output rather than that of its weights (AWQ needs `meanAbs`, GPTQ `secondMoments`).
 */
export interface ActivationStatistics {
  /** Mean magnitude of each of the K inputs. */
  readonly meanAbs?: Float32Array;
  /** Σ x·xᵀ, [K, K] row-major. */
  readonly secondMoments?: Float64Array;
}

/** A weight as a method gets to know it: [rows, columns], blocks along the columns. */
export interface BlockLayer {
  readonly rows: number;
  readonly columns: number;
  readonly coding: BlockCoding;
  readonly statistics?: ActivationStatistics;
}

/** Quantizes one weight, panel by panel. */
export interface BlockQuantizer {
  /** Fills `out` for a panel and adds what was lost to `noise`, which NaN and infinities among the values make not finite. */
  quantize(panel: BlockPanel, out: BlockCodes, noise: MutableNoise): void;
}

/** A way to choose codes, scales and zero points. */
export interface BlockMethod {
  /** True when it needs `BlockLayer.statistics`. */
  readonly needsStatistics: boolean;
  start(layer: BlockLayer): BlockQuantizer;
}

/** Zero point of symmetric blocks: the middle code. */
export const middleCode = (bits: BlockBits): number => 1 << (bits - 1);

/** `scale` as it will be stored. */
export function storedScale(scale: number, { halfScales }: BlockCoding): number {
  if (!halfScales) return Math.fround(scale);
  return float32FromFloat16(float16FromFloat32(Float32Array.of(scale), undefined, { saturate: true }))[0]!;
}
