import assert from 'node:assert/strict';
import { type BlockCodes, type BlockCoding, type MutableNoise, storedScale } from '../blocks/blocks';
import { roundToNearest } from '../blocks/rtn';
import { keepingSums } from '../blocks/sums';
import { packBits, packNibbles } from '../packing';
import { Random } from '../random';
import { roundHalfEven } from '../rounding';
import { turnRows } from '../transpose';

/** Blocks of bells, of whole steps (ties and exact sums), of one sign, of denormals, and of zeros. */
function blocks(count: number, length: number): Float32Array {
  const random = new Random(length);
  return Float32Array.from({ length: count * length }, (_, i) => {
    const x = random.uniform() + random.uniform() - 1;
    return [x, Math.round(x * 16) / 16, Math.abs(x), -Math.abs(x) - 0.1, x * 1e-41, 0][Math.floor(i / length) % 6]!;
  });
}

/** Round to nearest by its definition, one value after the other. */
function defined(values: Float32Array, length: number, coding: BlockCoding): BlockCodes {
  const top = 2 ** coding.bits - 1;
  const count = values.length / length;
  const [scales, zeroPoints] = [new Float32Array(count), new Uint8Array(count)];
  const codes = new Uint8Array(values.length);
  for (let block = 0; block < count; block++) {
    const own = values.subarray(block * length, (block + 1) * length);
    const [low, high] = [Math.min(...own), Math.max(...own)];
    const middle = 2 ** (coding.bits - 1);
    const span = coding.symmetric ? (high > -low ? high : low) / -middle : (Math.max(high, 0) - Math.min(low, 0)) / top;
    const scale = storedScale(span, coding) || 1;
    const zero = coding.symmetric ? middle : Math.min(top, roundHalfEven(-Math.min(low, 0) / scale));
    scales[block] = scale;
    zeroPoints[block] = zero;
    own.forEach((x, i) => {
      codes[block * length + i] = Math.min(top, Math.max(0, Math.trunc(x * (1 / scale) + (zero + 0.5))));
    });
  }
  return { codes, scales, zeroPoints };
}

/** Moves the closest call, one after the other, until the sum of the block is right. */
function settled(values: Float32Array, length: number, coding: BlockCoding): BlockCodes {
  const { codes, scales, zeroPoints } = defined(values, length, coding);
  for (let block = 0; block < scales.length; block++) {
    const at = (i: number): number => block * length + i;
    const errors = Array.from({ length }, (_, i) => {
      return values[at(i)]! * (1 / scales[block]!) - (codes[at(i)]! - zeroPoints[block]!);
    });
    // In the order of the lanes, so that sums of half a step are the same.
    const lane = (k: number): number => errors.filter((_, i) => i % 4 === k).reduce((sum, each) => sum + each, 0);
    let excess = lane(0) + lane(2) + (lane(1) + lane(3));
    while (Math.abs(excess) > 0.5) {
      const step = Math.sign(excess);
      const last = step > 0 ? 2 ** coding.bits - 1 : 0;
      let best = -1;
      errors.forEach((error, i) => {
        const free = error * step > 0 && codes[at(i)] !== last;
        if (free && (best < 0 || error * step > errors[best]! * step)) best = i;
      });
      if (best < 0) break;
      codes[at(best)] = codes[at(best)]! + step;
      errors[best] = errors[best]! - step;
      excess -= step;
    }
  }
  return { codes, scales, zeroPoints };
}

function noiseOf(values: Float32Array, length: number, { codes, scales, zeroPoints }: BlockCodes): MutableNoise {
  const sums = { signal: 0, noise: 0 };
  values.forEach((x, i) => {
    const block = Math.floor(i / length);
    sums.signal += x * x;
    sums.noise += (x - (codes[i]! - zeroPoints[block]!) * scales[block]!) ** 2;
  });
  return sums;
}

describe('kernels of blocks', () => {
  for (const [count, length] of [
    [60, 8],
    [3000, 32],
    [700, 128],
    [12, 1000],
    [12, 8192],
    // These go the plain way.
    [60, 10],
    [6, 8200],
  ] as const) {
    for (const bits of [4, 2, 8] as const) {
      for (const symmetric of [true, false]) {
        const name = `${count} x ${length}, ${bits} bits, ${symmetric ? 'symmetric' : 'with zero points'}`;
        const coding = { bits, symmetric };
        const values = blocks(count, length);
        for (const [method, reference, what] of [
          [roundToNearest, defined, 'nearest'],
          [keepingSums(roundToNearest), settled, 'sums'],
        ] as const) {
          it(`${what}: ${name}`, () => {
            const out = {
              codes: new Uint8Array(values.length),
              scales: new Float32Array(count),
              zeroPoints: new Uint8Array(count),
            };
            const noise = { signal: 0, noise: 0 };
            method.start({ rows: count, columns: length, coding }).quantize({ values, count, length }, out, noise);
            assert.deepEqual(out, reference(values, length, coding));
            const expected = noiseOf(values, length, out);
            // What is only rounded is measured in float32.
            const digits = what === 'nearest' ? 1e-6 : 1e-9;
            assert.ok(Math.abs(noise.signal / expected.signal - 1) < digits);
            assert.ok(Math.abs(noise.noise - expected.noise) <= digits * expected.noise, `${noise.noise}`);
          });
        }
      }
    }
  }

  it('show NaN and infinities in the noise', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const method of [roundToNearest, keepingSums(roundToNearest)]) {
        const values = blocks(2, 16);
        values[20] = bad;
        const out = { codes: new Uint8Array(32), scales: new Float32Array(2), zeroPoints: new Uint8Array(2) };
        const noise = { signal: 0, noise: 0 };
        const quantizer = method.start({ rows: 2, columns: 16, coding: { bits: 4, symmetric: true } });
        quantizer.quantize({ values, count: 2, length: 16 }, out, noise);
        assert.ok(!Number.isFinite(noise.signal + noise.noise), `${bad}: ${noise.signal} ${noise.noise}`);
      }
    }
  });

  it('pack codes of 4 bits', () => {
    const random = new Random(1);
    for (const count of [2, 30, 1024, 300_000]) {
      const codes = Uint8Array.from({ length: count }, () => Math.floor(random.uniform() * 16));
      assert.deepEqual(packNibbles(codes, count).slice(), packBits(codes, 4));
    }
  });

  it('turn parts of a matrix', () => {
    const [stride, lines] = [1037, 160];
    const matrix = Float32Array.from({ length: stride * lines }, (_, i) => i);
    for (const [rows, length] of [
      [512, 128],
      [5, 32],
      [13, 6],
      [1000, 100],
      [1, 160],
    ] as const) {
      const [first, start] = [2, 3 + 2 * stride];
      const to = new Float32Array(rows * length);
      turnRows(matrix, start, stride, to, rows, Math.min(length, lines - first));
      for (let r = 0; r < rows; r++) {
        const used = Math.min(length, lines - first);
        for (let k = 0; k < used; k++) assert.equal(to[r * used + k], start + k * stride + r);
      }
    }
  });
});
