import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { encodeModel } from '../../graph/toOnnx';
import { loadOrt } from '../../runtime/ort';
import { givingScores, scoreNames } from './scores';

const classifier = (last: string) =>
  build({ inputs: { x: ['float', [1, 8]] } })
    .gemm('x', 'scores', [8, 4])
    .node(last, ['scores'], 'y')
    .output('y')
    .model();

describe('passes/quantize-static: scores', () => {
  it('gives what a softmax at the end reads in place of what it gives', async () => {
    const model = classifier('Softmax');
    assert.deepEqual(scoreNames(model), ['scores']);
    const session = await (await loadOrt()).open(encodeModel(givingScores(model, ['scores'])));
    assert.deepEqual(
      session.outputs.map(({ name }) => name),
      ['scores'],
    );
    await session.close();
    assert.deepEqual(
      model.graph.outputs.map(({ name }) => name),
      ['y'],
      'the model is as it was',
    );
  });

  it('leaves models alone that end in something else', () => {
    const model = classifier('Tanh');
    assert.deepEqual(scoreNames(model), []);
    assert.equal(givingScores(model, []), model);
  });
});
