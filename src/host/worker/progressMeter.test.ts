import assert from 'node:assert/strict';
import { ProgressMeter } from './progressMeter';

describe('host/worker/progressMeter', () => {
  it('advances by differences, never back, never over the end', () => {
    const meter = new ProgressMeter();
    const increments = [0.25, 0.5, 0.4, Number.NaN, 1.5].map(
      (fraction) => meter.advance({ fraction, message: '' }).increment,
    );
    assert.deepEqual(increments, [25, 25, 0, 0, 50]);
  });

  it('names the node once', () => {
    const meter = new ProgressMeter();
    assert.equal(
      meter.advance({ fraction: 0.425, message: 'Quantizing', node: 'conv1' }).message,
      '42 % · Quantizing · conv1',
    );
    assert.equal(
      meter.advance({ fraction: 0.425, message: 'Measuring conv1', node: 'conv1' }).message,
      '42 % · Measuring conv1',
    );
  });
});
