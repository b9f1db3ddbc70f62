/**
 * Linear quantization of weights and ranges by ONNX Runtime's formulas (NUMERICS.md, section 2):
 * real = scale · (quantized − zeroPoint).
 */
import { type ChannelLayout, channelLayout, forEachRun } from './channels';
import { areOrdinary, type LinearParameters, quantizeLinear, widenRanges } from './kernels/linear';
import { roundHalfEven } from './rounding';

export { type ChannelLayout, channelLayout } from './channels';

/** Integer types that values are quantized to. */
export type QuantizedType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int4' | 'uint4' | 'int2' | 'uint2';

/** Smallest and largest quantized value in use. */
export interface QuantizedRange {
  readonly qmin: number;
  readonly qmax: number;
}

/** Scale and zero point of one tensor or one channel. */
export interface QuantizationParameters {
  /** Rounded to float32, as it is stored. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Power of a signal and of what quantization did to it. */
export interface Noise {
  /** Σ x². */
  readonly signal: number;
  /** Σ (x − x̂)². */
  readonly noise: number;
}

const smallestNormalFloat32 = 2 ** -126;

/**
 * Range of a type. `symmetric` drops the lowest signed code ([−127, 127]), so that −x is as exact as x; `reduced`
 * halves the range ([−64, 64], [0, 127]), for x86 without VNNI, whose u8×s8 products saturate in int16.
 */
export function quantizedRange(
  type: QuantizedType,
  options: { readonly symmetric?: boolean; readonly reduced?: boolean } = {},
): QuantizedRange {
  const signed = type.startsWith('i');
  const bits = Number(type.replace(/\D/g, ''));
  if (options.reduced) {
    return signed ? { qmin: -(2 ** (bits - 2)), qmax: 2 ** (bits - 2) } : { qmin: 0, qmax: 2 ** (bits - 1) - 1 };
  }
  if (!signed) return { qmin: 0, qmax: 2 ** bits - 1 };
  const qmax = 2 ** (bits - 1) - 1;
  return { qmin: options.symmetric ? -qmax : -qmax - 1, qmax };
}

/** Scale and zero point for reals in [rmin, rmax], widened to include 0. A range too small for float32 gives 1 and 0. */
export function quantizationParameters(
  rmin: number,
  rmax: number,
  { qmin, qmax }: QuantizedRange,
  symmetric: boolean,
): QuantizationParameters {
  let low = Math.min(rmin, 0);
  let high = Math.max(rmax, 0);
  if (symmetric) {
    high = Math.max(-low, high);
    low = -high;
  }
  const scale = (high - low) / (qmax - qmin);
  if (!(scale >= smallestNormalFloat32)) return { scale: 1, zeroPoint: 0 };
  const zeroPoint = roundHalfEven(symmetric ? (qmin + qmax) / 2 : qmin - low / scale);
  return { scale: Math.fround(scale), zeroPoint: Math.min(qmax, Math.max(qmin, zeroPoint)) };
}

/** Running smallest and largest value per channel, fed piece by piece; starts at 0, which a range must include. */
export class ChannelRange {
  readonly min: Float32Array;
  readonly max: Float32Array;

  constructor(private readonly layout: ChannelLayout) {
    this.min = new Float32Array(layout.channels);
    this.max = new Float32Array(layout.channels);
  }

  /** Takes in `values`, which start at flat index `start` of the tensor. NaN is passed over. */
  add(values: Float32Array, start = 0): void {
    widenRanges(this.layout, values, start, this.min, this.max);
  }

  /** Largest magnitude of a channel. */
  absMax(channel: number): number {
    return Math.max(-this.min[channel]!, this.max[channel]!);
  }
}

/** Everything needed to quantize a tensor, piece by piece. */
export class Quantizer {
  private readonly parameters: LinearParameters;

  constructor(
    readonly layout: ChannelLayout,
    /** One per channel. */
    readonly scales: Float32Array,
    /** One per channel. */
    readonly zeroPoints: Int32Array,
    readonly range: QuantizedRange,
  ) {
    const inverse = Float64Array.from(scales, (scale) => 1 / scale);
    const ordinary = areOrdinary(scales);
    this.parameters = { inverse, ordinary, scale: scales, zero: Float64Array.from(zeroPoints), range };
  }

  /** Parameters from the range of each channel. */
  static fromRange(layout: ChannelLayout, reals: ChannelRange, range: QuantizedRange, symmetric: boolean): Quantizer {
    const scales = new Float32Array(layout.channels);
    const zeroPoints = new Int32Array(layout.channels);
    for (let c = 0; c < layout.channels; c++) {
      const { scale, zeroPoint } = quantizationParameters(reals.min[c]!, reals.max[c]!, range, symmetric);
      scales[c] = scale;
      zeroPoints[c] = zeroPoint;
    }
    return new Quantizer(layout, scales, zeroPoints, range);
  }

  /**
   * Quantizes `values`, which start at flat index `start` of the tensor; `out` has one entry per value. The zero point is added
   * after rounding half to even: the parity of ties could differ before.
   */
  quantize<T extends Int8Array | Uint8Array | Int16Array | Uint16Array>(values: Float32Array, out: T, start = 0): T {
    quantizeLinear(this.layout, this.parameters, values, start, out);
    return out;
  }

  /** Restores quantized elements, which start at flat index `start` of the tensor. */
  dequantize(quantized: ArrayLike<number>, out = new Float32Array(quantized.length), start = 0): Float32Array {
    forEachRun(this.layout, start, quantized.length, (from, to, channel, stride) => {
      for (let i = from, c = channel; i < to; i++, c += stride) {
        out[i] = (quantized[i]! - this.zeroPoints[c]!) * this.scales[c]!;
      }
    });
    return out;
  }

  /** What quantizing `values` loses; the codes go to `out`, if there is one. NaN among the values makes both sums NaN. */
  noise(values: Float32Array, start = 0, out?: Int8Array | Uint8Array | Int16Array | Uint16Array): Noise {
    return quantizeLinear(this.layout, this.parameters, values, start, out);
  }
}

/** Quantizes a whole tensor in memory to 8 bits: the shortest way for small ones. */
export function quantizeTensor(
  values: Float32Array,
  shape: readonly number[],
  options: { readonly type: 'int8' | 'uint8'; readonly axis?: number; readonly symmetric: boolean; reduced?: boolean },
): { readonly quantized: Int8Array | Uint8Array; readonly quantizer: Quantizer } {
  const layout = channelLayout(shape, options.axis);
  const reals = new ChannelRange(layout);
  reals.add(values);
  const quantizer = Quantizer.fromRange(layout, reals, quantizedRange(options.type, options), options.symmetric);
  const out = options.type === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length);
  return { quantized: quantizer.quantize(values, out), quantizer };
}

/** Signal-to-quantization-noise ratio in dB; Infinity when nothing was lost (nothing at all included). */
export function sqnrDb({ signal, noise }: Noise): number {
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}

/** Power of `reference` and of its difference to `other`. */
export function differencePower(reference: ArrayLike<number>, other: ArrayLike<number>): Noise {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < reference.length; i++) {
    const x = reference[i]!;
    const error = x - other[i]!;
    signal += x * x;
    noise += error * error;
  }
  return { signal, noise };
}
