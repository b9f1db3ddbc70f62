import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { type Model } from '../../graph/model';
import { LapidaryError } from '../../protocol/errors';
import { type Bounds, type Exactness, keepExact, type Try, unbounded } from './keepExact';

const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** Makes the edits that the bounds allow, and notes them on the model, for the judge. */
function attempt({ blocked, limit }: Bounds): Try {
  const model = build({ inputs: { x: ['float', [1]] } })
    .relu('x', 'y')
    .output('y')
    .model();
  const edits = all.filter((key) => !blocked.has(key)).slice(0, limit);
  model.metadata.set('edits', edits.join());
  return { model, edits };
}

/** A judge for whom a model differs as soon as one of these edits was made. */
function exactness(wrong: readonly string[], given: Partial<Exactness> = {}): Exactness {
  const made = (model: Model): string[] => (model.metadata.get('edits') ?? '').split(',');
  return {
    judge: {
      differenceOf: (model) => Promise.resolve(made(model).some((key) => wrong.includes(key)) ? 'far off' : undefined),
    },
    signal: new AbortController().signal,
    mostCulprits: 2,
    giveUp: (verdict) => new LapidaryError('unsupported', `Changed (${verdict}).`),
    ...given,
  };
}

describe('pass/sameness/keepExact', () => {
  it('keeps everything that is exact, and leaves out what is not', async () => {
    for (const wrong of [[], ['a'], ['d'], ['g'], ['b', 'f']]) {
      const { outcome, undone } = await keepExact(attempt(unbounded), attempt, exactness(wrong));
      assert.deepEqual(
        outcome.edits,
        all.filter((key) => !wrong.includes(key)),
      );
      assert.deepEqual(
        [...undone],
        wrong.map((key) => [key, 'far off']),
      );
    }
  });

  it('gives a model up when too many edits are wrong, or when it differs without any', async () => {
    const tooMany = keepExact(attempt(unbounded), attempt, exactness(['a', 'b', 'c']));
    await assert.rejects(tooMany, { code: 'unsupported', message: 'Changed (far off).' });
    const judge = { differenceOf: () => Promise.resolve('always') };
    const anyway = keepExact(attempt({ ...unbounded, limit: 0 }), attempt, exactness([], { judge }));
    await assert.rejects(anyway, { code: 'unsupported', message: 'Changed (always).' });
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const judge = {
      differenceOf: () => {
        abort.abort();
        return Promise.resolve('far off');
      },
    };
    const cancelled = keepExact(attempt(unbounded), attempt, exactness([], { judge, signal: abort.signal }));
    await assert.rejects(cancelled, { code: 'cancelled' });
  });
});
