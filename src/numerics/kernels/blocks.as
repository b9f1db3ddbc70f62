// Weights in blocks that share a scale and a zero point (numerics/blocks).
import { addTo, high, highest, isCloseCall, lostLanes, lowest, squares, storeBytes, total } from './lanes';

/** Least and largest value of each block of `length` values (a multiple of 8). */
export function rangeOfBlocks(from: usize, count: i32, length: i32, low: usize, high: usize): void {
  for (let block = 0; block < count; block++) {
    const first = v128.load32_splat(from);
    let least = first;
    let most = first;
    let least1 = first;
    let most1 = first;
    for (let i = 0; i < length; i += 8) {
      const x = v128.load(from);
      const y = v128.load(from, 16);
      from += 32;
      least = f32x4.pmin(least, x);
      most = f32x4.pmax(most, x);
      least1 = f32x4.pmin(least1, y);
      most1 = f32x4.pmax(most1, y);
    }
    store<f32>(low, lowest(f32x4.pmin(least, least1)));
    store<f32>(high, highest(f32x4.pmax(most, most1)));
    low += 4;
    high += 4;
  }
}

/** to[r · length + k] = from[k · stride + r], for `rows` r (a multiple of 4) and `length` k (a multiple of 4). */
export function turn(from: usize, stride: i32, to: usize, rows: i32, length: i32): void {
  const line: usize = <usize>stride * 4;
  const column: usize = <usize>length * 4;
  for (let r = 0; r < rows; r += 4) {
    let source = from + <usize>r * 4;
    let target = to + <usize>r * column;
    for (let k = 0; k < length; k += 4) {
      const a = v128.load(source);
      const b = v128.load(source + line);
      const c = v128.load(source + 2 * line);
      const d = v128.load(source + 3 * line);
      const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
      const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
      const ab1 = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const cd1 = i32x4.shuffle(c, d, 2, 6, 3, 7);
      v128.store(target, i64x2.shuffle(ab, cd, 0, 2));
      v128.store(target + column, i64x2.shuffle(ab, cd, 1, 3));
      v128.store(target + 2 * column, i64x2.shuffle(ab1, cd1, 0, 2));
      v128.store(target + 3 * column, i64x2.shuffle(ab1, cd1, 1, 3));
      source += 4 * line;
      target += 16;
    }
  }
}

/**
 * Codes of `count` blocks of `length` values (a multiple of 8): ⌊x / scale + zero + ½⌋ within [0, top]. Scales are float32,
 * zeros bytes. Adds Σ x² and Σ (x − x̂)² to sums[0] and sums[1], good to six digits.
 */
export function encodeBlocks(
  from: usize,
  to: usize,
  count: i32,
  length: i32,
  scales: usize,
  zeros: usize,
  top: i32,
  sums: usize,
): void {
  let signal = f64x2.splat(0);
  let noise = f64x2.splat(0);
  const least = f32x4.splat(0);
  const most = f32x4.splat(<f32>top);
  // As lanes.codeLimit, for values of up to top + 1 steps and one more rounding, of the sum with the zero point.
  const limit = f32x4.splat(<f32>(0.5 - <f64>(top + 1) / 2097152));
  for (let block = 0; block < count; block++) {
    const scale = load<f32>(scales);
    const zero = load<u8>(zeros);
    const size = abs(scale);
    // Squares, and steps, of other sizes are not safe in float32.
    const short = size > 1e-12 && size < 1e12;
    const inverse = 1 / <f64>scale;
    const inverses = f32x4.splat(<f32>inverse);
    const factors = f32x4.splat(scale);
    const middle = f32x4.splat(<f32>zero);
    let i = 0;
    if (short) {
      for (; i + 16 <= length; i += 16) {
        const a = v128.load(from);
        const b = v128.load(from, 16);
        const c = v128.load(from, 32);
        const d = v128.load(from, 48);
        const p = f32x4.add(f32x4.mul(a, inverses), middle);
        const q = f32x4.add(f32x4.mul(b, inverses), middle);
        const r = f32x4.add(f32x4.mul(c, inverses), middle);
        const s = f32x4.add(f32x4.mul(d, inverses), middle);
        if (isCloseCall(p, q, r, s, limit)) {
          for (let k: usize = 0; k < 16; k += 4) {
            encodeFour(from + (k << 2), to + k, scale, inverse, zero, top, sums);
          }
        } else {
          const t = nearestCode(p, least, most);
          const u = nearestCode(q, least, most);
          const v = nearestCode(r, least, most);
          const w = nearestCode(s, least, most);
          storeBytes(to, t, u, v, w);
          const e = lostLanes(a, t, middle, factors);
          const f = lostLanes(b, u, middle, factors);
          const g = lostLanes(c, v, middle, factors);
          const h = lostLanes(d, w, middle, factors);
          signal = f64x2.add(signal, squares(a, b, c, d));
          noise = f64x2.add(noise, squares(e, f, g, h));
        }
        from += 64;
        to += 16;
      }
    }
    for (; i < length; i += 4) {
      encodeFour(from, to, scale, inverse, zero, top, sums);
      from += 16;
      to += 4;
    }
    scales += 4;
    zeros += 1;
  }
  addTo(sums, signal);
  addTo(sums + 8, noise);
}

@inline
function nearestCode(x: v128, least: v128, most: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.nearest(x), least), most);
}

/** Codes of four values, in float64. */
function encodeFour(from: usize, to: usize, scale: f64, inverse: f64, zero: i32, top: i32, sums: usize): void {
  const factor = f64x2.splat(scale);
  const inverses = f64x2.splat(inverse);
  const shift = f64x2.splat(<f64>zero + 0.5);
  const four = v128.load(from);
  const x = f64x2.promote_low_f32x4(four);
  const y = f64x2.promote_low_f32x4(high(four));
  const p = i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.mul(x, inverses), shift));
  const q = i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.mul(y, inverses), shift));
  const codes = i32x4.min_s(i32x4.max_s(i64x2.shuffle(p, q, 0, 2), i32x4.splat(0)), i32x4.splat(top));
  v128.store_lane<u32>(to, i8x16.shuffle(codes, codes, 0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
  const around = i32x4.sub(codes, i32x4.splat(zero));
  const e = f64x2.sub(x, f64x2.mul(f64x2.convert_low_i32x4_s(around), factor));
  const f = f64x2.sub(y, f64x2.mul(f64x2.convert_low_i32x4_s(high(around)), factor));
  addTo(sums, f64x2.add(f64x2.mul(x, x), f64x2.mul(y, y)));
  addTo(sums + 8, f64x2.add(f64x2.mul(e, e), f64x2.mul(f, f)));
}

/**
 * Moves the codes whose rounding was the closest call to their other neighbour, until the error of the sum of each block
 * is within half a step. Otherwise as encodeBlocks(); `errors` has room for `length` float64, `indices` for `length` int32.
 */
export function settleBlocks(
  from: usize,
  codes: usize,
  count: i32,
  length: i32,
  scales: usize,
  zeros: usize,
  top: i32,
  errors: usize,
  indices: usize,
  sums: usize,
): void {
  let signal: f64 = 0;
  let noise: f64 = 0;
  for (let block = 0; block < count; block++) {
    const scale = <f64>load<f32>(scales);
    const inverse = f64x2.splat(1 / scale);
    const middle = i32x4.splat(<i32>load<u8>(zeros));
    let power = f64x2.splat(0);
    let power1 = power;
    let square = power;
    let square1 = power;
    let sum = power;
    let sum1 = power;
    for (let i = 0; i < length; i += 4) {
      const four = v128.load(from + (<usize>i << 2));
      const x = f64x2.promote_low_f32x4(four);
      const y = f64x2.promote_low_f32x4(high(four));
      const bytes = v128.load32_zero(codes + <usize>i);
      const around = i32x4.sub(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)), middle);
      const e = f64x2.sub(f64x2.mul(x, inverse), f64x2.convert_low_i32x4_s(around));
      const f = f64x2.sub(f64x2.mul(y, inverse), f64x2.convert_low_i32x4_s(high(around)));
      v128.store(errors + (<usize>i << 3), e);
      v128.store(errors + (<usize>i << 3), f, 16);
      sum = f64x2.add(sum, e);
      sum1 = f64x2.add(sum1, f);
      square = f64x2.add(square, f64x2.mul(e, e));
      square1 = f64x2.add(square1, f64x2.mul(f, f));
      power = f64x2.add(power, f64x2.mul(x, x));
      power1 = f64x2.add(power1, f64x2.mul(y, y));
    }
    const excess = total(f64x2.add(sum, sum1));
    let squares = total(f64x2.add(square, square1));
    if (abs(excess) > 0.5) squares += move(codes, length, excess, top, errors, indices);
    signal += total(f64x2.add(power, power1));
    noise += squares * scale * scale;
    from += <usize>length << 2;
    codes += <usize>length;
    scales += 4;
    zeros += 1;
  }
  store<f64>(sums, load<f64>(sums) + signal);
  store<f64>(sums + 8, load<f64>(sums + 8) + noise);
}

/** Moves as many codes of one block as its `excess` (in steps) needs, if so many can be; returns what that adds to Σ error². */
function move(codes: usize, length: i32, excess: f64, top: i32, errors: usize, indices: usize): f64 {
  const step: f64 = excess > 0 ? 1 : -1;
  const last: i32 = excess > 0 ? top : 0;
  const wanted = <i32>ceil(abs(excess) - 0.5);
  // Rounding errors are spread evenly over [−½, ½]: a few more than are wanted lie above this, most of the time.
  let spare = <f64>wanted + 2 * sqrt(<f64>wanted) + 2;
  let found = 0;
  for (;;) {
    const threshold = max(0.5 - spare / <f64>length, 0);
    found = candidates(codes, length, step, last, threshold, errors, indices);
    if (found >= wanted || threshold == 0) break;
    spare *= 2;
  }
  let added: f64 = 0;
  for (let moves = min(wanted, found); moves > 0; moves--) {
    let best = 0;
    let most: f64 = 0;
    for (let c = 0; c < found; c++) {
      const gain = load<f64>(errors + (<usize>load<i32>(indices + (<usize>c << 2)) << 3)) * step;
      if (gain > most) {
        most = gain;
        best = c;
      }
    }
    const chosen = <usize>load<i32>(indices + (<usize>best << 2));
    store<u8>(codes + chosen, <u8>(<i32>load<u8>(codes + chosen) + <i32>step));
    store<f64>(errors + (chosen << 3), load<f64>(errors + (chosen << 3)) - step);
    added += 1 - 2 * most;
  }
  return added;
}

/** Lists what errs by more than `threshold` in the direction of `step` and is not at the last code; returns how many there are. */
function candidates(
  codes: usize,
  length: i32,
  step: f64,
  last: i32,
  threshold: f64,
  errors: usize,
  indices: usize,
): i32 {
  const steps = f64x2.splat(step);
  const least = f64x2.splat(threshold);
  let found = 0;
  for (let i = 0; i < length; i += 4) {
    const at = errors + (<usize>i << 3);
    const a = f64x2.gt(f64x2.mul(v128.load(at), steps), least);
    const b = f64x2.gt(f64x2.mul(v128.load(at, 16), steps), least);
    let mask = i64x2.bitmask(a) | (i64x2.bitmask(b) << 2);
    while (mask != 0) {
      const index = i + ctz(mask);
      mask &= mask - 1;
      if (<i32>load<u8>(codes + <usize>index) == last) continue;
      store<i32>(indices + (<usize>found << 2), index);
      found++;
    }
  }
  return found;
}

/** Packs codes of 4 bits, low ones first; `count` is a multiple of 16. */
export function packNibbles(from: usize, to: usize, count: i32): void {
  for (let i = 0; i < count; i += 16) {
    const pairs = v128.load(from);
    const bytes = v128.or(v128.and(pairs, i16x8.splat(15)), i16x8.shr_u(v128.and(pairs, i16x8.splat(0x0f00)), 4));
    v128.store_lane<u64>(to, i8x16.narrow_i16x8_u(bytes, bytes), 0);
    from += 16;
    to += 8;
  }
}
