import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { quantize } from '../../../test/support/quantizeStatic';
import { countNodes, lines, optimizedOperators, sqnrOfOutputs } from '../../../test/support/runPass';

const image = (channels = 8): ModelBuilder => build({ inputs: { x: ['float', ['N', channels, 8, 8]] } });

/** conv → relu → conv + shortcut → relu → pool → classifier. */
const residual = (): ModelBuilder =>
  image()
    .conv('x', 'a', { channels: 16, inputChannels: 8, pad: 1 })
    .relu('a', 'ar')
    .conv('ar', 'b', { channels: 16, inputChannels: 16, pad: 1 })
    .node('Add', ['b', 'ar'], 's')
    .relu('s', 'sr')
    .node('GlobalAveragePool', ['sr'], 'p')
    .node('Flatten', ['p'], 'f')
    .gemm('f', 'y', [16, 10], { name: 'fc' })
    .output('y', 'float', ['N', 10]);

describe('passes/quantize-static', () => {
  it('writes Q and DQ around a layer, with weights under the names that others expect', async () => {
    const model = image()
      .conv('x', 'y', { channels: 4, inputChannels: 8, pad: 1, name: 'c' })
      .output('y', 'float', ['N', 4, 8, 8])
      .model();
    const { model: result, changed, skipped } = await quantize(model);
    const written = lines(result.graph).map((line) => line.replace(/zero_point_\d+/, 'zero_point_N'));
    assert.deepEqual(written, [
      'QuantizeLinear(x, x_scale, zero_point_N) -> x_Q',
      'DequantizeLinear(x_Q, x_scale, zero_point_N) -> x_DQ',
      'DequantizeLinear(c.weight_quantized, c.weight_scale) -> c.weight_DQ',
      'DequantizeLinear(c.bias_quantized, c.bias_quantized_scale) -> c.bias_DQ',
      'Conv(x_DQ, c.weight_DQ, c.bias_DQ) -> y_DQ',
      'QuantizeLinear(y_DQ, y_scale, zero_point_N) -> y_Q',
      'DequantizeLinear(y_Q, y_scale, zero_point_N) -> y',
    ]);
    assert.deepEqual(skipped, []);
    assert.deepEqual(
      changed.map(({ node, what, bytesBefore, bytesAfter }) => ({ node, what, bytesBefore, bytesAfter })),
      [
        {
          node: 'c',
          what: 'float32 → int8 per channel, activations uint8',
          bytesBefore: 4 * (4 * 72 + 4),
          bytesAfter: 4 * 72 + 4 * 4 + 4 * 4,
        },
      ],
    );
    const [db] = await sqnrOfOutputs(model, result, { N: 2 });
    assert.ok(db! > 25, `${db}`);
  });

  it('keeps a residual network in codes from end to end, and every node of it fuses', async () => {
    const model = residual().model();
    const { model: result } = await quantize(model);
    // The ranges of Add and Conv do the work of the Relu behind them.
    assert.equal(countNodes(result, 'Relu'), 0);
    const { Transpose: layout, ...operators } = await optimizedOperators(result);
    assert.ok((layout ?? 0) <= 2, 'layout is changed at the ends only');
    assert.deepEqual(operators, {
      QuantizeLinear: 1,
      QLinearConv: 2,
      QLinearAdd: 1,
      QLinearGlobalAveragePool: 1,
      Flatten: 1,
      QGemm: 1,
    });
    assert.ok((await sqnrOfOutputs(model, result, { N: 3 }))[0]! > 30);
  });

  for (const [type, reason] of [
    ['float16', 'It computes in float16, not in float32: quantize the float32 model it was made from.'],
    ['double', 'It computes in float64, not in float32.'],
  ] as const) {
    it(`says of a layer in ${type} why it stays`, async () => {
      const model = build({ inputs: { x: [type, [4, 16]] } })
        .initializer('w', type, [16, 16])
        .node('MatMul', ['x', 'w'], 'y')
        .output('y', type, [4, 16])
        .model();
      const { skipped, notes } = await quantize(model, { otherWeights: 'keep' });
      assert.deepEqual(
        skipped.map((each) => each.reason),
        [reason],
      );
      assert.match(notes.join(' '), /no layer in float32/);
    });
  }

  it('folds batch norms and raises the opset first', async () => {
    const model = build({ opset: 9, irVersion: 3, inputs: { x: ['float', [1, 8, 8, 8]] } })
      .conv('x', 'c', { channels: 16, inputChannels: 8 })
      .initializer('scale', 'float', [16])
      .initializer('shift', 'float', [16])
      .initializer('mean', 'float', [16])
      .initializer('var', 'float', [16], new Array<number>(16).fill(0.7))
      .node('BatchNormalization', ['c', 'scale', 'shift', 'mean', 'var'], 'y')
      .output('y')
      .model();
    const { model: result } = await quantize(model);
    assert.equal(result.opset, 13);
    assert.equal(countNodes(result, 'BatchNormalization'), 0);
    const { QLinearConv: convolutions } = await optimizedOperators(result);
    assert.equal(convolutions, 1);
  });
});
