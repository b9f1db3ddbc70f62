import assert from 'node:assert/strict';
import { assertFails } from '../../test/support/errors';
import { build } from '../../test/support/models';
import { tensorOf } from '../../test/support/tensors';
import { Graph } from './graph';
import { Node } from './node';
import { tensorType } from './shape';
import { Value } from './value';

const relu = (graph: Graph, input: Value, name: string): Value => {
  const output = graph.newValue(name);
  graph.append(new Node({ opType: 'Relu', name: `n_${name}`, inputs: [input], outputs: [output] }));
  return output;
};

/** x -> a -> b -> c, c is the output. */
function chain(): { graph: Graph; values: Value[] } {
  const graph = new Graph('g');
  const values = [graph.addInput(new Value('x', tensorType('float', [1])))];
  for (const name of ['a', 'b', 'c']) values.push(relu(graph, values[values.length - 1]!, name));
  graph.outputs.push(values[3]!);
  return { graph, values };
}

const names = (graph: Graph): string[] => [...graph.nodes()].map(({ name }) => name);

describe('Graph', () => {
  describe('nodes', () => {
    it('are inserted and removed in any place', () => {
      const { graph, values } = chain();
      const [first] = graph.nodes();
      const make = (name: string): Node => new Node({ opType: 'X', name, inputs: [], outputs: [new Value(name)] });
      graph.insertBefore(first!, make('start'));
      graph.insertAfter(values[3]!.producer!, make('end'));
      graph.insertAfter(first!, make('second'));
      assert.deepEqual(names(graph), ['start', 'n_a', 'second', 'n_b', 'n_c', 'end']);
      assert.deepEqual(
        [...graph.nodesReversed()].map(({ name }) => name),
        names(graph).reverse(),
      );
      for (const node of [...graph.nodes()]) if (node.is('X')) graph.remove(node);
      assert.deepEqual(names(graph), ['n_a', 'n_b', 'n_c']);
      assert.equal(graph.nodeCount, 3);
    });

    it('may be removed and inserted while walking over them', () => {
      const graph = new Graph();
      const make = (name: string): Node => new Node({ opType: 'X', name, inputs: [], outputs: [] });
      for (let index = 0; index < 20; index++) graph.append(make(`${index}`));
      const seen: string[] = [];
      for (const node of graph.nodes()) {
        seen.push(node.name);
        const index = Number(node.name);
        // The node in hand and the next one go, and one comes in after the node in hand.
        if (index % 5 === 0) {
          graph.insertAfter(node, make(`new${index}`));
          if (node.next?.next) graph.remove(node.next.next);
          graph.remove(node);
        }
      }
      const expected = [...Array(20).keys()].filter((index) => index % 5 !== 1).map(String);
      assert.deepEqual(
        seen.filter((name) => !name.startsWith('new')),
        expected,
      );
      const left = expected.filter((name) => Number(name) % 5 !== 0);
      assert.deepEqual(
        names(graph).filter((name) => !name.startsWith('new')),
        left,
      );
    });

    it('are in one graph only, and leave it only when nothing needs them', () => {
      const { graph, values } = chain();
      const other = new Graph();
      assertFails(() => other.append(values[1]!.producer!), 'internal', 'n_a');
      assertFails(() => other.remove(values[1]!.producer!), 'internal', 'n_a');
      assertFails(() => graph.remove(values[1]!.producer!), 'internal', 'n_a', '"a"');
      assertFails(() => graph.remove(values[3]!.producer!), 'internal', 'n_c', '"c"');
    });

    it('of inner graphs are found too', () => {
      const outer = build({ inputs: { x: ['float', [1]] } }).initializer('c', 'bool', [], [1]);
      const inner = outer.body().relu('x', 't').output('t');
      outer.node('If', ['c'], 'y', { then_branch: inner, else_branch: outer.body().relu('x', 'e').output('e') });
      assert.deepEqual(
        [...outer.graph.allNodes()].map(({ opType }) => opType),
        ['If', 'Relu', 'Relu'],
      );
      assert.equal(outer.value('x').useCount, 2, 'uses inside bodies count');
    });
  });

  describe('names', () => {
    it('are unique in the graph and in those around and inside', () => {
      const { graph } = chain();
      const body = new Graph('body', graph);
      assert.equal(graph.uniqueName('new'), 'new');
      assert.equal(body.uniqueName('new'), 'new_1');
      assert.equal(graph.uniqueName('new'), 'new_2');
      assert.equal(body.uniqueName('a'), 'a_1');
      graph.claim('w_1');
      assert.equal(graph.uniqueName('w'), 'w');
      assert.equal(graph.uniqueName('w'), 'w_2');
    });

    it('of outputs given to a node later are taken as well', () => {
      const { graph, values } = chain();
      values[1]!.producer!.setOutput(1, new Value('mask'));
      assert.equal(graph.uniqueName('mask'), 'mask_1');
    });

    it('do not take quadratic time', () => {
      const graph = new Graph();
      const start = performance.now();
      for (let index = 0; index < 50_000; index++) graph.uniqueName('same');
      assert.ok(performance.now() - start < 2000);
      assert.equal(graph.uniqueName('same'), 'same_50000');
    });

    it('change by rename, with the initializer and its tensor', () => {
      const graph = new Graph();
      const value = graph.addInitializer(tensorOf('w', 'float', [1], [1]));
      graph.addInitializer(tensorOf('v', 'float', [1], [1]));
      graph.rename(value, 'weight');
      assert.equal(graph.initializers.get('weight'), value);
      assert.equal(value.constant?.name, 'weight');
      assert.equal(graph.initializers.has('w'), false);
      assertFails(() => graph.rename(value, 'v'), 'internal', '"v"');
    });
  });

  describe('initializers', () => {
    it('may be the default of an input, but not two of one name', () => {
      const graph = new Graph();
      const input = graph.addInput(new Value('w', tensorType('float', [1])));
      const tensor = tensorOf('w', 'float', [1], [1]);
      assert.equal(graph.addInitializer(tensor), input);
      assertFails(() => graph.addInitializer(tensor), 'internal', '"w"');
    });

    it('are replaced with their type, and removed when unused', () => {
      const { graph, values } = chain();
      const value = graph.addInitializer(tensorOf('w', 'float', [2], [1, 2]));
      values[1]!.producer!.setInput(1, value);
      graph.setInitializer(value, tensorOf('other', 'int8', [2], [1, 2]));
      assert.deepEqual(value.type, tensorType('int8', [2]));
      assert.equal(value.constant?.name, 'w');
      assertFails(() => graph.removeInitializer(value), 'internal', '"w"');
      values[1]!.producer!.setInput(1, undefined);
      graph.removeInitializer(value);
      assert.equal(value.constant, undefined);
      assert.equal(graph.initializers.size, 0);
    });
  });

  describe('replaceValue', () => {
    it('moves every use, in bodies too', () => {
      const builder = build({ inputs: { x: ['float', [1]] } })
        .relu('x', 'a')
        .relu('a', 'b');
      const body = builder.body().relu('a', 't').output('t');
      builder.initializer('c', 'bool', [], [1]).node('If', ['c'], 'y', { then_branch: body });
      builder.graph.replaceValue(builder.value('a'), builder.value('x'));
      assert.equal(builder.value('a').useCount, 0);
      assert.equal(body.nodeNamed('t').input(0), builder.value('x'));
    });

    it('keeps the public name of an output', () => {
      const { graph, values } = chain();
      const [, , b, c] = values;
      c!.type = tensorType('float', [1]);
      c!.docString = 'the result';
      graph.replaceValue(c!, b!);
      assert.equal(graph.outputs[0], b);
      assert.equal(b!.name, 'c');
      assert.equal(c!.name, 'b');
      assert.deepEqual([b!.type, b!.docString], [tensorType('float', [1]), 'the result']);
      graph.remove(c!.producer!);
      assert.deepEqual(
        [...graph.nodes()].map(({ label }) => label),
        ['n_a', 'n_b'],
      );
    });

    it('keeps it by an Identity where the other value has a public name too', () => {
      for (const pick of ['input', 'initializer', 'output'] as const) {
        const { graph, values } = chain();
        const weight = graph.addInitializer(tensorOf('w', 'float', [1], [1]));
        const to = { input: values[0]!, initializer: weight, output: values[1]! }[pick];
        if (pick === 'output') graph.outputs.push(to);
        const name = to.name;
        graph.replaceValue(values[3]!, to);
        assert.equal(graph.outputs[0]!.name, 'c', pick);
        assert.equal(to.name, name, pick);
        assert.equal(graph.outputs[0]!.producer?.opType, 'Identity');
        assert.equal(graph.outputs[0]!.producer.input(0), to);
        graph.remove(values[3]!.producer!);
      }
    });

    it('lets what computes the new value go on reading the old one', () => {
      const { graph, values } = chain();
      const a = values[1]!;
      const quantized = graph.newValue('q');
      const restored = graph.newValue('r');
      const q = graph.insertAfter(a.producer!, new Node({ opType: 'Q', inputs: [a], outputs: [quantized] }));
      const dq = graph.insertAfter(q, new Node({ opType: 'DQ', inputs: [quantized, a], outputs: [restored] }));
      graph.replaceValue(a, restored, [q]);
      assert.equal(q.input(0), a);
      assert.equal(dq.input(1), a, 'the producer itself is always left alone');
      assert.equal(values[2]!.producer!.input(0), restored);
    });

    it('replaces an output that is listed twice', () => {
      const { graph, values } = chain();
      graph.outputs.push(values[3]!);
      graph.replaceValue(values[3]!, values[2]!);
      assert.deepEqual(graph.outputs, [values[2], values[2]]);
    });
  });
});

describe('Node', () => {
  it('keeps uses true whatever is set', () => {
    const [a, b] = [new Value('a'), new Value('b')];
    const node = new Node({ opType: 'X', inputs: [a, undefined, a, undefined], outputs: [] });
    assert.equal(node.inputs.length, 4, 'what was read stays as it was');
    assert.deepEqual(a.uses(), [
      { node, index: 0 },
      { node, index: 2 },
    ]);
    assert.equal(a.useCount, 2);
    assert.deepEqual(a.consumers(), [node]);
    node.setInput(4, b);
    assert.deepEqual(node.inputs, [a, undefined, a, undefined, b]);
    node.setInput(4, undefined);
    assert.deepEqual(node.inputs, [a, undefined, a], 'omissions at the end are dropped');
    node.setInput(0, b);
    node.truncateInputs(1);
    assert.equal(a.useCount, 0);
    assert.deepEqual(b.uses(), [{ node, index: 0 }]);
    node.detach();
    assert.equal(b.useCount, 0);
  });

  it('is the only producer of its outputs', () => {
    const value = new Value('v');
    const node = new Node({ opType: 'X', inputs: [], outputs: [undefined, value] });
    assert.equal(value.producer, node);
    assert.equal(value.outputIndex, 1);
    assertFails(() => new Node({ opType: 'Y', inputs: [], outputs: [value] }), 'invalid-model', '"v"');
    node.setOutput(1, new Value('w'));
    assert.equal(value.producer, undefined);
    new Node({ opType: 'Y', inputs: [], outputs: [value] });
  });

  it('reads its attributes in plain types', () => {
    const node = build()
      .node('X', [], 'y', { i: 2, f: 0.5, s: 'größe', ints: [1, -1], floats: [0.5, 1], big: 2n ** 63n - 1n })
      .nodeNamed('y');
    assert.equal(node.int('i'), 2);
    assert.equal(node.int('none', 7), 7);
    assert.equal(node.int('f'), undefined, 'of another type');
    assert.equal(node.float('f'), 0.5);
    assert.equal(node.string('s'), 'größe');
    assert.deepEqual(node.ints('ints'), [1, -1]);
    assert.deepEqual(node.floats('floats'), [0.5, 1]);
    assert.equal(node.int('big'), 2 ** 63);
  });

  it('calls itself something a person can find', () => {
    const label = (name: string, domain = ''): string =>
      new Node({ opType: 'Conv', name, domain, inputs: [], outputs: [new Value('y')] }).label;
    assert.equal(label('conv1'), 'conv1');
    assert.equal(label(''), 'Conv → y');
    assert.equal(new Node({ opType: 'Conv', domain: 'ai.onnx', inputs: [], outputs: [] }).qualifiedOpType, 'Conv');
    assert.equal(new Node({ opType: 'C', domain: 'd', inputs: [], outputs: [] }).qualifiedOpType, 'd.C');
  });
});
