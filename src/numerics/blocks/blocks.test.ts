import assert from 'node:assert/strict';
import { Random } from '../random';
import { type BlockCodes, type BlockCoding, type BlockMethod } from './blocks';
import { halfQuadratic } from './hqq';
import { roundToNearest } from './rtn';

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

  it('half-quadratic has the smaller p-norm on blocks of any kind, and never a larger one', () => {
    const random = new Random(7);
    for (const bits of [2, 4, 8] as const) {
      for (const symmetric of [true, false]) {
        for (const length of [16, 32, 128]) {
          const values = random.normals(length * 200).map((x, i) => x ** (i % 3 === 0 ? 3 : 1) * 0.02);
          const coding = { bits, symmetric };
          let [rtn, hqq] = [0, 0];
          const [a, b] = [run(roundToNearest, values, length, coding), run(halfQuadratic(), values, length, coding)];
          for (let block = 0; block < 200; block++) {
            const part = (all: BlockCodes): BlockCodes => ({
              codes: all.codes.subarray(block * length, (block + 1) * length),
              scales: all.scales.subarray(block),
              zeroPoints: all.zeroPoints.subarray(block),
            });
            const own = values.subarray(block * length, (block + 1) * length);
            const [before, after] = [error(own, length, part(a), 0.7), error(own, length, part(b), 0.7)];
            // The cost comes from a table with steps of 1/2048.
            assert.ok(after <= before * 1.01, `${bits} ${length}: ${before} ${after}`);
            rtn += before;
            hqq += after;
          }
          if (bits < 8) assert.ok(hqq < 0.997 * rtn, `${bits} bits, ${length}: ${rtn} → ${hqq}`);
        }
      }
    }
  });
});
