import assert from 'node:assert/strict';
import { expectFree, freedom } from '../../../test/support/channels';
import { build } from '../../../test/support/models';

describe('operators/axes/sizes', () => {
  it('rewrites shapes that the graph calculates', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 't', 4]] } })
      .matMul('x', 'a', [4, 12])
      .node('Shape', ['a'], 'shape')
      .initializer('0', 'int64', [1], [0])
      .initializer('1', 'int64', [1], [1])
      .node('Gather', ['shape', '0'], 'n')
      .node('Gather', ['shape', '1'], 't')
      .initializer('rest', 'int64', [2], [3, 4])
      .node('Concat', ['n', 't', 'rest'], 'target', { axis: 0 })
      .node('Reshape', ['a', 'target'], 'h')
      .node('Transpose', ['h'], 'q', { perm: [0, 2, 1, 3] })
      .node('Transpose', ['h'], 'k', { perm: [0, 2, 3, 1] })
      .node('MatMul', ['q', 'k'], 's')
      .node('Softmax', ['s'], 'p', { axis: -1 })
      .node('MatMul', ['p', 'q'], 'm')
      .node('Transpose', ['m'], 'u', { perm: [0, 2, 1, 3] })
      .node('Shape', ['x'], 'xs')
      .initializer('start', 'int64', [1], [0])
      .initializer('end', 'int64', [1], [2])
      .node('Slice', ['xs', 'start', 'end'], 'front')
      .initializer('width', 'int64', [1], [12])
      .node('Concat', ['front', 'width'], 'flat', { axis: 0 })
      .node('Reshape', ['u', 'flat'], 'f')
      .matMul('f', 'y', [12, 2])
      .output('y', 'float', ['n', 't', 2]);
    await expectFree(builder, [3], { n: 2, t: 5 });
    const expanded = build({ inputs: { x: ['float', ['n', 4]] } })
      .matMul('x', 'a', [4, 8])
      .node('Shape', ['a'], 'shape')
      .initializer('zero', 'float', [1], [0.5])
      .node('Expand', ['zero', 'shape'], 'e')
      .node('Mul', ['a', 'e'], 'b')
      .matMul('b', 'y', [8, 2])
      .output('y', 'float', ['n', 2]);
    await expectFree(expanded, [8], { n: 3 });
  });

  it('keeps channels whose number is calculated with', () => {
    const builder = build({ inputs: { x: ['float', ['n', 4]] } })
      .matMul('x', 'a', [4, 8])
      .node('Shape', ['a'], 'shape')
      .node('Cast', ['shape'], 'real', { to: 1 })
      .initializer('last', 'int64', [], [1])
      .node('Gather', ['real', 'last'], 'width')
      .node('Div', ['a', 'width'], 'b')
      .matMul('b', 'y', [8, 2])
      .output('y', 'float', ['n', 2]);
    assert.match(freedom(builder).frozen.join(), /calculates with their number/);
  });
});
