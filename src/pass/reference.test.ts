import assert from 'node:assert/strict';
import { inMemory } from '../../test/support/feeds';
import { build } from '../../test/support/models';
import { openData } from '../data/openData';
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
const labelled = inMemory(
  [Float32Array.of(1, 2), Float32Array.of(2, 1)].map((data, index) => ({
    name: `${index}`,
    feeds: { x: { dataType: 'float', shape: [1, 2], data } },
    label: 1 - index,
  })),
);

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

  it('finds the samples that make most of the error, and stops at the first that makes too much', async () => {
    let runs = 0;
    const runtime = await loadOrt();
    const counting = {
      ...runtime,
      open: async (...given: Parameters<typeof runtime.open>) => {
        const session = await runtime.open(...given);
        const run: typeof session.run = (...args) => (runs++, session.run(...args));
        return { inputs: session.inputs, outputs: session.outputs, run, close: () => session.close() };
      },
    };
    const reference = await Reference.of(scores([1, 0, 0, 1]), { runtime: counting, samples: labelled, signal });
    // The first score is 10 % too large: 0.1 off on the first sample, 0.2 on the second, of a power of 10.
    const off = scores([1.1, 0, 0, 1]);
    const { fidelity, hardest } = await reference.measureWithHardest(off, 1);
    assert.ok(Math.abs(fidelity.sqnrDb - 10 * Math.log10(10 / 0.05)) < 1e-4);
    assert.deepEqual(hardest.indices, [1]);
    assert.ok(Math.abs(hardest.share - 0.8) < 1e-4);
    runs = 0;
    assert.ok(await reference.keeps(off, 22.9, hardest));
    assert.ok(!(await reference.keeps(off, 23.1, hardest)));
    assert.equal(runs, 2);
    const both = (await reference.measureWithHardest(off, 2)).hardest;
    runs = 0;
    assert.ok(!(await reference.keeps(off, 30, both)));
    assert.equal(runs, 1);
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
