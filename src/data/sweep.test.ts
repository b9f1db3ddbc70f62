import assert from 'node:assert/strict';
import { getHeapStatistics } from 'node:v8';
import { sweep } from './sweep';

describe('data/sweep', () => {
  it('frees tensors that nobody holds any more, long before V8 would, and no others', () => {
    const outside = (): number => getHeapStatistics().external_memory;
    sweep();
    const [before, held] = [outside(), new Float32Array(1000).fill(7)];
    let most = 0;
    for (let index = 0; index < 300; index++) {
      assert.equal(new Float32Array(150_000).fill(index)[149_999], index);
      sweep();
      most = Math.max(most, outside() - before);
    }
    assert.ok(most < 30e6, `${(most / 1e6).toFixed(0)} MB at a time of the 180 that were used`);
    assert.ok(held.every((value) => value === 7));
  });
});
