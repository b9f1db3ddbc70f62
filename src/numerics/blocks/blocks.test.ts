import assert from 'node:assert/strict';
import { Random } from '../random';
import { type BlockCodes, type BlockCoding, type BlockMethod } from './blocks';
import { halfQuadratic } from './hqq';
import { roundToNearest } from './rtn';
import { keepingSums } from './sums';

function run(method: BlockMethod, values: Float32Array, length: number, coding: BlockCoding): BlockCodes {
  const count = values.length / length;
  const out = {
    codes: new Uint8Array(values.length),
    scales: new Float32Array(count),
    zeroPoints: new Uint8Array(count),
  };
  method
    .start({ rows: count, columns: length, coding })
    .quantize({ values, count, length }, out, { signal: 0, noise: 0 });
  return out;
}

/** Σ|x − x̂|^p. */
function error(values: Float32Array, length: number, { codes, scales, zeroPoints }: BlockCodes, p: number): number {
  return values.reduce((sum, x, i) => {
    const block = Math.floor(i / length);
    return sum + Math.abs(x - (codes[i]! - zeroPoints[block]!) * scales[block]!) ** p;
  }, 0);
}

describe('numerics/blocks', () => {
  it('rounds to the nearest code: the value of largest magnitude is exact, all 16 codes are in reach', () => {
    const values = Float32Array.of(-0.8, -0.7, 0.31, 0, 0.1, 0.04, 0.7, 0.16);
    const { codes, scales, zeroPoints } = run(roundToNearest, values, 8, { bits: 4, symmetric: true });
    assert.deepEqual([...codes], [0, 1, 11, 8, 9, 8, 15, 10]);
    assert.deepEqual([Math.fround(0.1), 8], [scales[0], zeroPoints[0]]);
    // A positive largest value: the scale is negative, so that it gets code 0 too.
    const turned = run(
      roundToNearest,
      values.map((x) => -x),
      8,
      { bits: 4, symmetric: true },
    );
    assert.equal(turned.scales[0], Math.fround(-0.1));
    assert.deepEqual([...turned.codes], [...codes]);
  });

  it('uses the whole range of asymmetric blocks, with 0 exact', () => {
    const values = Float32Array.of(0.2, 0.9, 3, 1.1, 0, 2.2, 0.4, 1.6);
    const { codes, scales, zeroPoints } = run(roundToNearest, values, 8, { bits: 4, symmetric: false });
    assert.deepEqual([scales[0], zeroPoints[0], codes[2], codes[4]], [Math.fround(0.2), 0, 15, 0]);
    const low = run(
      roundToNearest,
      values.map((x) => -x),
      8,
      { bits: 4, symmetric: false },
    );
    assert.deepEqual([low.zeroPoints[0], low.codes[2], low.codes[4]], [15, 0, 15]);
  });

  it('stores blocks of zeros as zeros', () => {
    for (const method of [roundToNearest, halfQuadratic()]) {
      for (const symmetric of [true, false]) {
        const values = new Float32Array(32);
        const found = run(method, values, 16, { bits: 4, symmetric });
        assert.equal(error(values, 16, found, 1), 0);
        assert.ok(found.scales.every((scale) => Number.isFinite(scale) && scale !== 0));
      }
    }
  });

  it('rounds scales to float16 before codes are chosen, when they are stored so', () => {
    const values = new Random(1).normals(64);
    for (const method of [roundToNearest, halfQuadratic()]) {
      const { scales } = run(method, values, 32, { bits: 4, symmetric: true, halfScales: true });
      // 11 bits of significand.
      for (const scale of scales) assert.equal(Math.fround(scale * 2 ** 24) % 1, 0);
    }
  });

  it('half-quadratic has the smaller p-norm, and unit gain: what is lost is orthogonal to the weights', () => {
    const random = new Random(7);
    for (const bits of [2, 4] as const) {
      for (const symmetric of [true, false]) {
        for (const length of [32, 128]) {
          const values = random.normals(length * 200).map((x) => x * 0.02);
          const coding = { bits, symmetric };
          const [rtn, hqq] = [
            run(roundToNearest, values, length, coding),
            run(halfQuadratic(), values, length, coding),
          ];
          const [before, after] = [error(values, length, rtn, 0.7), error(values, length, hqq, 0.7)];
          // At 2 bits unit gain costs more than that.
          if (bits === 4) assert.ok(after < 0.99 * before, `${bits} bits, ${length}: ${before} → ${after}`);
          for (let block = 0; block < 200; block++) {
            let [power, product] = [0, 0];
            for (let i = block * length; i < (block + 1) * length; i++) {
              power += values[i]! ** 2;
              product += values[i]! * (hqq.codes[i]! - hqq.zeroPoints[block]!) * hqq.scales[block]!;
            }
            assert.ok(Math.abs(product / power - 1) < 1e-5);
          }
        }
      }
    }
  });

  it('keeps the sum of each block within half a step, and tells the noise', () => {
    const values = new Random(8).normals(32 * 300);
    for (const bits of [4, 2] as const) {
      for (const method of [roundToNearest, halfQuadratic()]) {
        const coding = { bits, symmetric: false };
        const noise = { signal: 0, noise: 0 };
        const [codes, scales, zeroPoints] = [new Uint8Array(values.length), new Float32Array(300), new Uint8Array(300)];
        const out = { codes, scales, zeroPoints };
        const panel = { values, count: 300, length: 32 };
        keepingSums(method).start({ rows: 300, columns: 32, coding }).quantize(panel, out, noise);
        const plain = run(method, values, 32, coding);
        let moved = 0;
        for (let block = 0; block < 300; block++) {
          let excess = 0;
          for (let i = block * 32; i < (block + 1) * 32; i++) {
            excess += values[i]! / scales[block]! - (codes[i]! - zeroPoints[block]!);
            moved += Math.abs(codes[i]! - plain.codes[i]!);
          }
          assert.ok(Math.abs(excess) <= 0.5 + 1e-4, `${excess}`);
        }
        assert.ok(moved > 100);
        assert.ok(Math.abs(noise.noise / error(values, 32, out, 2) - 1) < 1e-6);
      }
    }
  });
});
