import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
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

/** Looks while `large` is held, by nobody else. */
function sweepBeside(large: Float32Array): void {
  sweep();
  assert.equal(large[0], 0);
}

describe('data/sweep', () => {
  it('frees tensors that nobody holds any more, long before V8 would, and no others', () => {
    const held = new Float32Array(1000).fill(7);
    const most = mostAtOnce();
    assert.ok(most < 30e6, `${(most / 1e6).toFixed(0)} MB at a time`);
    assert.ok(held.every((value) => value === 7));
  });

  it('does so too after V8 freed by itself what was there at the last look', async () => {
    const before = outside();
    sweepBeside(new Float32Array(25e6));
    // What was awaited before still lies on the stack.
    await setImmediate();
    setFlagsFromString('--expose-gc');
    (runInNewContext('globalThis.gc') as () => void)();
    setFlagsFromString('--no-expose-gc');
    // Buffers are freed by a thread of V8's.
    while (outside() > before + 50e6) await setImmediate();
    const most = mostAtOnce();
    assert.ok(most < 30e6, `${(most / 1e6).toFixed(0)} MB at a time`);
  });
});
