import assert from 'node:assert/strict';
import { tensorOf } from '../../test/support/tensors';
import { describe as describeTensor } from './weights';

describe('jobs/weights', () => {
  it('describes the numbers of a tensor', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1 : -1) * ((i % 10) + 1));
    values[0] = 0;
    values[999] = 500;
    const report = describeTensor('w', tensorOf('w', 'float', [1000], values));
    assert.deepEqual([report.min, report.max, report.zeros, report.outliers], [-10, 500, 0.001, 0.001]);
    const mean = values.reduce((sum, x) => sum + x, 0) / 1000;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 1000;
    assert.ok(Math.abs(report.mean - mean) < 1e-6);
    assert.ok(Math.abs(report.std - Math.sqrt(variance)) < 1e-6);
    assert.equal(report.histogram.length, 64);
    assert.equal(
      report.histogram.reduce((sum, count) => sum + count, 0),
      1000,
    );
    assert.equal(report.histogram.at(-1), 1);
  });

  it('keeps NaN and infinities apart', () => {
    const report = describeTensor('w', tensorOf('w', 'float', [4], [1, NaN, Infinity, 3]));
    assert.deepEqual([report.min, report.max, report.mean, report.nonFinite], [1, 3, 2, 2]);
  });

  it('describes codes of quantized tensors, and tensors of one value', () => {
    const codes = describeTensor('q', tensorOf('q', 'int8', [4], [-128, 0, 0, 127]));
    assert.deepEqual([codes.min, codes.max, codes.zeros], [-128, 127, 0.5]);
    const same = describeTensor('s', tensorOf('s', 'float', [3], [2, 2, 2]));
    assert.deepEqual([same.std, same.histogram[0]], [0, 3]);
  });
});
