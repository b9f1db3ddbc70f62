import assert from 'node:assert/strict';
import { Histogram, histogramBins } from './histogram';
import { Random } from './random';

const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0);

describe('numerics/histogram', () => {
  it('counts every number into the bin it belongs to, in whatever portions they come', () => {
    const values = new Random(1).normals(20_000).map((x) => x * 3 + 1);
    const once = new Histogram();
    once.add(values);
    const parts = new Histogram();
    // Small numbers first, so that bins have to double.
    const sorted = values.slice().sort((a, b) => Math.abs(a) - Math.abs(b));
    for (let at = 0; at < sorted.length; at += 777) parts.add(sorted.subarray(at, at + 777));
    for (const histogram of [once, parts]) {
      const { counts, start, width, min, max, total } = histogram.view();
      assert.equal(total, values.length);
      assert.equal(sum(counts), values.length);
      assert.equal(min, Math.min(...values));
      assert.equal(max, Math.max(...values));
      const expected = new Float64Array(counts.length);
      for (const x of values) expected[Math.floor((x - start) / width)]!++;
      assert.deepEqual(counts, expected);
      assert.ok(counts.length > 1000, `${counts.length} bins are in use`);
    }
  });

  it('keeps its size when numbers get a million times larger, on either side', () => {
    const histogram = new Histogram();
    histogram.add(new Random(2).normals(1000));
    histogram.add(Float32Array.of(-1e6));
    histogram.add(Float32Array.of(3e6, 0));
    const { counts, start, width, total } = histogram.view();
    assert.equal(total, 1003);
    assert.equal(sum(counts), 1003);
    assert.ok(counts.length <= histogramBins);
    assert.ok(start <= -1e6 && start + counts.length * width > 3e6);
    assert.ok(counts.length * width < 8.1e6, 'no wider than twice what is needed');
  });

  it('counts zeros that come first, and passes over what is no number', () => {
    const histogram = new Histogram();
    histogram.add(new Float32Array(5));
    assert.deepEqual(histogram.view().total, 5);
    histogram.add(Float32Array.of(NaN, 2, Infinity, -1));
    histogram.add(Float32Array.of(NaN));
    const { min, max, total, counts, start, width } = histogram.view();
    assert.deepEqual([min, max, total, histogram.nonFinite], [-1, 2, 7, 3]);
    assert.equal(counts[Math.floor((0 - start) / width)], 5);
  });

  it('has nothing to say before the first number', () => {
    assert.deepEqual(
      { ...new Histogram().view(), counts: [] },
      { counts: [], start: 0, width: 1, min: 0, max: 0, total: 0 },
    );
  });
});
