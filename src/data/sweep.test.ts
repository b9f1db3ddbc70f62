import assert from 'node:assert/strict';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sweep } from './sweep';

const outside = (): number => getHeapStatistics().external_memory;

/** Uses 180 MB, 0.6 MB at a time; gives how much of it was there at once, in bytes. */
function mostAtOnce(): number {
  sweep();
  const before = outside();
  let most = 0;
  for (let index = 0; index < 300; index++) {
    assert.equal(new Float32Array(150_000).fill(index)[149_999], index);
    sweep();
    most = Math.max(most, outside() - before);
  }
  return most;
}

describe('data/sweep', () => {
  it('frees tensors that nobody holds any more, long before V8 would, and no others', () => {
    const held = new Float32Array(1000).fill(7);
    const most = mostAtOnce();
    assert.ok(most < 30e6, `${(most / 1e6).toFixed(0)} MB at a time`);
    assert.ok(held.every((value) => value === 7));
  });

  it('does so too after V8 freed by itself what was there at the last look', () => {
    const large = [new Float32Array(25e6)];
    sweep();
    large.length = 0;
    setFlagsFromString('--expose-gc');
    (runInNewContext('globalThis.gc') as () => void)();
    setFlagsFromString('--no-expose-gc');
    const most = mostAtOnce();
    assert.ok(most < 30e6, `${(most / 1e6).toFixed(0)} MB at a time`);
  });
});
