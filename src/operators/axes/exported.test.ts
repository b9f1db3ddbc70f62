// Patterns that PyTorch's exporter writes for its layers: operators that stand for one another, constants that are taken
// apart and joined as the model runs, axes that are merged and divided again.
import assert from 'node:assert/strict';
import { expectFree, freedom } from '../../../test/support/channels';
import { build, type ModelBuilder } from '../../../test/support/models';
import { findGroups } from '../groups/groups';

/** q, k and v of [2, 5, 12] from x; `add` makes "o" of the same shape, which is read. */
function attention(add: (builder: ModelBuilder) => ModelBuilder, [q, kv] = [12, 12]): ModelBuilder {
  const builder = build({ inputs: { x: ['float', [2, 5, 6]] } })
    .matMul('x', 'q', [6, q])
    .matMul('x', 'k', [6, kv])
    .matMul('x', 'v', [6, kv]);
  return add(builder).matMul('o', 'y', [q, 3], { name: 'reader' }).output('y', 'float', [2, 5, 3]);
}

/** `from` of 3·width channels as heads of that width before the tokens. */
const heads = (b: ModelBuilder, from: string, to: string, count: number): ModelBuilder =>
  b
    .initializer(`${from}_heads`, 'int64', [4], [2, 5, count, -1])
    .node('Reshape', [from, `${from}_heads`], `${to}_divided`)
    .node('Transpose', [`${to}_divided`], to, { perm: [0, 2, 1, 3] });

const backTogether = (b: ModelBuilder): ModelBuilder =>
  b
    .node('Transpose', ['mixed'], 'tokens', { perm: [0, 2, 1, 3] })
    .initializer('whole', 'int64', [3], [2, 5, -1])
    .node('Reshape', ['tokens', 'whole'], 'o');

describe('operators/axes, as PyTorch exports', () => {
  it('finds heads that are merged with the batch to be transposed', async () => {
    const builder = attention((b) => {
      for (const name of ['q', 'k', 'v']) heads(b, name, `${name}h`, 3);
      b.initializer('flat', 'int64', [3], [-1, 5, 4])
        .node('Reshape', ['kh', 'flat'], 'kf')
        .node('Transpose', ['kf'], 'kt', { perm: [0, 2, 1] })
        .initializer('apart', 'int64', [4], [2, 3, 4, 5])
        .node('Reshape', ['kt', 'apart'], 'kq')
        .node('MatMul', ['qh', 'kq'], 'scores')
        .node('Softmax', ['scores'], 'p')
        .node('MatMul', ['p', 'vh'], 'mixed');
      return backTogether(b);
    });
    await expectFree(builder, [3]);
  });

  it('divides heads from a batch of any size, where zeros in a shape are said to be meant', async () => {
    const builder = build({ opset: 18, inputs: { x: ['float', ['tokens', 'batch', 6]] } }).node(
      'Shape',
      ['x'],
      'sizes',
    );
    const one = (name: string, value: number) => builder.initializer(name, 'int64', [1], [value]);
    for (const [name, value] of Object.entries({ first: 0, second: 1, three: 3, four: 4, twelve: 12 }))
      one(name, value);
    builder
      .node('Gather', ['sizes', 'first'], 'tokens')
      .node('Gather', ['sizes', 'second'], 'batch')
      .node('Mul', ['batch', 'three'], 'each')
      .node('Concat', ['tokens', 'each', 'four'], 'apart', { axis: 0 })
      .node('Concat', ['tokens', 'batch', 'twelve'], 'whole', { axis: 0 });
    for (const name of ['q', 'k', 'v']) {
      builder
        .matMul('x', name, [6, 12])
        .node('Reshape', [name, 'apart'], `${name}a`, { allowzero: 1 })
        .node('Transpose', [`${name}a`], `${name}h`, { perm: name === 'k' ? [1, 2, 0] : [1, 0, 2] });
    }
    builder
      .node('MatMul', ['qh', 'kh'], 'scores')
      .node('Softmax', ['scores'], 'p')
      .node('MatMul', ['p', 'vh'], 'mixed')
      .node('Transpose', ['mixed'], 't', { perm: [1, 0, 2] })
      .node('Reshape', ['t', 'whole'], 'o', { allowzero: 1 })
      .matMul('o', 'y', [12, 3], { name: 'reader' })
      .output('y', 'float', ['tokens', 'batch', 3]);
    await expectFree(builder, [3]);
  });

  it('takes keys and values with all heads that share them', async () => {
    const builder = attention(
      (b) => {
        heads(b, 'q', 'qh', 6);
        for (const name of ['k', 'v']) {
          heads(b, name, `${name}h`, 2)
            .initializer(`${name}_axis`, 'int64', [1], [2])
            .node('Unsqueeze', [`${name}h`, `${name}_axis`], `${name}u`)
            .initializer(`${name}_times`, 'int64', [5], [2, 2, 3, 5, 4])
            .node('Expand', [`${name}u`, `${name}_times`], `${name}e`)
            .initializer(`${name}_all`, 'int64', [4], [2, 6, 5, 4])
            .node('Reshape', [`${name}e`, `${name}_all`], `${name}r`);
        }
        b.node('Transpose', ['kr'], 'kt', { perm: [0, 1, 3, 2] })
          .node('MatMul', ['qh', 'kt'], 'scores')
          .node('Softmax', ['scores'], 'p')
          .node('MatMul', ['p', 'vr'], 'mixed');
        return backTogether(b);
      },
      [24, 8],
    );
    await expectFree(builder, [2]);
  });

  it('leaves hidden units out whose gates are put in order as the model runs, from a state of zeros', async () => {
    const hidden = 6;
    const builder = build({ inputs: { x: ['float', [5, 'batch', 4]] } });
    const bounds = { start: 0, second: hidden, third: 2 * hidden, end: 3 * hidden };
    for (const [name, at] of Object.entries(bounds)) builder.initializer(name, 'int64', [1], [at]);
    for (const [name, columns] of Object.entries({ w: 4, r: hidden })) {
      builder
        .initializer(name, 'float', [3 * hidden, columns])
        .node('Slice', [name, 'start', 'second', 'start'], `${name}1`)
        .node('Slice', [name, 'second', 'third', 'start'], `${name}2`)
        .node('Slice', [name, 'third', 'end', 'start'], `${name}3`)
        .node('Concat', [`${name}2`, `${name}1`, `${name}3`], `${name}_ordered`, { axis: 0 })
        .node('Unsqueeze', [`${name}_ordered`, 'start'], `${name}_read`);
    }
    builder
      .initializer('one', 'int64', [1], [1])
      .initializer('width', 'int64', [1], [hidden])
      .node('Shape', ['x'], 'batch', { start: 1, end: 2 })
      .node('Concat', ['one', 'batch', 'width'], 'shape', { axis: 0 })
      .initializer('zero', 'float', [], [0])
      .node('Expand', ['zero', 'shape'], 'state')
      .node('GRU', ['x', 'w_read', 'r_read', '', '', 'state'], 'h', { hidden_size: hidden }, { name: 'gru' })
      .matMul('h', 'y', [hidden, 3])
      .output('y', 'float', [5, 1, 'batch', 3]);
    await expectFree(builder, [hidden], { batch: 2 });
    const { groups } = findGroups(builder.model());
    const makers = groups[0]!.producers.map(({ slot }) => slot.value.name);
    assert.deepEqual(makers.sort(), ['r', 'w']);
  });

  it('keeps positions within groups whose statistics a group norm takes', () => {
    const builder = build({ inputs: { x: ['float', [1, 4, 3, 3]] } })
      .conv('x', 'a', { channels: 8, inputChannels: 4, group: 2, kernel: 1 })
      .initializer('groups', 'int64', [3], [0, 2, -1])
      .node('Reshape', ['a', 'groups'], 'g')
      .initializer('ones', 'float', [2], [1, 1])
      .initializer('zeros', 'float', [2], [0, 0])
      .node('InstanceNormalization', ['g', 'ones', 'zeros'], 'n', {}, { name: 'norm' })
      .initializer('maps', 'int64', [4], [1, 8, 3, 3])
      .node('Reshape', ['n', 'maps'], 'b')
      .conv('b', 'y', { channels: 2, inputChannels: 8, kernel: 1 })
      .output('y', 'float', [1, 2, 3, 3]);
    const { free, frozen } = freedom(builder);
    assert.deepEqual(free, []);
    assert.match(frozen.join(), /norm takes its statistics over them/);
  });
});
