import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { passContext } from '../../test/support/runPass';
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

  it('refuses a name that the main graph lacks', async () => {
    await assert.rejects(observed(['nowhere']), { code: 'internal' });
  });
});
