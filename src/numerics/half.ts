/**
 * 16-bit floats as bit patterns in Uint16Array: IEEE 754 binary16 (float16) and bfloat16. Rounding is half-to-even,
 * as ONNX's Cast does. Node 20 has no Float16Array, hence integer arithmetic on the bits.
 */
import { floatFromHalf, halfFromFloat, halfNoise } from './kernels/half';
import { roundHalfEven } from './rounding';

/** What becomes of values that the type cannot hold; by default what IEEE 754 says. */
export interface HalfOptions {
  /** What is beyond the largest finite number becomes that, not infinity. */
  readonly saturate?: boolean;
  /** What would become 0 becomes the smallest number of its sign, so that it can be divided by (float16 alone). */
  readonly keepNonZero?: boolean;
}

/** From so many values on the kernels are faster. */
const worthKernels = 64;

/** Smallest positive float16 (subnormal), 2^-24. */
const float16Smallest = 2 ** -24;

const bitsOfFloats = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

/** float32 to float16 bits, into `out` or a new array of the same length. */
export function float16FromFloat32(
  values: Float32Array,
  out: Uint16Array = new Uint16Array(values.length),
  options: HalfOptions = {},
): Uint16Array {
  const overflow = options.saturate ? 0x7bff : 0x7c00;
  const least = options.keepNonZero ? 1 : 0;
  if (values.length >= worthKernels) {
    halfFromFloat(values, out, overflow, least);
    return out;
  }
  const bits = bitsOfFloats(values);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!;
    const sign = (x >>> 16) & 0x8000;
    const magnitude = x & 0x7fffffff;
    if (magnitude >= 0x477ff000) {
      // From 65520 on the nearest float16 is infinity; infinities themselves and NaN stay what they are.
      if (magnitude > 0x7f800000) out[i] = sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff);
      else out[i] = sign | (magnitude === 0x7f800000 ? 0x7c00 : overflow);
    } else if (magnitude >= 0x38800000) {
      // Normal: rebias the exponent (127 - 15 = 112) and round 13 bits away, ties to even; a carry is right as it is.
      out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else {
      const rounded = roundHalfEven(Math.abs(values[i]!) * 0x1000000);
      out[i] = sign | (rounded === 0 && magnitude !== 0 ? least : rounded);
    }
  }
  return out;
}

/**
 * What storing `values` in float16 loses, NaN, infinities and what is beyond 65504 left out: Σ x², Σ (x − x̂)²; `clamped` counts the
 * finite ones among those.
 */
export function float16Noise(
  values: Float32Array,
  { keepNonZero }: HalfOptions = {},
): { readonly signal: number; readonly noise: number; readonly clamped: number } {
  return halfNoise(values, keepNonZero ? 1 : 0);
}

/** float16 bits to float32, exactly. */
export function float32FromFloat16(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  if (bits.length >= worthKernels) {
    floatFromHalf(bits, out);
    return out;
  }
  const outBits = bitsOfFloats(out);
  for (let i = 0; i < bits.length; i++) {
    const h = bits[i]!;
    const sign = (h & 0x8000) << 16;
    const exponent = h & 0x7c00;
    if (exponent === 0x7c00) outBits[i] = sign | 0x7f800000 | ((h & 0x3ff) << 13);
    else if (exponent !== 0) outBits[i] = sign | (((h & 0x7fff) << 13) + 0x38000000);
    else out[i] = (h & 0x3ff) * (sign ? -float16Smallest : float16Smallest);
  }
  return out;
}

/** float32 to bfloat16 bits, into `out` or a new array of the same length. */
export function bfloat16FromFloat32(
  values: Float32Array,
  out: Uint16Array = new Uint16Array(values.length),
  options: HalfOptions = {},
): Uint16Array {
  const bits = bitsOfFloats(values);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!;
    const magnitude = x & 0x7fffffff;
    if (magnitude > 0x7f800000) out[i] = (x >>> 16) | 0x40;
    else {
      const rounded = (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
      const overflowed = (rounded & 0x7fff) === 0x7f80 && magnitude !== 0x7f800000;
      out[i] = overflowed && options.saturate ? rounded - 1 : rounded;
    }
  }
  return out;
}

/** bfloat16 bits to float32, exactly. */
export function float32FromBfloat16(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  const outBits = bitsOfFloats(out);
  for (let i = 0; i < bits.length; i++) outBits[i] = bits[i]! << 16;
  return out;
}
