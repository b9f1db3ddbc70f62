// Each rule of NUMERICS.md's table, kept and broken, on a model of a few nodes that the runtime loads.
import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { qdq, quantizedWeight } from '../../../test/support/qdq';
import { type AuditRule, type RunsAs } from '../../protocol/audit';
import { loadOrt } from '../../runtime/ort';
import { auditModel } from './audit';

const image = (): ModelBuilder => qdq(build({ inputs: { x: ['float', [1, 8, 6, 6]] } }), 'x');
const matrix = (): ModelBuilder => qdq(build({ inputs: { x: ['float', [4, 32]] } }), 'x');

/** x → Conv 'c', quantized weight. */
const conv = (builder = image(), input = 'x_dq'): ModelBuilder =>
  quantizedWeight(builder, 'w', [8, 8, 3, 3]).node('Conv', [input, 'w'], 'c', { kernel_shape: [3, 3] });

/** x → MatMul 'm', quantized weight. */
const matMul = (): ModelBuilder => quantizedWeight(matrix(), 'w', [32, 16]).node('MatMul', ['x_dq', 'w'], 'm');

interface Case {
  readonly name: string;
  readonly model: () => ModelBuilder;
  /** Output whose node is looked at. */
  readonly of: string;
  readonly runsAs: RunsAs;
  readonly rule?: AuditRule;
}

const unary = (opType: string): Case => ({
  name: `${opType} between Q/DQ`,
  model: () => qdq(image().node(opType, ['x_dq'], 'y'), 'y').output('y_dq', 'float'),
  of: 'y',
  runsAs: 'int8',
});

const withoutKernel = (opType: string): Case => ({ ...unary(opType), runsAs: 'float-qdq', rule: 'no-int8-kernel' });

const cases: readonly Case[] = [
  { name: 'Conv with Q on its output', model: () => qdq(conv(), 'c').output('c_dq', 'float'), of: 'c', runsAs: 'int8' },
  {
    name: 'Conv without',
    model: () => conv().output('c', 'float'),
    of: 'c',
    runsAs: 'float-qdq',
    rule: 'output-not-quantized',
  },
  {
    name: 'Conv whose output is read as float too',
    model: () => qdq(conv(), 'c').node('Tanh', ['c'], 't').output('c_dq', 'float').output('t', 'float'),
    of: 'c',
    runsAs: 'float-qdq',
    rule: 'output-also-read-as-float',
  },
  {
    name: 'Conv, Relu, zero point 0',
    model: () => qdq(conv().relu('c', 'r'), 'r', { zeroPoint: 0 }).output('r_dq', 'float'),
    of: 'c',
    runsAs: 'int8',
  },
  {
    name: 'the Relu of it',
    model: () => qdq(conv().relu('c', 'r'), 'r', { zeroPoint: 0 }).output('r_dq', 'float'),
    of: 'r',
    runsAs: 'int8',
  },
  {
    name: 'Conv, Relu, zero point 128',
    model: () => qdq(conv().relu('c', 'r'), 'r').output('r_dq', 'float'),
    of: 'c',
    runsAs: 'float-qdq',
    rule: 'activation-zero-point',
  },
  {
    name: 'Conv of a float input',
    model: () => qdq(conv(build({ inputs: { x: ['float', [1, 8, 6, 6]] } }), 'x'), 'c').output('c_dq', 'float'),
    of: 'c',
    runsAs: 'float-qdq',
    rule: 'weight-only-layout',
  },
  {
    name: 'Conv with a float weight, which the runtime quantizes itself',
    model: () =>
      qdq(image().conv('x_dq', 'c', { channels: 4, inputChannels: 8, bias: false }), 'c').output('c_dq', 'float'),
    of: 'c',
    runsAs: 'int8',
  },
  { name: 'MatMul with Q', model: () => qdq(matMul(), 'm').output('m_dq', 'float'), of: 'm', runsAs: 'int8' },
  { name: 'MatMul without Q', model: () => matMul().output('m', 'float'), of: 'm', runsAs: 'int8' },
  {
    name: 'MatMul, Add of a bias, no Q',
    model: () => matMul().initializer('b', 'float', [16]).node('Add', ['m', 'b'], 'y').output('y', 'float'),
    of: 'm',
    runsAs: 'float-qdq',
    rule: 'bias-not-fused',
  },
  {
    name: 'MaxPool of one scale',
    model: () => qdq(image().node('MaxPool', ['x_dq'], 'p', { kernel_shape: [2, 2] }), 'p').output('p_dq', 'float'),
    of: 'p',
    runsAs: 'int8',
  },
  {
    name: 'MaxPool of two scales',
    model: () =>
      qdq(image().node('MaxPool', ['x_dq'], 'p', { kernel_shape: [2, 2] }), 'p', { scale: 0.04 }).output(
        'p_dq',
        'float',
      ),
    of: 'p',
    runsAs: 'float-qdq',
    rule: 'parameters-differ',
  },
  ...['Sigmoid', 'Softmax', 'LeakyRelu', 'GlobalAveragePool'].map(unary),
  ...['Tanh', 'HardSigmoid', 'HardSwish', 'Relu'].map(withoutKernel),
  {
    name: 'a layer that nobody quantized',
    model: () => qdq(conv(), 'c').node('Tanh', ['c_dq'], 't').node('Exp', ['t'], 'e').output('e', 'float'),
    of: 'e',
    runsAs: 'float',
    rule: 'not-quantized',
  },
];

describe('profile/audit: rules', () => {
  for (const { name, model, of, runsAs, rule } of cases) {
    it(`${name}: ${runsAs}${rule ? `, ${rule}` : ''}`, async () => {
      const builder = model();
      const report = await auditModel(builder.model(), await loadOrt());
      const layer = report.layers.find(({ node }) => node === builder.nodeNamed(of).label);
      assert.ok(layer, `no layer ${of} in ${JSON.stringify(report.layers)}`);
      assert.equal(layer.runsAs, runsAs);
      assert.equal(layer.rule, rule);
      if (rule) assert.match(layer.reason ?? '', /^[A-Zu-z].{10,}\.$/);
    });
  }

  it('looks into the branches of an If, whose constants have the same names', async () => {
    const builder = build({ inputs: { x: ['float', [4, 32]], c: ['bool', []] } });
    const branch = (): ModelBuilder => {
      const body = qdq(builder.body(), 'x');
      return quantizedWeight(body, 'w', [32, 16]).node('MatMul', ['x_dq', 'w'], 'm').output('m', 'float', [4, 16]);
    };
    const branches = { then_branch: branch(), else_branch: branch() };
    const model = builder.node('If', ['c'], 'y', branches).output('y', 'float', [4, 16]).model();
    const { layers } = await auditModel(model, await loadOrt());
    assert.deepEqual(
      layers.map(({ opType, runsAs }) => [opType, runsAs]),
      [
        ['MatMul', 'int8'],
        ['MatMul', 'int8'],
      ],
    );
  });

  it('gives no reasons for a model without quantized tensors', async () => {
    const model = build({ inputs: { x: ['float', [1, 3]] } })
      .relu('x', 'y')
      .output('y', 'float')
      .model();
    const report = await auditModel(model, await loadOrt());
    assert.equal(report.quantized, false);
    assert.deepEqual(
      report.layers.map(({ runsAs, reason }) => [runsAs, reason]),
      [['float', undefined]],
    );
  });
});
