import assert from 'node:assert/strict';
import { inSlices } from './slices';

describe('host/text/slices', () => {
  it('goes through all items in order, and lets others have a turn meanwhile', async () => {
    const seen: number[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const items = Array.from({ length: 640 }, (_, index) => index);
    await inSlices(items, (item, index) => {
      assert.equal(item, index);
      seen.push(item);
      // A fifth of a millisecond of work.
      for (const end = performance.now() + 0.2; performance.now() < end;);
    });
    clearInterval(timer);
    assert.deepEqual(seen, items);
    assert.ok(turns >= 3, `${turns} turns`);
  });
});
