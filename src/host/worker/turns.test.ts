import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Turns } from './turns';

describe('host/worker/turns', () => {
  it('lets one in at a time, in order, and says who waits', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const visit = async (name: string): Promise<void> => {
      const leave = await turns.enter(undefined, () => seen.push(`${name} waits`));
      seen.push(`${name} in`);
      await setImmediate();
      seen.push(`${name} out`);
      leave();
    };
    await Promise.all([visit('a'), visit('b'), visit('c')]);
    assert.deepEqual(seen, ['b waits', 'c waits', 'a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    await visit('d');
    assert.deepEqual(seen.slice(-2), ['d in', 'd out']);
  });

  it('lets go of one that is cancelled while it waits, and keeps the others waiting', async () => {
    const turns = new Turns();
    const abort = new AbortController();
    const leaveFirst = await turns.enter();
    const second = turns.enter(abort.signal);
    let thirdIsIn = false;
    const third = turns.enter().then((leave) => {
      thirdIsIn = true;
      leave();
    });
    abort.abort();
    (await second)();
    await setImmediate();
    assert.equal(thirdIsIn, false);
    leaveFirst();
    await third;
    assert.equal(thirdIsIn, true);
  });
});
