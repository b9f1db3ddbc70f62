import assert from 'node:assert/strict';
import { expectFree, freedom } from '../../../test/support/channels';
import { build, type ModelBuilder } from '../../../test/support/models';
import { Tensor } from '../../graph/tensor';
import { findGroups } from '../groups/groups';

const image = (channels = 3, size = 6): ModelBuilder => build({ inputs: { x: ['float', [1, channels, size, size]] } });

/** A convolution of 8 channels, then what the test adds, then a convolution to 2 that is the output. */
function between(add: (builder: ModelBuilder) => ModelBuilder, width = 8, read = 8): ModelBuilder {
  const builder = image().conv('x', 'a', { channels: width, inputChannels: 3, pad: 1, name: 'maker' });
  return add(builder)
    .conv('b', 'y', { channels: 2, inputChannels: read, kernel: 1, name: 'reader' })
    .output('y', 'float', [1, 2, null, null]);
}

describe('operators/axes', () => {
  it('ties the operands of a sum, broadcast ones too', async () => {
    const builder = between((b) =>
      b
        .conv('x', 'c', { channels: 8, inputChannels: 3, pad: 1, name: 'other' })
        .initializer('scale', 'float', [8, 1, 1])
        .node('Mul', ['c', 'scale'], 'd')
        .node('Add', ['a', 'd'], 'b'),
    );
    await expectFree(builder, [8]);
    const makers = findGroups(builder.model()).groups[0]!.makers.map(({ label }) => label);
    assert.deepEqual(makers.filter((label) => !label.startsWith('Mul')), ['maker', 'other']); // prettier-ignore
  });

  it('follows offsets through Concat, Split, Slice and Pad', async () => {
    const concat = between(
      (b) =>
        b
          .conv('x', 'c', { channels: 4, inputChannels: 3, pad: 1, name: 'other' })
          .node('Concat', ['c', 'a', 'c'], 'b', { axis: 1 }),
      8,
      16,
    );
    await expectFree(concat, [8, 4]);
    const split = between((b) => b.node('Split', ['a'], ['l', 'r'], { axis: 1 }).node('Mul', ['l', 'r'], 'b'), 8, 4);
    await expectFree(split, [4]);
    const slice = between(
      (b) =>
        b
          .initializer('from', 'int64', [1], [2])
          .initializer('to', 'int64', [1], [7])
          .initializer('axis', 'int64', [1], [1])
          .node('Slice', ['a', 'from', 'to', 'axis'], 'b'),
      8,
      5,
    );
    await expectFree(slice, [8]);
    const toTheEnd = BigInt64Array.of(7n, 2n ** 63n - 1n);
    const fused = between(
      (b) =>
        b
          .initializer('from', 'int64', [2], [2, 1])
          .constant(Tensor.ofBytes('to', 'int64', [2], new Uint8Array(toTheEnd.buffer)))
          .initializer('axes', 'int64', [2], [1, 2])
          .node('Slice', ['a', 'from', 'to', 'axes'], 'b'),
      8,
      5,
    );
    await expectFree(fused, [8]);
    const pad = between(
      (b) => b.initializer('pads', 'int64', [8], [0, 2, 0, 0, 0, 1, 0, 0]).node('Pad', ['a', 'pads'], 'b'),
      8,
      11,
    );
    await expectFree(pad, [8]);
  });

  it('spreads channels when maps are flattened, and finds them again', async () => {
    const builder = image(3, 4)
      .conv('x', 'a', { channels: 8, inputChannels: 3, pad: 1 })
      .node('Flatten', ['a'], 'f')
      .gemm('f', 'y', [128, 3])
      .output('y', 'float', [1, 3]);
    await expectFree(builder, [8]);
    const back = between((b) =>
      b
        .initializer('flat', 'int64', [2], [1, -1])
        .node('Reshape', ['a', 'flat'], 'f')
        .initializer('maps', 'int64', [4], [1, 8, 6, 6])
        .node('Reshape', ['f', 'maps'], 'b'),
    );
    await expectFree(back, [8]);
  });

  it('keeps groups of convolutions of one size', async () => {
    const group = (group: number) =>
      between((b) => b.conv('a', 'b', { channels: 16, inputChannels: 16, group, name: 'grouped' }), 16, 16);
    await expectFree(group(16), [16]);
    // Two wide groups lose the same positions each; eight narrow ones leave as a whole.
    await expectFree(group(2), [8, 8]);
    await expectFree(group(8), [8]);
  });

  it('takes transposed convolutions, their groups too', async () => {
    const transposed = (group: number) =>
      between((b) =>
        b
          .initializer('w', 'float', [8, 8 / group, 2, 2])
          .initializer('bias', 'float', [8])
          .node('ConvTranspose', ['a', 'w', 'bias'], 'b', { group, strides: [2, 2] }),
      );
    await expectFree(transposed(1), [8, 8]);
    await expectFree(transposed(4), [4]);
  });

  it('sees through a channel shuffle, depth to space and back', async () => {
    const shuffle = between((b) =>
      b
        .initializer('pairs', 'int64', [5], [1, 2, 4, 6, 6])
        .node('Reshape', ['a', 'pairs'], 'p')
        .node('Transpose', ['p'], 't', { perm: [0, 2, 1, 3, 4] })
        .initializer('maps', 'int64', [4], [1, 8, 6, 6])
        .node('Reshape', ['t', 'maps'], 'b'),
    );
    await expectFree(shuffle, [4]);
    for (const mode of ['DCR', 'CRD']) {
      await expectFree(
        between((b) => b.node('DepthToSpace', ['a'], 'b', { blocksize: 2, mode }), 16, 4),
        [4],
      );
    }
    await expectFree(
      between((b) => b.node('SpaceToDepth', ['a'], 'b', { blocksize: 2 }), 4, 16),
      [4],
    );
  });

  it('ties gates to what they gate', async () => {
    const builder = between((b) =>
      b
        .node('GlobalAveragePool', ['a'], 'p')
        .conv('p', 's', { channels: 4, inputChannels: 8, kernel: 1, name: 'squeeze' })
        .relu('s', 'r')
        .conv('r', 'e', { channels: 8, inputChannels: 4, kernel: 1, name: 'excite' })
        .node('Sigmoid', ['e'], 'g')
        .node('Mul', ['a', 'g'], 'b'),
    );
    await expectFree(builder, [8, 4]);
  });

  it('passes what works on each channel alone', async () => {
    const builder = between((b) =>
      b
        .initializer('slope', 'float', [8, 1, 1])
        .node('PRelu', ['a', 'slope'], 'p')
        .initializer('g', 'float', [8])
        .initializer('s', 'float', [8])
        .initializer('m', 'float', [8])
        .initializer('v', 'float', [8], [1, 2, 1, 2, 1, 2, 1, 2])
        .node('BatchNormalization', ['p', 'g', 's', 'm', 'v'], 'n')
        .initializer('ig', 'float', [8])
        .initializer('ib', 'float', [8])
        .node('InstanceNormalization', ['n', 'ig', 'ib'], 'i')
        .node('MaxPool', ['i'], 'q', { kernel_shape: [2, 2] })
        .initializer('scales', 'float', [4], [1, 1, 2, 2])
        .node('Resize', ['q', '', 'scales'], 'b', { mode: 'nearest' }),
    );
    await expectFree(builder, [8]);
  });

  it('takes whole groups of a group norm', async () => {
    const builder = build({ opset: 21, inputs: { x: ['float', [1, 3, 6, 6]] } })
      .conv('x', 'a', { channels: 16, inputChannels: 3, pad: 1 })
      .initializer('g', 'float', [16])
      .initializer('s', 'float', [16])
      .node('GroupNormalization', ['a', 'g', 's'], 'n', { num_groups: 4 })
      .conv('n', 'y', { channels: 2, inputChannels: 16, kernel: 1 })
      .output('y', 'float', [1, 2, 6, 6]);
    await expectFree(builder, [4]);
  });

  it('keeps what a norm, a softmax or a constant stands on, and says why', () => {
    const row = (add: (b: ModelBuilder) => ModelBuilder): string[] =>
      freedom(
        add(build({ inputs: { x: ['float', [2, 4]] } }).gemm('x', 'a', [4, 8]))
          .gemm('b', 'y', [8, 2])
          .output('y', 'float', [2, 2]),
      ).frozen;
    const norm = row((b) =>
      b.initializer('g', 'float', [8]).node('LayerNormalization', ['a', 'g'], 'b', {}, { name: 'ln' }),
    );
    assert.match(norm.join(), /ln takes its statistics over them/);
    assert.match(row((b) => b.node('Softmax', ['a'], 'b', {}, { name: 'sm' })).join(), /sm compares them/);
    assert.match(row((b) => b.node('Sigmoid', ['a'], 'b')).join(), /would still see a constant/);
    const odd = row((b) => b.node('Mystery', ['a'], 'b', {}, { domain: 'my.own', name: 'odd' }));
    assert.match(odd.join(), /odd reads them, and nothing is known of how my.own.Mystery/);
  });

  it('leaves hidden units out of recurrent layers, both directions alike', async () => {
    for (const [type, gates] of [['LSTM', 4], ['GRU', 3], ['RNN', 1]] as const) {
      const builder = build({ inputs: { x: ['float', [5, 2, 4]] } })
        .initializer('w', 'float', [2, gates * 6, 4])
        .initializer('r', 'float', [2, gates * 6, 6])
        .initializer('b', 'float', [2, gates * 12])
        .node(type, ['x', 'w', 'r', 'b'], 'h', { hidden_size: 6, direction: 'bidirectional' })
        .node('Transpose', ['h'], 't', { perm: [0, 2, 1, 3] })
        .initializer('shape', 'int64', [3], [0, 0, -1])
        .node('Reshape', ['t', 'shape'], 'f')
        .matMul('f', 'y', [12, 3])
        .output('y', 'float', [5, 2, 3]);
      await expectFree(builder, [6]);
    } // prettier-ignore
  });

  it('follows rows of embeddings, products of both sides, Einsum and weights that are shared', async () => {
    const embedding = build({ inputs: { ids: ['int64', [1, 5]] } })
      .initializer('table', 'float', [20, 8])
      .node('Gather', ['table', 'ids'], 'e')
      .node('Transpose', ['table'], 'tied', { perm: [1, 0] })
      .node('MatMul', ['e', 'tied'], 'y')
      .output('y', 'float', [1, 5, 20]);
    await expectFree(embedding, [8]);
    const left = build({ inputs: { x: ['float', [4, 6]] } })
      .initializer('w', 'float', [8, 4])
      .node('MatMul', ['w', 'x'], 'a')
      .initializer('v', 'float', [3, 8])
      .node('MatMul', ['v', 'a'], 'y')
      .output('y', 'float', [3, 6]);
    await expectFree(left, [8]);
    const einsum = build({ inputs: { x: ['float', [2, 3, 4]] } })
      .initializer('w', 'float', [4, 2, 8])
      .node('Einsum', ['x', 'w'], 'a', { equation: 'bti,ihd->bhtd' })
      .initializer('v', 'float', [2, 8, 5])
      .node('Einsum', ['a', 'v'], 'y', { equation: 'bhtd,hdo->bto' })
      .output('y', 'float', [2, 3, 5]);
    await expectFree(einsum, [2, 8]);
    const shared = build({ inputs: { x: ['float', [1, 8]] } })
      .initializer('w', 'float', [8, 8])
      .node('MatMul', ['x', 'w'], 'a')
      .node('MatMul', ['a', 'w'], 'y')
      .output('y', 'float', [1, 8]);
    assert.deepEqual(freedom(shared).free, []);
  });

  it('cuts quantized weights with their scales', async () => {
    const builder = image()
      .initializer('q', 'int8', [8, 3, 3, 3], Array.from({ length: 216 }, (_, i) => (i * 37) % 100 - 50))
      .initializer('scale', 'float', [8], [1, 2, 3, 4, 5, 6, 7, 8].map((x) => x / 100))
      .initializer('zero', 'int8', [8], new Array<number>(8).fill(0))
      .node('DequantizeLinear', ['q', 'scale', 'zero'], 'w', { axis: 0 })
      .node('Conv', ['x', 'w'], 'a', { kernel_shape: [3, 3] })
      .conv('a', 'y', { channels: 2, inputChannels: 8, kernel: 1 })
      .output('y', 'float', [1, 2, 4, 4]); // prettier-ignore
    await expectFree(builder, [8]);
  });

  it('sees channels that a body captures, and keeps those that go in and out through the node', async () => {
    const builder = between((b) => {
      const branch = (name: string): ModelBuilder =>
        b
          .body({ name })
          .conv('a', `${name}c`, { channels: 4, inputChannels: 8, kernel: 1, name: `${name}1` })
          .conv(`${name}c`, `${name}y`, { channels: 8, inputChannels: 4, kernel: 1, name: `${name}2` })
          .output(`${name}y`, 'float', [1, 8, 6, 6]);
      b.initializer('condition', 'bool', [], [1]);
      return b.node('If', ['condition'], 'b', { then_branch: branch('then'), else_branch: branch('else') });
    });
    await expectFree(builder, [8, 4, 4]);
    const { groups } = findGroups(builder.model());
    assert.match(groups.map(({ frozen }) => frozen?.reason).join(), /They leave a body of/);
  });
});
