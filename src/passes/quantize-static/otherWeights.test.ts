import assert from 'node:assert/strict';
import { noise, sourceOf } from '../../../test/support/feeds';
import { build, type ModelBuilder } from '../../../test/support/models';
import { quantize, type StaticOptions } from '../../../test/support/quantizeStatic';
import { optimizedOperators, say, sqnrOfOutputs } from '../../../test/support/runPass';
import { type Model } from '../../graph/model';
import { encodeModel } from '../../graph/toOnnx';
import { type PassResult } from '../../pass/result';

const stored: StaticOptions = { otherWeights: 'int8' };

/** A recurrent layer of 48 units over 32 inputs. */
function recurrent(opType: 'LSTM' | 'GRU' | 'RNN', direction = 'forward'): ModelBuilder {
  const [gates, hidden, inputs] = [{ LSTM: 4, GRU: 3, RNN: 1 }[opType], 48, 32];
  const directions = direction === 'bidirectional' ? 2 : 1;
  return build({ inputs: { x: ['float', [6, 1, inputs]] } })
    .initializer('W', 'float', [directions, gates * hidden, inputs])
    .initializer('R', 'float', [directions, gates * hidden, hidden])
    .initializer('B', 'float', [directions, 2 * gates * hidden])
    .node(opType, ['x', 'W', 'R', 'B'], 'y', { hidden_size: hidden, direction }, { name: 'layer' })
    .output('y');
}

const upsampling = (group = 1): ModelBuilder =>
  build({ inputs: { x: ['float', [1, 16, 8, 8]] } })
    .initializer('w', 'float', [16, 8, 4, 4])
    .node('ConvTranspose', ['x', 'w'], 'y', { strides: [2, 2], group }, { name: 'up' })
    .output('y');

const ratio = (before: Model, after: Model): number => encodeModel(after).length / encodeModel(before).length;

/** Checks what storing promises of a model: small, close, and the same operators when it is loaded. */
async function assertStored(model: Model, result: PassResult, most: number): Promise<void> {
  const [db = 0] = await sqnrOfOutputs(model, result.model);
  say(`${ratio(model, result.model).toFixed(3)} of the bytes, ${db.toFixed(1)} dB`);
  assert.ok(ratio(model, result.model) <= most);
  assert.ok(db > 30);
  assert.deepEqual(await optimizedOperators(result.model), await optimizedOperators(model));
}

describe('passes/quantize-static: weights of other layers', () => {
  for (const opType of ['LSTM', 'GRU', 'RNN'] as const) {
    for (const direction of ['forward', 'bidirectional']) {
      it(`stores those of a ${direction} ${opType}, which the runtime restores when it loads the model`, async () => {
        const model = recurrent(opType, direction).model();
        const result = await quantize(model, stored);
        assert.deepEqual(
          result.changed.map(({ node }) => node),
          ['layer'],
        );
        assert.match(result.changed[0]!.what, /^float32 → int8 per channel.*in the file, computed in float: /);
        assert.deepEqual(result.skipped, []);
        assert.match(result.notes.join(' '), /stored in 8 bits; outputs: exact → \d/);
        await assertStored(model, result, opType === 'RNN' ? 0.36 : 0.31);
      });
    }
  }

  it('stores those of transposed convolutions, in groups too, and of embeddings', async () => {
    for (const group of [1, 2]) {
      const model = upsampling(group).model();
      await assertStored(model, await quantize(model, stored), 0.45);
    }
    const table = build({ inputs: { ids: ['int64', [1, 5]] } })
      .initializer('table', 'float', [100, 64])
      .node('Gather', ['table', 'ids'], 'y', {}, { name: 'embedding' })
      .output('y')
      .model();
    await assertStored(table, await quantize(table, stored), 0.31);
  });

  it('stores them beside layers that run in 8 bits, and says of each layer what it does', async () => {
    const builder = recurrent('GRU').node('Squeeze', ['y'], 's', {}, { name: 'flat' });
    const model = builder.matMul('s', 'z', [48, 64], { name: 'head' }).output('z').model();
    const result = await quantize(model, stored);
    assert.deepEqual(
      result.changed.map(({ node, what }) => [node, what.slice(0, 40)]),
      [
        ['head', 'float32 → int8 per channel, activations '],
        ['layer', 'float32 → int8 per channel (axis 1) in t'],
      ],
    );
    assert.equal((await optimizedOperators(result.model)).MatMulIntegerToFloat, 1);
  });

  it('leaves them in float when told to, or excluded by name', async () => {
    assert.deepEqual((await quantize(recurrent('GRU').model(), { otherWeights: 'keep' })).changed, []);
    assert.deepEqual((await quantize(recurrent('GRU').model(), { ...stored, exclude: ['lay*'] })).changed, []);
  });

  it('leaves in float what 8 bits would change too much, and stores the rest', async () => {
    // One weight a thousand times the others: 8 bits have no steps left for those.
    const values = Array.from({ length: 64 * 64 }, (_, index) => (index % 64 === 0 ? 1000 : Math.sin(index)));
    const builder = build({ inputs: { x: ['float', [1, 64, 8, 8]] } })
      .initializer('fine', 'float', [64, 8, 4, 4])
      .initializer('coarse', 'float', [64, 64, 1, 1], values)
      .initializer(
        'mask',
        'float',
        [1, 64, 1, 1],
        Array.from({ length: 64 }, (_, index) => (index === 0 ? 0 : 1)),
      )
      .node('Mul', ['x', 'mask'], 'm')
      .node('ConvTranspose', ['m', 'fine'], 'a', { strides: [2, 2] }, { name: 'stored' })
      .node('ConvTranspose', ['m', 'coarse'], 'b', {}, { name: 'kept' })
      .output('a')
      .output('b');
    const transposed = Array.from({ length: 64 * 64 }, (_, index) => values[(index % 64) * 64 + (index >> 6)]!);
    builder.graph.setInitializer(
      builder.value('coarse'),
      build().initializer('t', 'float', [64, 64, 1, 1], transposed).value('t').constant!,
    );
    const data = sourceOf([{ x: noise([1, 64, 8, 8]) }]);
    const { changed, notes } = await quantize(builder.model(), { ...stored, simplify: false }, { data });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['stored'],
    );
    assert.match(notes.join(' '), /Those of 1 layer stay in float/);
  });

  it('writes DequantizeLinear for runtimes that read it so', async () => {
    const { model } = await quantize(recurrent('LSTM').model(), { ...stored, target: 'tensorrt' });
    assert.deepEqual(
      [...model.graph.nodes()].map(({ opType }) => opType),
      ['DequantizeLinear', 'DequantizeLinear', 'LSTM'],
    );
  });
});
