// Ranges of channels and linear quantization: real = scale · (code − zero).
import { addTo, high, highest, lowest } from './lanes';

/** Widens low[0] and high[0] (float32) to hold `count` values. NaN is passed over. */
export function rangeOfRun(from: usize, count: i32, low: usize, high: usize): void {
  let least = v128.load32_splat(low);
  let most = v128.load32_splat(high);
  let least1 = least;
  let most1 = most;
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    const x = v128.load(from);
    const y = v128.load(from, 16);
    from += 32;
    // pmin(a, b) = b < a ? b : a, which is a when b is NaN.
    least = f32x4.pmin(least, x);
    most = f32x4.pmax(most, x);
    least1 = f32x4.pmin(least1, y);
    most1 = f32x4.pmax(most1, y);
  }
  for (; i < count; i++) {
    const x = v128.load32_splat(from);
    from += 4;
    least = f32x4.pmin(least, x);
    most = f32x4.pmax(most, x);
  }
  store<f32>(low, lowest(f32x4.pmin(least, least1)));
  store<f32>(high, highest(f32x4.pmax(most, most1)));
}

/** Widens low[i] and high[i] to hold the i-th value of each of `rows` rows of `columns`: neighbours are of neighbouring channels. */
export function rangeOfRows(from: usize, rows: i32, columns: i32, low: usize, high: usize): void {
  const line = <usize>columns << 2;
  let i = 0;
  for (; i + 16 <= columns; i += 16) {
    let least0 = v128.load(low);
    let least1 = v128.load(low, 16);
    let least2 = v128.load(low, 32);
    let least3 = v128.load(low, 48);
    let most0 = v128.load(high);
    let most1 = v128.load(high, 16);
    let most2 = v128.load(high, 32);
    let most3 = v128.load(high, 48);
    let at = from;
    for (let row = 0; row < rows; row++) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      const c = v128.load(at, 32);
      const d = v128.load(at, 48);
      at += line;
      least0 = f32x4.pmin(least0, a);
      least1 = f32x4.pmin(least1, b);
      least2 = f32x4.pmin(least2, c);
      least3 = f32x4.pmin(least3, d);
      most0 = f32x4.pmax(most0, a);
      most1 = f32x4.pmax(most1, b);
      most2 = f32x4.pmax(most2, c);
      most3 = f32x4.pmax(most3, d);
    }
    v128.store(low, least0);
    v128.store(low, least1, 16);
    v128.store(low, least2, 32);
    v128.store(low, least3, 48);
    v128.store(high, most0);
    v128.store(high, most1, 16);
    v128.store(high, most2, 32);
    v128.store(high, most3, 48);
    from += 64;
    low += 64;
    high += 64;
  }
  for (; i < columns; i++) {
    let least = load<f32>(low);
    let most = load<f32>(high);
    let at = from;
    for (let row = 0; row < rows; row++) {
      const x = load<f32>(at);
      at += line;
      if (x < least) least = x;
      if (x > most) most = x;
    }
    store<f32>(low, least);
    store<f32>(high, most);
    from += 4;
    low += 4;
    high += 4;
  }
}

/** Codes of two values as float64: round(x · inverse) + zero, clamped to [least, most]; NaN stays NaN. */
@inline
function codeLanes(x: v128, inverse: v128, zero: v128, least: v128, most: v128): v128 {
  const code = f64x2.add(f64x2.nearest(f64x2.mul(x, inverse)), zero);
  return f64x2.pmin(f64x2.pmax(code, least), most);
}

/** Stores the codes of 4 values, cut to `width` bytes. */
@inline
function storeCodes(to: usize, a: v128, b: v128, width: i32): void {
  const low = i32x4.trunc_sat_f64x2_s_zero(a);
  const up = i32x4.trunc_sat_f64x2_s_zero(b);
  if (width == 1) v128.store_lane<u32>(to, i8x16.shuffle(low, up, 0, 4, 16, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
  else v128.store_lane<u64>(to, i8x16.shuffle(low, up, 0, 1, 4, 5, 16, 17, 20, 21, 0, 0, 0, 0, 0, 0, 0, 0), 0);
}

/** Quantizes `count` values of one channel to codes of `width` bytes; adds Σ x² and Σ (x − x̂)² to sums[0] and sums[1]. */
export function quantizeRun(
  from: usize,
  to: usize,
  count: i32,
  width: i32,
  inverse: f64,
  scale: f64,
  zero: f64,
  least: f64,
  most: f64,
  sums: usize,
): void {
  let signal = f64x2.splat(0);
  let noise = f64x2.splat(0);
  const inverses = f64x2.splat(inverse);
  const scales = f64x2.splat(scale);
  const zeros = f64x2.splat(zero);
  const low = f64x2.splat(least);
  const top = f64x2.splat(most);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(from);
    const x = f64x2.promote_low_f32x4(four);
    const y = f64x2.promote_low_f32x4(high(four));
    const p = codeLanes(x, inverses, zeros, low, top);
    const q = codeLanes(y, inverses, zeros, low, top);
    storeCodes(to, p, q, width);
    const e = f64x2.sub(x, f64x2.mul(f64x2.sub(p, zeros), scales));
    const f = f64x2.sub(y, f64x2.mul(f64x2.sub(q, zeros), scales));
    signal = f64x2.add(signal, f64x2.add(f64x2.mul(x, x), f64x2.mul(y, y)));
    noise = f64x2.add(noise, f64x2.add(f64x2.mul(e, e), f64x2.mul(f, f)));
    from += 16;
    to += 4 * width;
  }
  addTo(sums, signal);
  addTo(sums + 8, noise);
  for (; i < count; i++) {
    one(<f64>load<f32>(from), to, width, inverse, scale, zero, least, most, sums);
    from += 4;
    to += width;
  }
}

/** quantizeRun() for neighbours of neighbouring channels, whose parameters (float64) lie one after the other. */
export function quantizeChannels(
  from: usize,
  to: usize,
  count: i32,
  width: i32,
  inverses: usize,
  scales: usize,
  zeros: usize,
  least: f64,
  most: f64,
  sums: usize,
): void {
  let signal = f64x2.splat(0);
  let noise = f64x2.splat(0);
  const low = f64x2.splat(least);
  const top = f64x2.splat(most);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(from);
    const x = f64x2.promote_low_f32x4(four);
    const y = f64x2.promote_low_f32x4(high(four));
    const zero = v128.load(zeros);
    const zero1 = v128.load(zeros, 16);
    const p = codeLanes(x, v128.load(inverses), zero, low, top);
    const q = codeLanes(y, v128.load(inverses, 16), zero1, low, top);
    storeCodes(to, p, q, width);
    const e = f64x2.sub(x, f64x2.mul(f64x2.sub(p, zero), v128.load(scales)));
    const f = f64x2.sub(y, f64x2.mul(f64x2.sub(q, zero1), v128.load(scales, 16)));
    signal = f64x2.add(signal, f64x2.add(f64x2.mul(x, x), f64x2.mul(y, y)));
    noise = f64x2.add(noise, f64x2.add(f64x2.mul(e, e), f64x2.mul(f, f)));
    from += 16;
    to += 4 * width;
    inverses += 32;
    scales += 32;
    zeros += 32;
  }
  addTo(sums, signal);
  addTo(sums + 8, noise);
  for (; i < count; i++) {
    const x = <f64>load<f32>(from);
    one(x, to, width, load<f64>(inverses), load<f64>(scales), load<f64>(zeros), least, most, sums);
    from += 4;
    to += width;
    inverses += 8;
    scales += 8;
    zeros += 8;
  }
}

/** Codes of one value, in float64. */
export function one(
  x: f64,
  to: usize,
  width: i32,
  inverse: f64,
  scale: f64,
  zero: f64,
  least: f64,
  most: f64,
  sums: usize,
): void {
  let q = nearest(x * inverse) + zero;
  q = q < least ? least : q > most ? most : q;
  const code = <i32>q;
  if (width == 1) store<u8>(to, <u8>code);
  else store<u16>(to, <u16>code);
  const e = x - (q - zero) * scale;
  store<f64>(sums, load<f64>(sums) + x * x);
  store<f64>(sums + 8, load<f64>(sums + 8) + e * e);
}
