import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { initializers, type Options, pass, quantize } from '../../../test/support/quantizeWeights';
import { countNodes, optimizedOperators, runPass } from '../../../test/support/runPass';

const rows = (columns: number): ModelBuilder => build({ inputs: { x: ['float', [3, columns]] } });

describe('passes/quantize-weights: forms of 4 and 2 bits', () => {
  it('restores what is no product through a table, folded when the model is loaded', async () => {
    for (const bits of [4, 2]) {
      for (const symmetric of [true, false]) {
        const builder = build({ opset: 9, inputs: { x: ['float', [1, 6, 8, 8]] } })
          .conv('x', 'c', { channels: 16, inputChannels: 6, kernel: 3 })
          .initializer('up', 'float', [16, 5, 3, 3])
          .node('ConvTranspose', ['c', 'up'], 'y', {}, { name: 'up' })
          .output('y');
        const options: Options = { bits, symmetric, blockSize: 16 };
        const { model, changed, notes } = await quantize(builder.model(), options, bits === 4 ? 12 : 0);
        assert.equal(model.opset, 9);
        assert.deepEqual(
          changed.map(({ what }) => what),
          // 54 weights to a channel: three blocks of 18. 16 inputs of 9: two at a time.
          [`float32 → ${bits} bits, blocks of 18`, `float32 → ${bits} bits, blocks of 18`],
        );
        assert.match(notes.join(), /restores them when it loads/);
        const left = await optimizedOperators(model);
        assert.deepEqual(
          [left.Gather, left.Mul, left.Reshape, left.Cast],
          [undefined, undefined, undefined, undefined],
        );
        assert.equal([...model.graph.initializers.keys()].filter((name) => name.startsWith('unpack_')).length, 1);
      }
    }
  });

  it('pads the last byte of a weight that has an odd number of elements', async () => {
    const builder = build({ opset: 9, inputs: { x: ['float', [1, 3, 8, 8]] } })
      .conv('x', 'y', { channels: 7, inputChannels: 3, kernel: 5, name: 'conv' })
      .output('y');
    const { model } = await quantize(builder.model(), { bits: 4 }, 12);
    assert.equal(model.opset, 10);
    assert.equal(initializers(model.graph)['conv.weight_quantized'], `uint8[${Math.ceil((7 * 75) / 2)}]`);
  });

  it('keeps 8 bits for what is added elementwise', async () => {
    const builder = build({ inputs: { x: ['float', [2, 64, 32]] } })
      .initializer('positions', 'float', [1, 64, 32])
      .node('Add', ['x', 'positions'], 'a', {}, { name: 'embed' })
      .matMul('a', 'y', [32, 64], { name: 'fc' })
      .output('y');
    const { changed } = await quantize(builder.model(), { bits: 4 }, 15);
    assert.deepEqual(
      changed.map(({ node, what }) => [node, what]),
      [
        ['embed', 'float32 → int8 per channel (axis 1)'],
        ['fc', 'float32 → 4 bits, blocks of 32'],
      ],
    );
  });

  it('writes blocked DequantizeLinear that ONNX Runtime turns into MatMulNBits', async () => {
    for (const [bits, opset] of [
      [4, 21],
      [2, 25],
    ] as const) {
      for (const symmetric of [true, false]) {
        const builder = build({ opset: 13, inputs: { x: ['float', [3, 96]] } })
          .matMul('x', 'a', [96, 64], { name: 'one' })
          .gemm('a', 'y', [64, 48], { name: 'two' })
          .output('y');
        const { model } = await quantize(builder.model(), { bits, symmetric, form: 'mixed' }, bits === 4 ? 14 : 0);
        assert.equal(model.opset, opset);
        const type = `${symmetric ? 'int' : 'uint'}${bits}`;
        assert.equal(initializers(model.graph)['two.weight_Q' + bits], `${type}[64,48]`);
        assert.equal([...model.graph.nodes()].find((node) => node.is('Gemm'))!.int('transB', 0), 0);
        const run = await optimizedOperators(model);
        assert.deepEqual([run.MatMulNBits, run.DequantizeLinear], [2, undefined]);
      }
    }
  });

  it('writes DequantizeLinear per channel in front of other layers when asked', async () => {
    const builder = build({ opset: 13, inputs: { x: ['float', [1, 8, 8, 8]] } })
      .conv('x', 'y', { channels: 16, inputChannels: 8, kernel: 3, name: 'conv' })
      .output('y');
    for (const symmetric of [true, false]) {
      const { model, changed } = await quantize(builder.model(), { bits: 4, form: 'dequantize-linear', symmetric }, 10);
      assert.equal(changed[0]!.what, 'float32 → 4 bits per channel (axis 0)');
      assert.equal(initializers(model.graph)['conv.weight_quantized'], `${symmetric ? 'int4' : 'uint4'}[16,8,3,3]`);
    }
  });

  it('quantizes matrices that readers take in different ways by what all can read', async () => {
    const builder = rows(64)
      .initializer('w', 'float', [64, 64])
      .node('MatMul', ['x', 'w'], 'a', {}, { name: 'first' })
      .node('Gemm', ['a', 'w'], 'y', { transB: 1 }, { name: 'second' })
      .output('y');
    const { model } = await quantize(builder.model(), { bits: 4 }, 12);
    assert.equal(countNodes(model, 'MatMulNBits'), 0);
    assert.deepEqual(await optimizedOperators(model), { MatMul: 1, Gemm: 1 });
  });

  it('says why four bits do not pay, and leaves NaN alone', async () => {
    const small = rows(16).matMul('x', 'y', [16, 17], { name: 'fc' }).output('y').model();
    const { skipped } = await runPass(pass, small, {
      options: { bits: 8, form: 'matmul-nbits', minElements: 0, blockSize: 16 },
    });
    assert.deepEqual(skipped, []);
    const values = new Float32Array(64 * 64).fill(0.5);
    values[9] = NaN;
    for (const form of ['auto', 'cast-mul', 'mixed', 'dequantize-linear'] as const) {
      const builder = rows(64)
        .initializer('w', 'float', [64, 64], values)
        .node('MatMul', ['x', 'w'], 'y', {}, { name: 'fc' });
      const result = await runPass(pass, builder.output('y').model(), { options: { bits: 4, form } });
      assert.deepEqual(result.skipped, [
        { node: 'fc', opType: 'MatMul', reason: 'Its weight holds NaN or infinities.' },
      ]);
    }
  });
});
