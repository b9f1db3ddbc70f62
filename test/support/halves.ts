/** Single numbers as half floats, by way of what the product does to whole arrays. */
import {
  bfloat16FromFloat32,
  float16FromFloat32,
  float32FromBfloat16,
  float32FromFloat16,
  type HalfOptions,
} from '../../src/numerics/half';

/** Bits of one number as float16; rounds through float32 first, as a chain of casts does. */
export function float16Bits(value: number, options: HalfOptions = {}): number {
  return float16FromFloat32(Float32Array.of(value), new Uint16Array(1), options)[0]!;
}

/** The number that float16 bits stand for. */
export function float16Value(bits: number): number {
  return float32FromFloat16(Uint16Array.of(bits))[0]!;
}

/** The float16 nearest to `value`, as a number. */
export function roundToFloat16(value: number, options: HalfOptions = {}): number {
  return float16Value(float16Bits(value, options));
}

/** The bfloat16 nearest to `value`, as a number. */
export function roundToBfloat16(value: number): number {
  return float32FromBfloat16(bfloat16FromFloat32(Float32Array.of(value)))[0]!;
}
