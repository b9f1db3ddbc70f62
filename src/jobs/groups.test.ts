import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { groupReports } from './groups';

describe('jobs: groups', () => {
  it('tells which channels leave together, who makes and reads them, and why others stay', () => {
    const model = build({ inputs: { x: ['float', [1, 4]] } })
      .gemm('x', 'a', [4, 8], { name: 'first' })
      .relu('a', 'r')
      .gemm('r', 'y', [8, 2], { name: 'second' })
      .output('y', 'float', [1, 2])
      .model();
    assert.deepEqual(groupReports(model), [
      {
        index: 0,
        kind: 'channels',
        channels: 8,
        makers: ['first'],
        readers: ['second'],
        tensors: [
          { name: 'first.weight', shape: [8, 4], axis: 0, role: 'makes' },
          { name: 'first.bias', shape: [8], axis: 0, role: 'makes' },
          { name: 'second.weight', shape: [2, 8], axis: 1, role: 'reads' },
        ],
      },
      {
        index: 1,
        kind: 'channels',
        channels: 2,
        makers: ['second'],
        readers: [],
        tensors: [
          { name: 'second.weight', shape: [2, 8], axis: 0, role: 'makes' },
          { name: 'second.bias', shape: [2], axis: 0, role: 'makes' },
        ],
        frozen: 'They leave the model as "y".',
      },
    ]);
  });
});
