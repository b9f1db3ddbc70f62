import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { tensorOf } from '../../test/support/tensors';
import { constantSource, owningGraph, removeUnused } from './constants';

describe('graph/constants', () => {
  it('finds initializers and Constant nodes, also through Identity, Transpose and Reshape', () => {
    const builder = build({ inputs: { x: ['float', [2]] } })
      .initializer('w', 'float', [2, 3, 4])
      .node('Transpose', ['w'], 't', { perm: [2, 0, 1] })
      .node('Transpose', ['t'], 'back', { perm: [1, 2, 0] })
      .node('Transpose', ['w'], 'reversed')
      .node('Identity', ['w'], 'same')
      .initializer('shape', 'int64', [2], [0, -1])
      .node('Reshape', ['w', 'shape'], 'flat')
      .node('Reshape', ['t', 'shape'], 'moved')
      .node('Constant', [], 'c', { value: tensorOf('', 'float', [1], [5]) })
      .relu('x', 'y');
    const source = (name: string) => constantSource(builder.value(name), builder.graph);
    assert.equal(source('w')?.root, builder.value('w'));
    assert.deepEqual(source('t')?.perm, [2, 0, 1]);
    assert.deepEqual(source('back')?.perm, [0, 1, 2]);
    assert.deepEqual(source('reversed')?.perm, [2, 1, 0]);
    assert.equal(source('same')?.tensor, source('w')?.tensor);
    assert.deepEqual(source('flat')?.tensor.shape, [2, 12]);
    assert.equal(source('moved'), undefined, 'its elements would have to be moved first');
    assert.equal(source('c')?.root, builder.value('c'));
    assert.equal(source('x'), undefined);
    assert.equal(source('y'), undefined);
  });

  it('knows in which graph a value lives', () => {
    const outer = build({ inputs: { x: ['float', [2]], flag: ['bool', []] } }).initializer('w', 'float', [2]);
    const body = outer.body().node('Mul', ['x', 'w'], 'a').output('a');
    assert.equal(owningGraph(outer.value('w'), body.graph), outer.graph);
    assert.equal(owningGraph(outer.value('x'), body.graph), outer.graph);
    assert.equal(owningGraph(body.value('a'), body.graph), body.graph);
  });

  it('removes what only served a value, and nothing else', () => {
    const builder = build({ inputs: { x: ['float', [2]], w: ['float', [2]] } })
      .initializer('w', 'float', [2])
      .initializer('v', 'float', [2])
      .node('Add', ['w', 'v'], 'sum')
      .node('Neg', ['sum'], 'gone')
      .node('Mul', ['x', 'v'], 'y')
      .output('y');
    removeUnused(builder.value('gone'), builder.graph);
    const { graph } = builder;
    assert.deepEqual(
      [...graph.nodes()].map(({ opType }) => opType),
      ['Mul'],
    );
    assert.deepEqual([...graph.initializers.keys()], ['v']);
    assert.deepEqual(
      graph.inputs.map(({ name }) => name),
      ['x'],
    );
    removeUnused(builder.value('y'), graph);
    assert.equal(graph.nodeCount, 1, 'a graph output stays');
  });
});
