import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { openData } from '../data/openData';
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { LapidaryError } from '../protocol/errors';
import { loadOrt } from '../runtime/ort';
import { inputPorts } from '../runtime/randomFeeds';
import { Reference } from './reference';

/** y = x · w, as scores of two classes. */
const scores = (w: readonly number[]): Model =>
  build({ inputs: { x: ['float', [1, 2]] } })
    .initializer('w', 'float', [2, 2], w)
    .node('MatMul', ['x', 'w'], 'y')
    .output('y', 'float', [1, 2])
    .model();

/** Samples (1, 2), (2, 1) with labels 1 and 0. */
const labelled: DataSource = {
  description: 'two samples',
  random: false,
  labelled: true,
  size: 2,
  async *samples(start = 0, count = 2) {
    const all = [Float32Array.of(1, 2), Float32Array.of(2, 1)];
    for (let index = start; index < Math.min(2, start + count); index++) {
      const feeds = { x: { dataType: 'float' as const, shape: [1, 2], data: all[index]! } };
      yield await Promise.resolve({ name: `${index}`, feeds, label: 1 - index });
    }
  },
};

const signal = new AbortController().signal;

describe('pass/reference', () => {
  it('measures candidates against the kept outputs: ratio and share of right classes', async () => {
    const reference = await Reference.of(scores([1, 0, 0, 1]), { runtime: await loadOrt(), samples: labelled, signal });
    assert.deepEqual([reference.size, reference.labelled, reference.random], [2, true, false]);
    const same = await reference.measure(scores([1, 0, 0, 1]));
    assert.equal(same.sqnrDb, Infinity);
    assert.deepEqual(same.accuracy, { before: 1, after: 1 });
    // Every output is 10 % too large: 20 dB, and all classes stay.
    const larger = await reference.measure(scores([1.1, 0, 0, 1.1]));
    assert.ok(Math.abs(larger.sqnrDb - 20) < 1e-4);
    assert.deepEqual(larger.accuracy, { before: 1, after: 1 });
    assert.deepEqual((await reference.measure(scores([0, 1, 1, 0]))).accuracy, { before: 1, after: 0 });
  });

  it('takes the samples that it is told to take', async () => {
    const options = { runtime: await loadOrt(), samples: labelled, signal };
    assert.equal((await Reference.of(scores([1, 0, 0, 1]), { ...options, start: 1 })).size, 1);
    assert.equal((await Reference.of(scores([1, 0, 0, 1]), { ...options, count: 1 })).size, 1);
    await assert.rejects(Reference.of(scores([1, 0, 0, 1]), { ...options, start: 2 }), LapidaryError);
  });

  it('marks random samples', async () => {
    const model = scores([1, 0, 0, 1]);
    const samples = await openData({ source: 'random', samples: 3 }, inputPorts(model));
    const reference = await Reference.of(model, { runtime: await loadOrt(), samples, signal });
    assert.deepEqual([reference.random, reference.labelled, reference.size], [true, false, 3]);
  });
});
