import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../test/support/models';
import { cloneGraph, cloneModel } from './clone';
import { decodeModel } from './fromOnnx';
import { type Graph } from './graph';
import { type Model } from './model';
import { encodeModel } from './toOnnx';
import { type Value } from './value';

/** `hidden` is read by the inner body alone, two levels down. */
function nested(): ModelBuilder {
  const builder = build({ inputs: { x: ['float', ['N', 4]] } }).initializer('c', 'bool', [], [1]);
  builder.relu('x', 'hidden').initializer('bias', 'float', [4]);
  const middle = builder.body({ name: 'middle' });
  const inner = middle.body({ name: 'inner' }).node('Add', ['hidden', 'bias'], 'deep').output('deep');
  const other = middle.body({ name: 'other' }).relu('x', 'shallow').output('shallow');
  middle.node('If', ['c'], 'm', { then_branch: inner, else_branch: other }).output('m');
  const last = builder.body({ name: 'last' }).relu('x', 'e').output('e');
  return builder.node('If', ['c'], 'y', { then_branch: middle, else_branch: last }).output('y');
}

/** Every value of a graph and of those inside it. */
function valuesOf(graph: Graph): Set<Value> {
  const values = new Set<Value>([...graph.inputs, ...graph.initializers.values(), ...graph.outputs]);
  for (const node of graph.allNodes()) {
    for (const value of [...node.inputs, ...node.outputs]) if (value) values.add(value);
  }
  return values;
}

const roundTrip = (model: Model): Buffer => Buffer.from(encodeModel(model));

describe('cloning', () => {
  it('gives an equal model that shares no value but every tensor', () => {
    const model = nested().model();
    const copy = cloneModel(model);
    assert.deepEqual(roundTrip(copy), roundTrip(model));
    const [before, after] = [valuesOf(model.graph), valuesOf(copy.graph)];
    assert.equal(after.size, before.size);
    for (const value of after) assert.ok(!before.has(value), value.name);
    assert.equal(copy.graph.initializers.get('bias')?.constant, model.graph.initializers.get('bias')?.constant);
  });

  it('connects bodies to the copies of the values around them', () => {
    const copy = cloneModel(nested().model());
    const hidden = [...copy.graph.nodes()][0]!.output(0)!;
    const [use] = hidden.uses();
    assert.equal(use?.node.opType, 'Add');
    assert.equal(use.node.graph?.name, 'inner');
    assert.equal(use.node.graph.parent?.parent, copy.graph);
    assert.equal(use.node.input(1), copy.graph.initializers.get('bias'));
  });

  it('keeps edits away from the original', () => {
    const model = nested().model();
    const before = roundTrip(model);
    const copy = cloneModel(model);
    copy.opsets.set('', 18);
    copy.metadata.set('changed', 'yes');
    const [relu] = copy.graph.nodes();
    relu!.name = 'changed';
    relu!.metadata = new Map([['changed', 'yes']]);
    copy.graph.replaceValue(relu!.output(0)!, copy.graph.inputs[0]!);
    copy.graph.remove(relu!);
    copy.graph.initializers.get('bias')!.type = undefined;
    assert.deepEqual(roundTrip(model), before);
    assert.doesNotThrow(() => decodeModel(encodeModel(copy)));
  });

  it('has names of its own that are taken', () => {
    const copy = cloneModel(nested().model());
    for (const name of ['x', 'c', 'bias', 'hidden', 'deep', 'm', 'y']) {
      assert.equal(copy.graph.uniqueName(name), `${name}_1`);
    }
  });

  it('of a body alone goes on reading the values around it', () => {
    const builder = nested();
    const body = builder.nodeNamed('y').subgraph('then_branch')!;
    const copy = cloneGraph(body, builder.graph);
    assert.equal(copy.parent, builder.graph);
    const deep = [...copy.allNodes()].find(({ opType }) => opType === 'Add')!;
    assert.equal(deep.input(0), builder.value('hidden'));
    assert.notEqual(copy.outputs[0], body.outputs[0]);
    assert.equal(copy.outputs[0]?.producer?.graph, copy);
  });
});
