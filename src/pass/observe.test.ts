import assert from 'node:assert/strict';
import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { build } from '../../test/support/models';
import { noise } from '../../test/support/feeds';
import { passContext } from '../../test/support/runPass';
import { sweep } from '../data/sweep';
import { type DataSource } from '../data/source';
import { encodeModel } from '../graph/toOnnx';
import { loadOrt } from '../runtime/ort';
import { type RuntimeTensor } from '../runtime/port';
import { observeValues } from './observe';
import { samplesFor } from './samples';

const model = build({ inputs: { x: ['float', ['N', 4]] } })
  .node('Neg', ['x'], ['a'])
  .node('Exp', ['a'], ['b'])
  .node('Abs', ['b'], ['y'])
  .output('y')
  .model();

/** Observes values of the model on three random samples. */
async function observed(names: readonly string[], portionBytes?: number) {
  const context = passContext({ dims: { N: 2 } });
  const samples = await samplesFor(model, context, 3);
  const seen: { name: string; sample: number; tensor: RuntimeTensor }[] = [];
  const portions: (readonly string[])[] = [];
  const see = (name: string, tensor: RuntimeTensor, sample: number) => void seen.push({ name, sample, tensor });
  const onPortion = (part: readonly string[]) => void portions.push(part);
  const options = {
    runtime: await loadOrt(),
    samples,
    signal: context.signal,
    onPortion,
    ...(portionBytes && { portionBytes }),
  };
  await observeValues(model, names, see, options);
  return { seen, portions };
}

/** One sample, again and again, that takes 8 MB; used ones are freed as in data that is read. */
function large(size: number): DataSource {
  const feeds = { x: noise([500_000, 4]) };
  return {
    description: 'large samples',
    random: false,
    labelled: false,
    size,
    async *samples(start = 0, count = size) {
      for (let index = start; index < start + count; index++) {
        await Promise.resolve();
        sweep();
        yield { name: `${index}`, feeds };
      }
    },
  };
}

type Collection = PerformanceEntry & { readonly detail?: NodeGCPerformanceDetail };

/** How often V8 goes through all of its memory meanwhile. */
async function thoroughCollections(run: () => Promise<void>): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Collection[]) {
      if (entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) count++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  await run();
  await setImmediate();
  observer.disconnect();
  return count;
}

describe('pass/observe', () => {
  it('hands over inputs, intermediate values and outputs of every sample, and leaves the model as it is', async () => {
    const before = encodeModel(model);
    const { seen } = await observed(['x', 'a', 'y']);
    assert.deepEqual(
      seen.map(({ name, sample }) => `${name}${sample}`),
      ['x0', 'a0', 'y0', 'x1', 'a1', 'y1', 'x2', 'a2', 'y2'],
    );
    const [x, a] = [seen[3]!.tensor, seen[4]!.tensor];
    assert.deepEqual(x.shape, [2, 4]);
    assert.deepEqual(
      Array.from(a.data as Float32Array),
      Array.from(x.data as Float32Array, (each) => -each),
    );
    assert.deepEqual(encodeModel(model), before);
  });

  it('cuts what is too large for one run into portions and runs the samples once for each', async () => {
    // Each value takes 2·4·4 = 32 bytes.
    const { seen, portions } = await observed(['a', 'b', 'y'], 64);
    assert.deepEqual(portions, [['a', 'b'], ['y']]);
    assert.equal(seen.length, 9);
  });

  it('lets V8 free the values of a sample by a quick look at what is young', async () => {
    const samples = large(40);
    const { signal } = passContext();
    const runtime = await loadOrt();
    let seen = 0;
    const see = (): void => void seen++;
    const count = await thoroughCollections(() =>
      observeValues(model, ['a', 'b', 'y'], see, { runtime, samples, signal }),
    );
    assert.equal(seen, 120);
    assert.ok(count < 20, `${count} thorough collections for 40 samples`);
  });

  it('refuses a name that the main graph lacks', async () => {
    await assert.rejects(observed(['nowhere']), { code: 'internal' });
  });
});
