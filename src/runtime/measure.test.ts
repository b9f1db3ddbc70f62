import assert from 'node:assert/strict';
import { Random } from '../numerics/random';
import { LapidaryError } from '../protocol/errors';
import { compareLatency, differs, isSettled, measureTogether, summarize } from './measure';
import { type InferenceSession } from './port';

/** A session that keeps the processor busy for a while and notes that it ran. */
function fakeSession(name: string, milliseconds: () => number, log: string[]): InferenceSession {
  return {
    inputs: [],
    outputs: [],
    run: () => {
      log.push(name);
      const end = performance.now() + milliseconds();
      while (performance.now() < end);
      return Promise.resolve({});
    },
    close: () => Promise.resolve(),
  };
}

describe('runtime/measure', () => {
  it('takes turns, ABBA, after warming up', async () => {
    const log: string[] = [];
    const sessions = ['a', 'b'].map((name) => ({ session: fakeSession(name, () => 0.01, log), feeds: {} }));
    const result = await compareLatency(sessions[0]!, sessions[1]!, { warmups: 1, minRuns: 4, maxRuns: 4 });
    assert.equal(log.join(''), 'ab' + 'abbaabba');
    assert.equal(result.before.runs, 4);
  });

  it('sees a real difference and reports its direction', async () => {
    const log: string[] = [];
    const slow = { session: fakeSession('a', () => 0.6, log), feeds: {} };
    const fast = { session: fakeSession('b', () => 0.2, log), feeds: {} };
    const options = { budgetMs: 60, minRuns: 21 };
    const result = await compareLatency(slow, fast, options);
    assert.ok(result.speedup > 1.5, `speedup ${result.speedup}`);
    assert.ok(result.significant);
    const back = await compareLatency(fast, slow, options);
    assert.ok(back.speedup < 0.5 && back.significant);
  });

  it('stops at the budget, but not before the least number of runs', async () => {
    const contestant = { session: fakeSession('a', () => 5, []), feeds: {} };
    const runs = async (budgetMs: number, minRuns: number): Promise<number> =>
      (await measureTogether([contestant], { budgetMs, minRuns, warmups: 1 }))[0]!.runs;
    assert.equal(await runs(1, 3), 3);
    const many = await runs(50, 1);
    assert.ok(many >= 1 && many <= 12, `${many} runs`);
  });

  it('stops early once it is settled on which side of a ratio two lie', async () => {
    const slow = { session: fakeSession('a', () => 0.3, []), feeds: {} };
    const fast = { session: fakeSession('b', () => 0.1, []), feeds: {} };
    const options = { budgetMs: 1e4, minRuns: 8, maxRuns: 60 };
    const clear = await compareLatency(slow, fast, { ...options, untilRatio: 1 });
    assert.ok(clear.before.runs < 60 && clear.significant && clear.speedup > 1.5, `${clear.before.runs} runs`);
  });

  it('takes no ratio for settled that a run in ten contradicts', () => {
    const after = Array<number>(10).fill(10);
    assert.ok(isSettled(Array<number>(10).fill(12), after, 1.1));
    assert.ok(isSettled(Array<number>(10).fill(10), after, 1.1));
    const mixed = Array.from({ length: 10 }, (_, index) => (index === 3 ? 10.5 : 12));
    assert.ok(!isSettled(mixed, after, 1.1));
    assert.ok(!isSettled([12, 12, 12], [10, 10, 10], 1.1));
  });

  it('can be cancelled', async () => {
    const contestant = { session: fakeSession('a', () => 0, []), feeds: {} };
    const signal = AbortSignal.abort();
    await assert.rejects(measureTogether([contestant], { signal }), (thrown: unknown) => {
      return thrown instanceof LapidaryError && thrown.code === 'cancelled';
    });
  });

  it('gives median and interquartile range', () => {
    assert.deepEqual(summarize([4, 1, 3, 2]), { medianMs: 2.5, iqrMs: 1.5, runs: 4 });
    assert.deepEqual(summarize([5]), { medianMs: 5, iqrMs: 0, runs: 1 });
  });

  it('seldom claims a difference where there is none, whatever the noise', () => {
    const random = new Random(5);
    let claims = 0;
    for (let trial = 0; trial < 300; trial++) {
      // Heavy-tailed noise, as on a busy machine.
      const times = (): number[] =>
        Array.from({ length: 21 }, () => 1 + Math.abs(random.normal() / random.uniform(0.05, 1)));
      if (differs(times(), times())) claims++;
    }
    assert.ok(claims <= 9, `${claims} of 300 claims at 99 % confidence`);
  });

  it('is not misled by a few slow runs', () => {
    const a = Array.from({ length: 21 }, (_, i) => 10 + (i % 3) * 0.1);
    const b = a.map((time, i) => (i % 7 === 0 ? time * 9 : time * 0.8));
    assert.ok(differs(a, b));
    assert.ok(
      !differs(
        a,
        a.map((time, i) => (i % 5 === 0 ? time * 9 : time)),
      ),
    );
  });

  it('claims nothing from too few runs or a difference below 2 %', () => {
    assert.ok(!differs([10, 10, 10], [5, 5, 5]));
    assert.ok(!differs(Array<number>(50).fill(10), Array<number>(50).fill(10.1)));
  });

  it('claims nothing when the interval reaches into the 2 %, however certain it is that there is a difference', () => {
    const a = Array<number>(101).fill(10);
    const b = a.map((_, i) => 10 + i / 200); // 0 to 5 % slower, 2.5 % at the median
    assert.ok(!differs(a, b));
    assert.ok(
      differs(
        a,
        b.map((time) => time + 0.3),
      ),
    );
  });

  it('claims nothing when the medians that are shown contradict the paired runs', () => {
    // In every pair b is faster, but a had most of its runs while the machine was free.
    const a = Array.from({ length: 60 }, (_, i) => (i < 31 ? 10 : 40));
    const b = Array.from({ length: 60 }, (_, i) => (i < 29 ? 9 : i < 31 ? 9.5 : 38));
    assert.ok(differs(a, b));
    const c = Array.from({ length: 60 }, (_, i) => (i < 29 ? 9 : 38));
    assert.ok(!differs(a, c));
  });
});
