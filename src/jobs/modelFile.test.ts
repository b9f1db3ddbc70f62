import assert from 'node:assert/strict';
import { inMemory, noise } from '../../test/support/feeds';
import { build } from '../../test/support/models';
import { dimsWithData } from './modelFile';

describe('jobs/modelFile', () => {
  const model = build({ inputs: { x: ['float', ['batch', 3, 'height', 'width']] } })
    .relu('x', 'y')
    .output('y')
    .model();
  const data = inMemory([{ name: 'one', feeds: { x: noise([1, 3, 32, 48]) } }]);

  it('takes dimensions from the first sample where nobody names them', async () => {
    assert.deepEqual(await dimsWithData(model, {}, data), { batch: 1, height: 32, width: 48 });
    assert.deepEqual(await dimsWithData(model, { dims: { width: 96 } }, data), { batch: 1, height: 32, width: 96 });
  });

  it('does not trust random samples', async () => {
    assert.deepEqual(await dimsWithData(model, { dims: { width: 96 } }, { ...data, random: true }), { width: 96 });
  });
});
