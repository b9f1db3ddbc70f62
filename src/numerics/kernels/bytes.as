// Linear quantization to codes of one byte: what linear.as does, in float32.
import { addTo, codeLimit, isCloseCall, lostLanes, squares, storeBytes } from './lanes';
import { one } from './linear';

/**
 * quantizeRun() to codes of one byte in float32, with the same codes: where float32 might round another way than float64, float64
 * decides. `scale` is a float32 from 2^-40 to 2^40. Sums are good to six digits; of numbers that float32 cannot square they
 * are infinite.
 */
export function quantizeByteRun(
  from: usize,
  to: usize,
  count: i32,
  scale: f32,
  zero: f32,
  least: f32,
  most: f32,
  sums: usize,
): void {
  let signal = f64x2.splat(0);
  let noise = f64x2.splat(0);
  const inverse = <f32>(1 / <f64>scale);
  const inverses = f32x4.splat(inverse);
  const scales = f32x4.splat(scale);
  const zeros = f32x4.splat(zero);
  const low = f32x4.splat(least);
  const top = f32x4.splat(most);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    const p = f32x4.mul(a, inverses);
    const q = f32x4.mul(b, inverses);
    const r = f32x4.mul(c, inverses);
    const s = f32x4.mul(d, inverses);
    if (isCloseCall(p, q, r, s, f32x4.splat(codeLimit))) {
      for (let k: usize = 0; k < 16; k++) {
        one(<f64>load<f32>(from + (k << 2)), to + k, 1, 1 / <f64>scale, scale, zero, least, most, sums);
      }
    } else {
      const t = byteCode(p, zeros, low, top);
      const u = byteCode(q, zeros, low, top);
      const v = byteCode(r, zeros, low, top);
      const w = byteCode(s, zeros, low, top);
      storeBytes(to, t, u, v, w);
      const e = lostLanes(a, t, zeros, scales);
      const f = lostLanes(b, u, zeros, scales);
      const g = lostLanes(c, v, zeros, scales);
      const h = lostLanes(d, w, zeros, scales);
      signal = f64x2.add(signal, squares(a, b, c, d));
      noise = f64x2.add(noise, squares(e, f, g, h));
    }
    from += 64;
    to += 16;
  }
  addTo(sums, signal);
  addTo(sums + 8, noise);
  for (; i < count; i++) {
    one(<f64>load<f32>(from), to, 1, 1 / <f64>scale, scale, zero, least, most, sums);
    from += 4;
    to += 1;
  }
}

/** quantizeByteRun() for `rows` rows of `columns` neighbouring channels, whose parameters (float32) lie one after the other. */
export function quantizeByteRows(
  from: usize,
  to: usize,
  rows: i32,
  columns: i32,
  inverses: usize,
  scales: usize,
  zeros: usize,
  least: f32,
  most: f32,
  sums: usize,
): void {
  let signal = f64x2.splat(0);
  let noise = f64x2.splat(0);
  const low = f32x4.splat(least);
  const top = f32x4.splat(most);
  for (let row = 0; row < rows; row++) {
    let i: usize = 0;
    for (; i + 16 <= <usize>columns; i += 16) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      const c = v128.load(from, 32);
      const d = v128.load(from, 48);
      const at = i << 2;
      const p = f32x4.mul(a, v128.load(inverses + at));
      const q = f32x4.mul(b, v128.load(inverses + at, 16));
      const r = f32x4.mul(c, v128.load(inverses + at, 32));
      const s = f32x4.mul(d, v128.load(inverses + at, 48));
      if (isCloseCall(p, q, r, s, f32x4.splat(codeLimit))) {
        for (let k: usize = 0; k < 64; k += 4) {
          const scale = <f64>load<f32>(scales + at + k);
          const zero = load<f32>(zeros + at + k);
          one(<f64>load<f32>(from + k), to + (k >> 2), 1, 1 / scale, scale, zero, least, most, sums);
        }
      } else {
        const zero0 = v128.load(zeros + at);
        const zero1 = v128.load(zeros + at, 16);
        const zero2 = v128.load(zeros + at, 32);
        const zero3 = v128.load(zeros + at, 48);
        const t = byteCode(p, zero0, low, top);
        const u = byteCode(q, zero1, low, top);
        const v = byteCode(r, zero2, low, top);
        const w = byteCode(s, zero3, low, top);
        storeBytes(to, t, u, v, w);
        const e = lostLanes(a, t, zero0, v128.load(scales + at));
        const f = lostLanes(b, u, zero1, v128.load(scales + at, 16));
        const g = lostLanes(c, v, zero2, v128.load(scales + at, 32));
        const h = lostLanes(d, w, zero3, v128.load(scales + at, 48));
        signal = f64x2.add(signal, squares(a, b, c, d));
        noise = f64x2.add(noise, squares(e, f, g, h));
      }
      from += 64;
      to += 16;
    }
    for (; i < <usize>columns; i++) {
      const scale = <f64>load<f32>(scales + (i << 2));
      one(<f64>load<f32>(from), to, 1, 1 / scale, scale, load<f32>(zeros + (i << 2)), least, most, sums);
      from += 4;
      to += 1;
    }
  }
  addTo(sums, signal);
  addTo(sums + 8, noise);
}

/** Codes of four scaled values as float32. */
@inline
function byteCode(scaled: v128, zero: v128, least: v128, most: v128): v128 {
  return f32x4.pmin(f32x4.pmax(f32x4.add(f32x4.nearest(scaled), zero), least), most);
}
