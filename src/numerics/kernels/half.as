// float32 to float16 and back, and what is lost on the way.
import { addTo, high } from './lanes';

/** True when all 4 floats have magnitudes that are normal in float16: then rounding is all there is to do. */
@inline
function areNormal(magnitude: v128): bool {
  const least = i32x4.splat(0x38800000); // 2^-14
  const most = i32x4.splat(0x477fe000); // 65504
  return i32x4.all_true(v128.and(i32x4.ge_s(magnitude, least), i32x4.le_s(magnitude, most)));
}

/** Normal magnitudes with what float16 cannot hold rounded, half to even, in the lower 13 bits; a carry is right as it is. */
@inline
function rounded(magnitude: v128): v128 {
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  return i32x4.add(i32x4.add(magnitude, odd), i32x4.splat(0xfff));
}

/** float16 bits of 4 floats in 4 lanes of 32 bits: half to even; beyond 65504 `overflow`; `least` is set in what would become 0. */
@inline
function halfLanes(x: v128, overflow: v128, least: v128): v128 {
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  // The exponent is rebiased.
  let bits = i32x4.shr_u(i32x4.sub(rounded(magnitude), i32x4.splat(0x38000000)), 13);
  if (!areNormal(magnitude)) bits = special(bits, magnitude, overflow, least);
  return v128.or(bits, sign);
}

/** Mends the `bits` of magnitudes that are not normal in float16. */
function special(bits: v128, magnitude: v128, overflow: v128, least: v128): v128 {
  // Subnormal: beside 0.5, float32 has just float16's smallest step, 2^-24, and rounds to it.
  const tiny = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  bits = v128.bitselect(tiny, bits, i32x4.lt_s(magnitude, i32x4.splat(0x38800000)));
  const lost = v128.and(i32x4.eq(bits, i32x4.splat(0)), i32x4.ne(magnitude, i32x4.splat(0)));
  bits = v128.or(bits, v128.and(lost, least));
  bits = v128.bitselect(overflow, bits, i32x4.ge_s(magnitude, i32x4.splat(0x477ff000)));
  bits = v128.bitselect(i32x4.splat(0x7c00), bits, i32x4.eq(magnitude, i32x4.splat(0x7f800000)));
  const payload = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(0x1ff));
  const nan = v128.or(i32x4.splat(0x7e00), payload);
  return v128.bitselect(nan, bits, i32x4.gt_s(magnitude, i32x4.splat(0x7f800000)));
}

/** The floats that lanes of float16 bits stand for. */
@inline
function floatLanes(bits: v128): v128 {
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  // Multiplying by 2^112 rebiases the exponent, of subnormal numbers too.
  const finite = f32x4.mul(magnitude, f32x4.splat(5.192296858534828e33));
  const special = v128.or(magnitude, i32x4.splat(0x7f800000));
  const isSpecial = i32x4.ge_s(magnitude, i32x4.splat(0x7c00 << 13));
  return v128.or(v128.bitselect(special, finite, isSpecial), sign);
}

/** float32 to float16; `count` is a multiple of 8. */
export function halfFromFloat(from: usize, to: usize, count: i32, overflow: i32, least: i32): void {
  const over = i32x4.splat(overflow);
  const low = i32x4.splat(least);
  for (let i = 0; i < count; i += 8) {
    const a = halfLanes(v128.load(from), over, low);
    const b = halfLanes(v128.load(from, 16), over, low);
    v128.store(to, i16x8.narrow_i32x4_u(a, b));
    from += 32;
    to += 16;
  }
}

/** float16 to float32; `count` is a multiple of 8. */
export function floatFromHalf(from: usize, to: usize, count: i32): void {
  for (let i = 0; i < count; i += 8) {
    const bits = v128.load(from);
    v128.store(to, floatLanes(i32x4.extend_low_i16x8_u(bits)));
    v128.store(to, floatLanes(i32x4.extend_high_i16x8_u(bits)), 16);
    from += 16;
    to += 32;
  }
}

/**
 * Adds to sums[0] Σ x² and to sums[1] Σ (x − x in float16)² of what is within ±65504, to sums[2] the number of finite values
 * beyond. NaN counts for nothing. `count` is a multiple of 4.
 */
export function halfNoise(from: usize, count: i32, least: i32, sums: usize): void {
  let signal = f64x2.splat(0);
  let noise = f64x2.splat(0);
  let clamped = i32x4.splat(0);
  const over = i32x4.splat(0x7bff);
  const low = i32x4.splat(least);
  for (let i = 0; i < count; i += 4) {
    const x = v128.load(from);
    from += 16;
    const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
    let kept = x;
    let stored: v128;
    if (areNormal(magnitude)) {
      const sign = v128.andnot(x, i32x4.splat(0x7fffffff));
      stored = v128.or(v128.andnot(rounded(magnitude), i32x4.splat(0x1fff)), sign);
    } else {
      const within = i32x4.le_s(magnitude, i32x4.splat(0x477fe000));
      const finite = i32x4.lt_s(magnitude, i32x4.splat(0x7f800000));
      clamped = i32x4.sub(clamped, v128.andnot(finite, within));
      kept = v128.and(x, within);
      stored = floatLanes(halfLanes(kept, over, low));
    }
    // The difference of neighbours is exact in float32.
    const error = f32x4.sub(kept, stored);
    const a = f64x2.promote_low_f32x4(kept);
    const b = f64x2.promote_low_f32x4(high(kept));
    const c = f64x2.promote_low_f32x4(error);
    const d = f64x2.promote_low_f32x4(high(error));
    signal = f64x2.add(signal, f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)));
    noise = f64x2.add(noise, f64x2.add(f64x2.mul(c, c), f64x2.mul(d, d)));
  }
  addTo(sums, signal);
  addTo(sums + 8, noise);
  const pairs = i64x2.add(i64x2.extend_low_i32x4_u(clamped), i64x2.extend_high_i32x4_u(clamped));
  store<f64>(sums + 16, load<f64>(sums + 16) + <f64>(i64x2.extract_lane(pairs, 0) + i64x2.extract_lane(pairs, 1)));
}
