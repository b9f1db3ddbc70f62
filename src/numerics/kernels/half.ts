/** float16 by the kernels: any length, tile by tile. */
import { kernels, tileValues } from './module';

/** float16 bits of `values`: beyond 65504 `overflow`; `least` (0 or 1) is set in the bits of what would become 0 but is not. */
export function halfFromFloat(values: Float32Array, out: Uint16Array, overflow: number, least: 0 | 1): void {
  const { input, output, halfFromFloat: convert } = kernels();
  for (let from = 0; from < values.length; from += tileValues) {
    const count = Math.min(tileValues, values.length - from);
    input.floats.set(values.subarray(from, from + count));
    convert(input.at, output.at, (count + 7) & ~7, overflow, least);
    out.set(output.halves.subarray(0, count), from);
  }
}

/** The floats that float16 bits stand for. */
export function floatFromHalf(bits: Uint16Array, out: Float32Array): void {
  const { input, output, floatFromHalf: convert } = kernels();
  for (let from = 0; from < bits.length; from += tileValues) {
    const count = Math.min(tileValues, bits.length - from);
    input.halves.set(bits.subarray(from, from + count));
    convert(input.at, output.at, (count + 7) & ~7);
    out.set(output.floats.subarray(0, count), from);
  }
}

/** What float16 (with `least` as above) loses of `values`: see float16Noise() in half.ts of numerics. */
export function halfNoise(values: Float32Array, least: 0 | 1): { signal: number; noise: number; clamped: number } {
  const { input, sums, halfNoise: measure } = kernels();
  sums.doubles.fill(0, 0, 3);
  for (let from = 0; from < values.length; from += tileValues) {
    const count = Math.min(tileValues, values.length - from);
    input.floats.set(values.subarray(from, from + count));
    input.floats.fill(0, count, (count + 3) & ~3);
    measure(input.at, (count + 3) & ~3, least, sums.at);
  }
  const [signal, noise, clamped] = sums.doubles;
  return { signal: signal!, noise: noise!, clamped: clamped! };
}
