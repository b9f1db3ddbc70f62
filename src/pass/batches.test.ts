import assert from 'node:assert/strict';
import { batchesWithin } from './batches';

describe('pass/batches', () => {
  const batches = (...sizes: number[]): number[][] => batchesWithin(10, sizes, (size) => size);

  it('fills each batch before the next one begins, in the order given', () => {
    assert.deepEqual(batches(4, 6, 1, 9, 2), [[4, 6], [1, 9], [2]]);
    assert.deepEqual(batches(), []);
  });

  it('gives what is too large a batch of its own', () => {
    assert.deepEqual(batches(3, 50, 3), [[3], [50], [3]]);
  });
});
