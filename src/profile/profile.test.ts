import assert from 'node:assert/strict';
import { join } from 'node:path';
import { build } from '../../test/support/models';
import { sharedFolder } from '../../test/support/shared';
import { readModel } from '../graph/fromOnnx';
import { type InspectReport, type LayerReport } from '../protocol/report';
import { profileModel } from './profile';

function layer(report: InspectReport, name: string): LayerReport {
  const found = report.layers.find((candidate) => candidate.name === name);
  assert.ok(found, `there is a layer ${name}`);
  return found;
}

const network = (): ReturnType<typeof build> =>
  build({ inputs: { x: ['float', ['N', 3, 8, 8]] } })
    .conv('x', 'c', { channels: 4, inputChannels: 3, pad: 1, stride: 2, name: 'stem.conv' })
    .relu('c', 'r')
    .node('Flatten', ['r'], 'f')
    .gemm('f', 'y', [64, 10], { name: 'head' })
    .output('y');

describe('profileModel', () => {
  it('counts what each layer holds and costs', () => {
    const report = profileModel(network().model(), { dims: { N: 2 } });
    const conv = layer(report, 'stem.conv');
    assert.equal(conv.macs, 2 * 16 * 4 * 3 * 9);
    assert.equal(conv.flops, 2 * (2 * 16 * 4 * 3 * 9) + 2 * 4 * 16);
    assert.equal(conv.parameters, 4 * 3 * 9 + 4);
    assert.equal(conv.weightBytes, 4 * (4 * 3 * 9 + 4));
    assert.equal(conv.activationBytes, 4 * 2 * 4 * 16);
    assert.deepEqual(conv.outputShapes, [[2, 4, 4, 4]]);
    assert.equal(conv.kind, 'Conv 3x3 /2');
    assert.equal(conv.scope, 'stem');
    assert.equal(layer(report, 'head').macs, 2 * 64 * 10);
    assert.equal(layer(report, 'Relu_r').flops, 2 * 64);
    assert.equal(report.model.macs, 2 * (16 * 4 * 27 + 640));
    assert.equal(report.model.parameters, 112 + 650);
    assert.deepEqual(report.symbols, [{ name: 'N', value: 2, bound: true, source: 'input' }]);
  });

  it('gives numbers for free symbols at 1, and the polynomial beside them', () => {
    const report = profileModel(network().model());
    assert.equal(report.model.macs, 16 * 4 * 27 + 640);
    assert.equal(report.model.macsExpression, '2368*N');
    assert.deepEqual(report.symbols, [{ name: 'N', value: 1, bound: false, source: 'input' }]);
    assert.deepEqual(report.outputs, [{ name: 'y', type: 'float', shape: ['N', 10] }]);
    assert.deepEqual(layer(report, 'head').outputShapes, [['N', 10]]);
  });

  it('counts a quantized recurrent layer as the float one that it stands for', () => {
    const [steps, batch, inputs, hidden] = [5, 2, 3, 4];
    const float = build({ inputs: { x: ['float', [steps, batch, inputs]] } })
      .initializer('w', 'float', [2, 4 * hidden, inputs])
      .initializer('r', 'float', [2, 4 * hidden, hidden])
      .node('LSTM', ['x', 'w', 'r'], 'y', { direction: 'bidirectional', hidden_size: hidden }, { name: 'lstm' });
    const quantized = build({ inputs: { x: ['float', [steps, batch, inputs]] }, opsets: { 'com.microsoft': 1 } })
      .initializer('w', 'int8', [2, inputs, 4 * hidden])
      .initializer('r', 'int8', [2, hidden, 4 * hidden])
      .initializer('s', 'float', [2], [1, 1])
      .initializer('z', 'int8', [2], [0, 0])
      .node(
        'DynamicQuantizeLSTM',
        ['x', 'w', 'r', '', '', '', '', '', 's', 'z', 's', 'z'],
        'y',
        { direction: 'bidirectional' },
        { name: 'lstm', domain: 'com.microsoft' },
      );
    const [before, after] = [float, quantized].map((each) => layer(profileModel(each.output('y').model()), 'lstm'));
    assert.equal(before?.macs, steps * batch * 2 * 4 * (inputs * hidden + hidden * hidden));
    assert.equal(after?.macs, before.macs);
    assert.equal(after.flops, before.flops);
    assert.deepEqual(after.outputShapes, before.outputShapes);
  });

  it('gives weights behind DequantizeLinear and Transpose to the layer, and no parameters to scales', () => {
    const model = build({ inputs: { x: ['float', [1, 6]] } })
      .initializer('w', 'int8', [4, 6])
      .initializer('s', 'float', [4], [1, 1, 1, 1])
      .initializer('z', 'int8', [4], [0, 0, 0, 0])
      .node('DequantizeLinear', ['w', 's', 'z'], 'wd', { axis: 0 })
      .node('Transpose', ['wd'], 'wt', { perm: [1, 0] })
      .node('MatMul', ['x', 'wt'], 'y', {}, { name: 'fc' })
      .output('y')
      .model();
    const report = profileModel(model);
    const fc = layer(report, 'fc');
    assert.equal(fc.parameters, 24);
    assert.equal(fc.weightBytes, 24 + 16 + 4);
    assert.equal(fc.kind, 'MatMul (int8)');
    assert.equal(fc.macs, 24);
    assert.equal(layer(report, 'DequantizeLinear_wd').flops, 0, 'restored once, when the model loads');
    assert.equal(layer(report, 'DequantizeLinear_wd').activationBytes, 0);
    assert.equal(report.model.parameters, 24);
  });

  it('counts a shared weight once, with its first user', () => {
    const model = build({ inputs: { x: ['float', [1, 4]] } })
      .initializer('w', 'float', [4, 4])
      .node('MatMul', ['x', 'w'], 'a', {}, { name: 'first' })
      .node('MatMul', ['a', 'w'], 'y', {}, { name: 'second' })
      .output('y')
      .model();
    const report = profileModel(model);
    assert.equal(layer(report, 'first').parameters, 16);
    assert.equal(layer(report, 'second').parameters, 0);
    assert.equal(report.model.parameters, 16);
    assert.deepEqual(report.model.weightTypes, { float: 16 });
    assert.equal(report.model.layerCount, 2);
  });

  it('labels nodes without a name and tells equal names apart', () => {
    const model = build({ inputs: { x: ['float', [1]] } })
      .node('Relu', ['x'], 'a', {}, { name: '' })
      .node('Abs', ['a'], 'b', {}, { name: 'twice' })
      .node('Neg', ['b'], 'c', {}, { name: 'twice' })
      .output('c')
      .model();
    const names = profileModel(model).layers.map((row) => row.name);
    assert.deepEqual(names, ['Relu → a', 'twice', 'twice_1']);
  });

  it('reuses memory: elementwise in place, views for nothing, weights apart', () => {
    const model = build({ inputs: { x: ['float', [256]] } })
      .node('Relu', ['x'], 'a')
      .initializer('to', 'int64', [2], [16, 16])
      .node('Reshape', ['a', 'to'], 'b')
      .matMul('b', 'c', [16, 64])
      .node('Tanh', ['c'], 'd')
      .output('d')
      .model();
    // Alive together at most: the input of the MatMul (1 KB, where x was) and its result (4 KB).
    assert.equal(profileModel(model).model.peakActivationBytes, 1024 + 4096);
  });

  it('counts the dearer branch of an If and the repetitions of a Loop', () => {
    const builder = build({ inputs: { x: ['float', [1, 4]], c: ['bool', []] } }).initializer('n', 'int64', [], [3]);
    const cheap = builder.body().node('Relu', ['x'], 'a').output('a');
    const dear = builder.body().matMul('x', 'b', [4, 4], { name: 'inner' }).output('b');
    const body = builder
      .body({ inputs: { i: ['int64', []], k: ['bool', []], v: ['float', [1, 4]] } })
      .matMul('v', 'w', [4, 4], { name: 'step' })
      .output('k')
      .output('w');
    const model = builder
      .node('If', ['c'], 'p', { then_branch: cheap, else_branch: dear }, { name: 'choice' })
      .node('Loop', ['n', '', 'p'], 'y', { body }, { name: 'loop' })
      .output('y')
      .model();
    const report = profileModel(model);
    assert.equal(report.model.macs, 16 + 3 * 16);
    assert.equal(layer(report, 'step').macs, 48);
    assert.equal(layer(report, 'step').scope, 'loop/body');
    assert.equal(layer(report, 'inner').parent, layer(report, 'choice').index);
    assert.equal(layer(report, 'Relu_a').counted, false);
    assert.equal(layer(report, 'inner').counted, undefined);
  });

  it('warns when dynamic dimensions at 1 make no sense', () => {
    const model = build({ inputs: { x: ['float', [1, 3, 'H', 8]] } })
      .conv('x', 'y', { channels: 4, inputChannels: 3, kernel: 5 })
      .output('y')
      .model();
    const report = profileModel(model);
    assert.deepEqual(
      report.warnings.map((warning) => warning.code),
      ['symbols-needed'],
    );
    assert.equal(report.model.macs, 0);
  });
});

describe('profiles of real models', () => {
  const folder = sharedFolder('MACs and parameters of real models', 'models');
  if (!folder) return;
  const expected: readonly [file: string, millionMacs: number, parameters: number][] = [
    ['squeezenet1.1_fp32.onnx', 349.15, 1235496],
    ['squeezenet1.1_fp16.onnx', 349.15, 1235496],
    ['mobilenet_v2_fp32.onnx', 379.57, 3487816],
    ['mobilenet_v2_qdq_int8.onnx', 379.57, 3487816],
    ['fastestdet.onnx', 121.49, 241276],
    ['ultraface_rfb320.onnx', 100.42, 281100],
    ['super_resolution_x3.onnx', 2984.87, 59657],
    ['cifar_resnet.onnx', 105.74, 695498],
    ['cifar_vit.onnx', 182.85, 2693579],
    ['cifar_vit_torchscript.onnx', 182.85, 2693578],
  ];
  for (const [file, millionMacs, parameters] of expected) {
    it(file, () => {
      const report = profileModel(readModel(join(folder, file)));
      assert.ok(Math.abs((report.model.macs as number) / 1e6 / millionMacs - 1) < 0.001, String(report.model.macs));
      // The sum of the elements of all float initializers, counted with NumPy.
      assert.equal(report.model.parameters, parameters);
      const rows = report.layers.filter((row) => row.counted !== false);
      assert.equal(
        rows.reduce((sum, row) => sum + (row.macs as number), 0),
        report.model.macs,
      );
    });
  }
});
