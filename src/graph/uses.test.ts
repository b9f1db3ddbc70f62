import assert from 'node:assert/strict';
import { Node } from './node';
import { Value } from './value';

const nodeReading = (...inputs: Value[]): Node => new Node({ opType: 'Sum', inputs, outputs: [] });

describe('uses of a value', () => {
  for (const users of [3, 8, 9, 1000]) {
    it(`are kept in order, ${users} of them, each input once`, () => {
      const value = new Value('shared');
      const nodes = Array.from({ length: users }, () => nodeReading(value, value));
      assert.equal(value.useCount, 2 * users);
      assert.deepEqual(value.consumers(), nodes);
      assert.deepEqual(
        value.uses().map(({ node, index }) => [nodes.indexOf(node), index]),
        nodes.flatMap((_, at) => [
          [at, 0],
          [at, 1],
        ]),
      );
    });

    it(`go as they came, down from ${users}`, () => {
      const value = new Value('shared');
      const nodes = Array.from({ length: users }, () => nodeReading(value, value));
      nodes.forEach((node) => node.setInput(1, undefined));
      assert.equal(value.useCount, users);
      const [first, ...others] = nodes;
      others.forEach((node) => node.detach());
      assert.deepEqual(value.uses(), [{ node: first, index: 0 }]);
      first!.detach();
      assert.equal(value.useCount, 0);
      assert.deepEqual(value.consumers(), []);
    });
  }

  it('of one value are not those of another', () => {
    const [used, unused] = [new Value('used'), new Value('unused')];
    nodeReading(used);
    assert.equal(unused.useCount, 0);
  });
});
