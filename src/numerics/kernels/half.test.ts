import assert from 'node:assert/strict';
import { float16FromFloat32, float16Noise, float32FromFloat16 } from '../half';
import { Random } from '../random';

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** One value at a time, which never takes the kernels. */
function plain(values: Float32Array, options: { saturate?: boolean; keepNonZero?: boolean }): Uint16Array {
  return Uint16Array.from(values, (_, i) => float16FromFloat32(values.slice(i, i + 1), undefined, options)[0]!);
}

/** Floats of every kind: random bits, ties between float16 neighbours, and what lies around each threshold. */
function awkward(): Float32Array {
  const random = new Random(3);
  const bits: number[] = [];
  for (let i = 0; i < 40_000; i++) bits.push(Math.floor(random.uniform() * 2 ** 32));
  for (let half = 0; half < 0x7c00; half += 7) {
    const [low, high] = float32FromFloat16(Uint16Array.of(half, half + 1));
    const middle = bitsOf(Float32Array.of((low! + high!) / 2))[0]!;
    bits.push(middle - 1, middle, middle + 1, middle | 0x80000000);
  }
  for (const edge of [0, 0x33000000, 0x33800000, 0x38800000, 0x477fe000, 0x477ff000, 0x7f7fffff, 0x7f800000]) {
    for (const sign of [0, 0x80000000]) for (const step of [-1, 0, 1]) bits.push((edge | sign) + step);
  }
  bits.push(0x7fc00000, 0xffc00000, 0x7f812345);
  return new Float32Array(Uint32Array.from(bits, (each) => each >>> 0).buffer);
}

describe('kernels of float16', () => {
  const values = awkward();

  for (const saturate of [false, true]) {
    for (const keepNonZero of [false, true]) {
      it(`store what the plain way stores, saturate ${saturate}, keepNonZero ${keepNonZero}`, () => {
        const options = { saturate, keepNonZero };
        assert.deepEqual(float16FromFloat32(values, undefined, options), plain(values, options));
      });
    }
  }

  it('restore every float16, whatever its place in a vector', () => {
    for (const shift of [0, 3]) {
      const all = Uint16Array.from({ length: 65536 + shift }, (_, i) => i);
      const found = bitsOf(float32FromFloat16(all));
      for (let i = 0; i < all.length; i++) {
        const expected = bitsOf(float32FromFloat16(all.slice(i, i + 1)))[0];
        if (found[i] !== expected) assert.fail(`${all[i]}: ${found[i]} is not ${expected}`);
      }
    }
  });

  it('measure what is lost', () => {
    const options = { saturate: true, keepNonZero: true };
    const stored = float32FromFloat16(float16FromFloat32(values, undefined, options));
    let [signal, noise, clamped] = [0, 0, 0];
    values.forEach((x, i) => {
      if (Math.abs(x) > 65504) clamped += Number.isFinite(x) ? 1 : 0;
      else if (!Number.isNaN(x)) {
        signal += x * x;
        noise += (x - stored[i]!) ** 2;
      }
    });
    const found = float16Noise(values, options);
    assert.equal(found.clamped, clamped);
    assert.ok(Math.abs(found.signal / signal - 1) < 1e-12 && Math.abs(found.noise / noise - 1) < 1e-12);
    const exact = float16Noise(Float32Array.of(1, 0.5, -3, 65504, 0), options);
    assert.deepEqual(exact, { signal: 1 + 0.25 + 9 + 65504 ** 2, noise: 0, clamped: 0 });
  });
});
