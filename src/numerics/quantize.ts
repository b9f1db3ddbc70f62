/**
 * Linear quantization of weights and ranges by ONNX Runtime's formulas (NUMERICS.md, section 2):
 * real = scale · (quantized − zeroPoint).
 */
import { roundHalfEven, roundingMagic } from './rounding';

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

/** A tensor as [outer, channels, inner]: channel c of row o holds `inner` neighbours. Per tensor: channels = 1. */
export interface ChannelLayout {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** Power of a signal and of what quantization did to it. */
export interface Noise {
  /** Σ x². */
  readonly signal: number;
  /** Σ (x − x̂)². */
  readonly noise: number;
}

/** A constant of this module: an imported one is looked up anew for every element where modules are not bundled. */
const magic = roundingMagic;

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

/** Layout for one scale per index of `axis` (negative counts from the end); without an axis, one for all. */
export function channelLayout(shape: readonly number[], axis?: number): ChannelLayout {
  const product = (dims: readonly number[]): number => dims.reduce((total, dim) => total * dim, 1);
  if (axis === undefined) return { outer: 1, channels: 1, inner: product(shape) };
  const at = axis < 0 ? axis + shape.length : axis;
  return { outer: product(shape.slice(0, at)), channels: shape[at] ?? 1, inner: product(shape.slice(at + 1)) };
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
    forEachRun(this.layout, start, values.length, (from, to, channel, stride) => {
      if (stride === 0) {
        let low = this.min[channel]!;
        let high = this.max[channel]!;
        for (let i = from; i < to; i++) {
          const x = values[i]!;
          if (x < low) low = x;
          if (x > high) high = x;
        }
        this.min[channel] = low;
        this.max[channel] = high;
      } else {
        for (let i = from, c = channel; i < to; i++, c++) {
          const x = values[i]!;
          if (x < this.min[c]!) this.min[c] = x;
          if (x > this.max[c]!) this.max[c] = x;
        }
      }
    });
  }

  /** Largest magnitude of a channel. */
  absMax(channel: number): number {
    return Math.max(-this.min[channel]!, this.max[channel]!);
  }
}

/** Everything needed to quantize a tensor, piece by piece. */
export class Quantizer {
  private readonly inverse: Float64Array;

  constructor(
    readonly layout: ChannelLayout,
    /** One per channel. */
    readonly scales: Float32Array,
    /** One per channel. */
    readonly zeroPoints: Int32Array,
    readonly range: QuantizedRange,
  ) {
    this.inverse = Float64Array.from(scales, (scale) => 1 / scale);
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

  /** Quantizes `values`, which start at flat index `start` of the tensor; `out` has one entry per value. */
  quantize<T extends Int8Array | Uint8Array | Int16Array | Uint16Array>(values: Float32Array, out: T, start = 0): T {
    const { qmin, qmax } = this.range;
    forEachRun(this.layout, start, values.length, (from, to, channel, stride) => {
      if (stride === 0) {
        const inverse = this.inverse[channel]!;
        // Shifting by the zero point first rounds x/scale + zp instead of x/scale: zp is a whole number, so the
        // parity of ties could differ; hence it is added after rounding.
        const zero = this.zeroPoints[channel]!;
        for (let i = from; i < to; i++) {
          const q = values[i]! * inverse + magic - magic + zero;
          out[i] = q < qmin ? qmin : q > qmax ? qmax : q;
        }
      } else {
        for (let i = from, c = channel; i < to; i++, c++) {
          const q = values[i]! * this.inverse[c]! + magic - magic + this.zeroPoints[c]!;
          out[i] = q < qmin ? qmin : q > qmax ? qmax : q;
        }
      }
    });
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

  /** What quantizing `values` would lose, without keeping the result. NaN among them makes both sums NaN. */
  noise(values: Float32Array, start = 0): Noise {
    const total = { signal: 0, noise: 0 };
    const { inverse, scales, zeroPoints } = this;
    const { qmin, qmax } = this.range;
    forEachRun(this.layout, start, values.length, (from, to, channel, stride) => {
      // Local sums and parameters: a captured variable costs a memory access an element.
      let signal = 0;
      let noise = 0;
      let factor = inverse[channel]!;
      let scale = scales[channel]!;
      let zero = zeroPoints[channel]!;
      for (let i = from, c = channel; i < to; i++) {
        const x = values[i]!;
        let q = x * factor + magic - magic + zero;
        q = q < qmin ? qmin : q > qmax ? qmax : q;
        const error = x - (q - zero) * scale;
        signal += x * x;
        noise += error * error;
        if (stride !== 0 && i + 1 < to) {
          c++;
          factor = inverse[c]!;
          scale = scales[c]!;
          zero = zeroPoints[c]!;
        }
      }
      total.signal += signal;
      total.noise += noise;
    });
    return total;
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

/**
 * Cuts the flat range [start, start + count) into runs within which the channel is constant (stride 0), or, when
 * channels are the last axis, counts up by one (stride 1). `from` and `to` index the piece, not the tensor.
 */
function forEachRun(
  { channels, inner }: ChannelLayout,
  start: number,
  count: number,
  run: (from: number, to: number, channel: number, stride: 0 | 1) => void,
): void {
  if (channels === 1) return run(0, count, 0, 0);
  const length = inner === 1 ? channels : inner;
  for (let from = 0; from < count;) {
    const flat = start + from;
    const offset = flat % length;
    const to = Math.min(count, from + length - offset);
    if (inner === 1) run(from, to, offset, 1);
    else run(from, to, Math.floor(flat / inner) % channels, 0);
    from = to;
  }
}
