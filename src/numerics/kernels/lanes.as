// What the lanes of a vector have to do with each other.

/** The two upper lanes of 32 bits, as the lower ones. */
@inline
export function high(x: v128): v128 {
  return i32x4.shuffle(x, x, 2, 3, 2, 3);
}

/** Sum of both float64 lanes. */
@inline
export function total(lanes: v128): f64 {
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}

/** Adds both float64 lanes to the number at `sum`. */
@inline
export function addTo(sum: usize, lanes: v128): void {
  store<f64>(sum, load<f64>(sum) + total(lanes));
}

/** Least of four floats. */
@inline
export function lowest(x: v128): f32 {
  const a = f32x4.pmin(x, high(x));
  return f32x4.extract_lane(f32x4.pmin(a, i32x4.shuffle(a, a, 1, 1, 1, 1)), 0);
}

/** Largest of four floats. */
@inline
export function highest(x: v128): f32 {
  const a = f32x4.pmax(x, high(x));
  return f32x4.extract_lane(f32x4.pmax(a, i32x4.shuffle(a, a, 1, 1, 1, 1)), 0);
}

/**
 * How far a value of up to 256 steps may be from its nearest code for float32 and float64 to agree on that one. Scale and
 * product each round by 2^-24 of the value, which are 2^-15 steps in all.
 */
export const codeLimit: f32 = 0.5 - 1 / 16384;

/** True when one of 16 values is further than `limit` from its nearest whole number: nearly half way to the next one. */
@inline
export function isCloseCall(a: v128, b: v128, c: v128, d: v128, limit: v128): bool {
  const far = f32x4.pmax(
    f32x4.pmax(fraction(a), fraction(b)),
    f32x4.pmax(fraction(c), fraction(d)),
  );
  return v128.any_true(f32x4.gt(far, limit));
}

@inline
function fraction(x: v128): v128 {
  return f32x4.abs(f32x4.sub(x, f32x4.nearest(x)));
}

/** Stores 16 whole numbers from -128 to 255, given as float32, as bytes. */
@inline
export function storeBytes(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(byteOf(a), byteOf(b)), i16x8.narrow_i32x4_u(byteOf(c), byteOf(d))));
}

/** Beside 1.5 * 2^23 a float32 has steps of 1: what is added to that stands in its lowest bits, negative numbers too. */
@inline
function byteOf(x: v128): v128 {
  return v128.and(f32x4.add(x, f32x4.splat(12582912)), i32x4.splat(255));
}

/** What is lost where `code` stands for `x`. */
@inline
export function lostLanes(x: v128, code: v128, zero: v128, scale: v128): v128 {
  return f32x4.sub(x, f32x4.mul(f32x4.sub(code, zero), scale));
}

/** Squares of 16 floats, summed up to two float64. */
@inline
export function squares(a: v128, b: v128, c: v128, d: v128): v128 {
  const sum = f32x4.add(
    f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)),
    f32x4.add(f32x4.mul(c, c), f32x4.mul(d, d)),
  );
  return f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(high(sum)));
}
