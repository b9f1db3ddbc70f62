import assert from 'node:assert/strict';
import { clippedTo, entropyRange, leastErrorRange, percentileRange, type RealRange, wholeRange } from './calibration';
import { Histogram } from './histogram';
import { channelLayout, quantizationParameters, quantizedRange, Quantizer } from './quantize';
import { Random } from './random';

const use = { range: quantizedRange('uint8'), symmetric: false };

function seen(values: Float32Array) {
  const histogram = new Histogram();
  histogram.add(values);
  return histogram.view();
}

/** Mean squared error of real quantization within a range. */
function errorOf(values: Float32Array, { min, max }: RealRange): number {
  const { scale, zeroPoint } = quantizationParameters(min, max, use.range, false);
  const layout = channelLayout([values.length]);
  const quantizer = new Quantizer(layout, Float32Array.of(scale), Int32Array.of(zeroPoint), use.range);
  return quantizer.noise(values).noise / values.length;
}

/** 100 000 normal numbers and one outlier of 40: what NUMERICS.md measured the stock methods on. */
const outlier = Float32Array.from([...new Random(1).normals(100_000), 40]);

describe('numerics/calibration', () => {
  it('covers all that was seen, and 0, with minimum and maximum', () => {
    assert.deepEqual(wholeRange(seen(Float32Array.of(2, 5))), { min: 0, max: 5 });
    assert.deepEqual(wholeRange(seen(Float32Array.of(-2, -5))), { min: -5, max: 0 });
  });

  it('clips what was seen to what matters', () => {
    const view = seen(Float32Array.of(-40, -20, -3.5, -1, 0, 2, 9));
    const clipped = clippedTo(view, { min: -3, max: 6 });
    assert.deepEqual([clipped.min, clipped.max, clipped.total], [-3, 6, 7]);
    assert.equal(
      clipped.counts.reduce((sum, count) => sum + count, 0),
      7,
    );
    assert.equal(clipped.counts[0], 3);
    assert.equal(clipped.counts.at(-1), 1);
    assert.equal(clippedTo(view, { min: -Infinity, max: Infinity }), view);
  });

  it('leaves out the tails with percentiles', () => {
    const values = Float32Array.from({ length: 10_001 }, (_, index) => index - 5000);
    const { min, max } = percentileRange(seen(values), 90);
    assert.ok(Math.abs(min + 4500) < 10 && Math.abs(max - 4500) < 10, `${min} ${max}`);
    assert.deepEqual(percentileRange(seen(values), 100), { min: -5000, max: 5000 });
  });

  it('is not misled by an outlier when it minimizes entropy; least error weighs it', () => {
    const { max } = entropyRange(seen(outlier), use);
    assert.ok(max > 2.5 && max < 10, `${max}`);
    const least = leastErrorRange(seen(outlier), use);
    assert.ok(least.max > 20 && least.max < 39, `${least.max}`);
  });

  it('finds a range whose real error no other range of the same kind beats by much', () => {
    for (const values of [outlier, outlier.map(Math.abs), new Random(3).uniforms(50_000, -1, 3)]) {
      const found = errorOf(values, leastErrorRange(seen(values), use));
      const whole = wholeRange(seen(values));
      for (let part = 0.05; part <= 1; part += 0.05) {
        const other = errorOf(values, { min: whole.min * part, max: whole.max * part });
        assert.ok(found <= other * 1.02, `${found} against ${other} at ${part}`);
      }
    }
  });

  it('takes the whole of a flat distribution, and of nothing', () => {
    const flat = seen(new Random(4).uniforms(50_000, -2, 2));
    for (const { min, max } of [leastErrorRange(flat, use), entropyRange(flat, use)]) {
      assert.ok(min < -1.9 && max > 1.9, `${min} ${max}`);
    }
    const nothing = seen(new Float32Array(10));
    for (const range of [leastErrorRange(nothing, use), entropyRange(nothing, use), percentileRange(nothing, 99)]) {
      assert.deepEqual({ min: range.min + 0, max: range.max + 0 }, { min: 0, max: 0 });
    }
  });

  it('keeps ranges symmetric where codes are, and does not cut 16-bit ranges', () => {
    const symmetric = leastErrorRange(seen(outlier), {
      range: quantizedRange('int8', { symmetric: true }),
      symmetric: true,
    });
    assert.ok(symmetric.max < 39);
    const wide = leastErrorRange(seen(outlier), { range: quantizedRange('uint16'), symmetric: false });
    assert.ok(wide.max > 30, `${wide.max}`);
  });
});
