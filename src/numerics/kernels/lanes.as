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
