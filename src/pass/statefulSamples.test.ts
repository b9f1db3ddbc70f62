import assert from 'node:assert/strict';
import { row, sourceOf } from '../../test/support/feeds';
import { build } from '../../test/support/models';
import { type DataSource } from '../data/source';
import { loadOrt } from '../runtime/ort';
import { withStateOf } from './statefulSamples';

const model = build({ inputs: { x: ['float', [2]], before: ['float', [2]] } })
  .node('Add', ['x', 'before'], 'after')
  .output('after')
  .model();
const feeds = [1, 2, 3, 4].map((each) => ({ x: row(each, -each), before: row(0, 0) }));

async function statesOf(source: DataSource, start?: number, count?: number): Promise<number[]> {
  const states: number[] = [];
  for await (const sample of source.samples(start, count)) states.push((sample.feeds.before!.data as Float32Array)[0]!);
  return states;
}

describe('pass/statefulSamples', () => {
  it('fills in what the model carries from one sample to the next, wherever reading starts', async () => {
    const source = withStateOf(model, sourceOf(feeds, { after: 'before' }), await loadOrt());
    assert.deepEqual(await statesOf(source), [0, 1, 3, 6]);
    assert.deepEqual(await statesOf(source, 2, 1), [3]);
    assert.equal(source.state, undefined, 'nobody carries it twice');
  });

  it('hands on samples without state as they are', async () => {
    const source = sourceOf(feeds);
    assert.equal(withStateOf(model, source, await loadOrt()), source);
  });
});
