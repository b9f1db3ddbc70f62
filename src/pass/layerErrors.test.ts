import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../test/support/models';
import { qdq } from '../../test/support/qdq';
import { openData } from '../data/openData';
import { loadOrt } from '../runtime/ort';
import { inputPorts } from '../runtime/randomFeeds';
import { layerErrors } from './layerErrors';

/** x · a, · b; a layer between on request. */
const chain = (between: (builder: ModelBuilder) => string = () => 'm'): ModelBuilder => {
  const builder = build({ inputs: { x: ['float', [4, 16]] } }).matMul('x', 'm', [16, 16], { name: 'first' });
  return builder.matMul(between(builder), 'y', [16, 8], { name: 'second' }).output('y', 'float');
};

const errorsOf = async (compressed: ModelBuilder, portionBytes?: number): Promise<Map<string, number>> => {
  const original = chain().model();
  const samples = await openData({ source: 'random', samples: 3 }, inputPorts(original));
  const options = { runtime: await loadOrt(), samples, signal: new AbortController().signal };
  return layerErrors(original, compressed.model(), [...original.graph.nodes()], {
    ...options,
    ...(portionBytes !== undefined && { portionBytes }),
  });
};

describe('pass/layerErrors', () => {
  it('is infinite where nothing is lost', async () => {
    assert.deepEqual(
      [...(await errorsOf(chain()))],
      [
        ['first', Infinity],
        ['second', Infinity],
      ],
    );
  });

  it('looks behind the conversions of a layer, and sees the error go on', async () => {
    const coarse = chain((builder) => (qdq(builder, 'm', { scale: 0.1 }), 'm_dq'));
    const errors = await errorsOf(coarse);
    // Uniform rounding by 0.1 of values around 1: noise 0.1²/12, about 31 dB.
    assert.ok(errors.get('first')! > 25 && errors.get('first')! < 36, `${errors.get('first')} dB`);
    assert.ok(errors.get('second')! > 25 && errors.get('second')! < 36, `${errors.get('second')} dB`);
  });

  it('gives the same when the values come in portions', async () => {
    const coarse = () => chain((builder) => (qdq(builder, 'm', { scale: 0.1 }), 'm_dq'));
    assert.deepEqual(await errorsOf(coarse(), 1), await errorsOf(coarse()));
  });
});
