import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { pass, quantize, type StaticOptions } from '../../../test/support/quantizeStatic';
import { countNodes, optimizedOperators, runPass, sqnrOfOutputs } from '../../../test/support/runPass';
import { type Model } from '../../graph/model';
import { loadOrt } from '../../runtime/ort';

const image = (channels = 8): ModelBuilder => build({ opset: 18, inputs: { x: ['float', [1, channels, 8, 8]] } });
const rows = (): ModelBuilder => build({ inputs: { x: ['float', [4, 32]] } });
const conv = (builder: ModelBuilder, from: string, to: string, channels = 8, inputChannels = 8): ModelBuilder =>
  builder.conv(from, to, { channels, inputChannels, pad: 1 });

/** Operators of the runtime for the quantized model, conversions and layout left out. */
async function kernels(model: Model): Promise<Record<string, number>> {
  const all = await optimizedOperators(model);
  const conversions = new Set(['QuantizeLinear', 'DequantizeLinear', 'Transpose', 'Reshape']);
  return Object.fromEntries(Object.entries(all).filter(([name]) => !conversions.has(name)));
}

/** Quantizes, checks that outputs stay close, and gives what the runtime makes of it. */
async function fused(
  builder: ModelBuilder,
  leastDb = 20,
  options: StaticOptions = {},
): Promise<Record<string, number>> {
  const model = builder.model();
  const { model: result } = await quantize(model, options);
  for (const db of await sqnrOfOutputs(model, result)) assert.ok(db > leastDb, `${db.toFixed(1)} dB`);
  return kernels(result);
}

describe('passes/quantize-static: what is written fuses', () => {
  const cases: [name: string, builder: ModelBuilder, expected: Record<string, number>][] = [
    ['depthwise Conv', image().conv('x', 'y', { channels: 8, inputChannels: 8, group: 8 }), { QLinearConv: 1 }],
    [
      'one-dimensional Conv',
      build({ inputs: { x: ['float', [1, 8, 20]] } })
        .initializer('w', 'float', [4, 8, 3])
        .node('Conv', ['x', 'w'], 'y'),
      { QLinearConv: 1 },
    ],
    ['Conv, Relu', conv(image(), 'x', 'c').relu('c', 'y'), { QLinearConv: 1 }],
    [
      'Conv, Clip 0 to 6',
      conv(image(), 'x', 'c')
        .initializer('lo', 'float', [], [0])
        .initializer('hi', 'float', [], [6])
        .node('Clip', ['c', 'lo', 'hi'], 'y'),
      { QLinearConv: 1 },
    ],
    [
      'Conv, Sigmoid, Mul',
      conv(conv(image(), 'x', 'c').node('Sigmoid', ['c'], 's').node('Mul', ['c', 's'], 'm'), 'm', 'y'),
      { QLinearConv: 2, QLinearSigmoid: 1, QLinearMul: 1 },
    ],
    [
      'Conv, LeakyRelu, Conv',
      conv(conv(image(), 'x', 'c').node('LeakyRelu', ['c'], 'l'), 'l', 'y'),
      { QLinearConv: 2, QLinearLeakyRelu: 1 },
    ],
    [
      'two branches and Concat',
      conv(
        conv(conv(image(), 'x', 'a'), 'x', 'b')
          .relu('b', 'br')
          .node('Concat', ['a', 'br'], 'c', { axis: 1 }),
        'c',
        'y',
        4,
        16,
      ),
      { QLinearConv: 3, QLinearConcat: 1 },
    ],
    [
      'Conv, MaxPool, Conv',
      conv(
        conv(image(), 'x', 'c')
          .relu('c', 'r')
          .node('MaxPool', ['r'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
        'p',
        'y',
      ),
      { QLinearConv: 2, NhwcMaxPool: 1 },
    ],
    [
      'Conv, AveragePool, Conv',
      conv(conv(image(), 'x', 'c').node('AveragePool', ['c'], 'p', { kernel_shape: [2, 2] }), 'p', 'y'),
      { QLinearConv: 2, QLinearAveragePool: 1 },
    ],
    [
      'Conv, Resize to nearest, Conv',
      conv(
        conv(image(), 'x', 'c')
          .initializer('s', 'float', [4], [1, 1, 2, 2])
          .node('Resize', ['c', '', 's'], 'r', { mode: 'nearest' }),
        'r',
        'y',
      ),
      { QLinearConv: 2, Resize: 1 },
    ],
    [
      'means over positions, and what reads them',
      conv(image(), 'x', 'c')
        .initializer('axes', 'int64', [2], [-1, 2])
        .node('ReduceMean', ['c', 'axes'], 'm', { keepdims: 0 })
        .gemm('m', 'y', [8, 4]),
      { QLinearConv: 1, QLinearGlobalAveragePool: 1, Flatten: 1, QGemm: 1 },
    ],
    ['Gemm whose result is float', rows().gemm('x', 'y', [32, 10]), { QGemm: 1 }],
    ['MatMul whose result is float', rows().matMul('x', 'y', [32, 10]), { MatMulIntegerToFloat: 1 }],
    [
      'two MatMul',
      rows().matMul('x', 'm', [32, 16]).matMul('m', 'y', [16, 8]),
      { QLinearMatMul: 1, MatMulIntegerToFloat: 1 },
    ],
    [
      'MatMul and its bias, of a fixed shape',
      build({ inputs: { x: ['float', [2, 5, 32]] } })
        .matMul('x', 'm', [32, 10])
        .initializer('b', 'float', [10])
        .node('Add', ['m', 'b'], 'y'),
      { QGemm: 1 },
    ],
    [
      'attention',
      build({ inputs: { q: ['float', [2, 9, 16]], k: ['float', [2, 16, 9]], v: ['float', [2, 9, 16]] } })
        .node('MatMul', ['q', 'k'], 'a')
        .node('Softmax', ['a'], 's', { axis: -1 })
        .node('MatMul', ['s', 'v'], 'y'),
      { QLinearMatMul: 1, QLinearSoftmax: 1, MatMulIntegerToFloat: 1 },
    ],
  ];
  for (const [name, builder, expected] of cases) {
    it(name, async () => assert.deepEqual(await fused(builder.output('y'), 15), expected));
  }

  it('leaves a bias behind a MatMul of any length in float, where adding it costs nothing', async () => {
    const model = build({ inputs: { x: ['float', ['n', 5, 32]] } })
      .matMul('x', 'm', [32, 10])
      .initializer('b', 'float', [10])
      .node('Add', ['m', 'b'], 'y')
      .output('y');
    assert.deepEqual(await fused(model), { MatMulIntegerToFloat: 1, Add: 1 });
  });

  it('keeps a Relu whose range it cannot set', async () => {
    // A symmetric range has no room for a zero point at the lowest code.
    const model = conv(image(), 'x', 'c').relu('c', 'y').output('y').model();
    const { model: result } = await quantize(model, { target: 'tensorrt' });
    assert.equal(countNodes(result, 'Relu'), 1);
    const zeros = [...result.graph.initializers].filter(([name]) => name.startsWith('zero_point'));
    assert.ok(zeros.length > 0);
    for (const [name, { constant }] of zeros)
      assert.ok(
        constant!.bytes().every((byte) => byte === 0),
        name,
      );
  });

  it('puts back to float what the runtime would not compute in int8, and says why', async () => {
    const model = conv(image(), 'x', 'c')
      .initializer('w', 'float', [8, 4, 2, 2])
      .node('ConvTranspose', ['c', 'w'], 'y', { strides: [2, 2] })
      .output('y');
    const runtime = await loadOrt();
    const { skipped, changed } = await runPass(pass, model.model(), {
      options: { method: 'minmax', layers: 'fused', target: 'webgpu' },
      context: { runtime },
    });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['Conv_c'],
    );
    assert.match(skipped.map(({ reason }) => reason).join(), /no 8-bit transposed convolution/);
  });

  it('accelerators that know a lone Relu are given codes behind one, too, as CPUs are', async () => {
    const builder = conv(conv(image(), 'x', 'a').relu('a', 'ar'), 'ar', 'b')
      .relu('b', 'br')
      .node('Add', ['ar', 'br'], 's')
      .node('MaxPool', ['s'], 'm', { kernel_shape: [2, 2], strides: [2, 2] });
    const model = conv(builder, 'm', 'y').output('y').model();
    const layers = async (target: StaticOptions['target']) =>
      (await quantize(model, { target })).changed.map(({ opType }) => opType);
    assert.deepEqual(await layers('cpu'), ['Conv', 'Conv', 'Add', 'MaxPool', 'Conv']);
    for (const target of ['tensorrt', 'qnn', 'mobile'] as const) {
      assert.deepEqual(await layers(target), await layers('cpu'), target);
    }
  });

  it('int8 activations at opset 21 load where a layer that stays float comes behind a Transpose', async () => {
    const builder = build({ opset: 21, inputs: { x: ['float', [1, 8, 8, 8]] } });
    conv(builder, 'x', 'c')
      .node('Transpose', ['c'], 't', { perm: [0, 2, 3, 1] })
      .node('Erf', ['t'], 'y');
    const layers = await fused(builder.output('y'), 20, { activations: 'int8' });
    assert.deepEqual(layers, { QLinearConv: 1, Erf: 1 });
  });

  for (const target of ['cpu', 'tensorrt'] as const) {
    it(`int8 activations at opset 21 load where a bias stands behind a stack of products, for ${target}`, async () => {
      const model = build({ opset: 21, inputs: { x: ['float', [1, 6, 32]] } })
        .initializer('w', 'float', [32, 16])
        .initializer('b', 'float', [16])
        .node('MatMul', ['x', 'w'], 'product')
        .node('Add', ['product', 'b'], 'y')
        .output('y');
      const layers = await fused(model, 20, { activations: 'int8', target });
      assert.equal(layers.Gemm, undefined);
      assert.equal(layers.Add, 1);
    });
  }
});
