import assert from 'node:assert/strict';
import { convertFloat16, storedType } from '../../../test/support/convertFloat16';
import { build, float } from '../../../test/support/models';
import { runModel, runPass } from '../../../test/support/runPass';
import { type PassResult } from '../../pass/result';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };

const reasonsOf = ({ skipped }: PassResult): Record<string, string> =>
  Object.fromEntries(skipped.map(({ node, reason }) => [node, reason]));

describe('passes/convert-float16, rules', () => {
  it('Shape reads float16 as well: no cast for it', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 4]] } })
      .relu('x', 'a')
      .node('Shape', ['a'], 'shape')
      .node('Reshape', ['a', 'shape'], 'b')
      .relu('b', 'y')
      .output('y');
    const { model } = await convertFloat16(builder);
    assert.equal([...model.graph.nodes()].filter(({ opType }) => opType === 'Cast').length, 2);
  });

  it('keeps what cannot be float16, with the reason', async () => {
    const builder = build({ inputs: { x: ['float', [1, 2, 4, 4]], s: ['int64', [1]] } })
      .initializer('scales', 'float', [4], [1, 1, 2, 2])
      .initializer('axis', 'int64', [], [1])
      .initializer('k', 'int64', [1], [2])
      .node('Resize', ['x', '', 'scales'], 'r', { mode: 'nearest' })
      .node('CumSum', ['r', 'axis'], 'c', {}, { name: 'sum' })
      .node('TopK', ['c', 'k'], ['t', 'ti'], {}, { name: 'top' })
      .node('RandomUniformLike', ['t'], 'u', { seed: float(1) }, { name: 'random' })
      .node('Add', ['t', 'u'], 'v', {}, { name: 'keep.me' })
      .node('Shape', ['v'], 'shape')
      .node('Cast', ['shape'], 'sf', { to: 1 }, { name: 'size' })
      .node('ReduceProd', ['sf'], 'p', { keepdims: 0 }, { name: 'product' })
      .node('Div', ['v', 'p'], 'y')
      .output('y');
    const result = await runPass(pass, builder.model(), { options: { exclude: ['keep*'] } });
    const reasons = reasonsOf(result);
    assert.equal(storedType(result.model, 'scales'), 'float');
    assert.match(reasons.sum!, /exact/);
    assert.match(reasons.top!, /order/);
    assert.match(reasons.random!, /random/);
    assert.match(reasons['keep.me']!, /Excluded/);
    assert.match(reasons.size!, /sizes/);
    assert.match(reasons.product!, /sizes/);
    assert.deepEqual(
      result.changed.map(({ opType }) => opType),
      ['Resize', 'Div'],
    );
    await runModel(result.model);
  });

  it('data that only moves between nodes in float32 stays there', async () => {
    const builder = build({ inputs: { x: ['float', [4, 4]] } })
      .initializer('axis', 'int64', [], [1])
      .node('CumSum', ['x', 'axis'], 'a')
      .node('Transpose', ['a'], 'b', { perm: [1, 0] }, { name: 'turn' })
      .node('CumSum', ['b', 'axis'], 'c')
      .matMul('c', 'y', [4, 4])
      .output('y');
    const result = await convertFloat16(builder);
    assert.match(reasonsOf(result).turn!, /between nodes in float32/);
    assert.equal([...result.model.graph.nodes()].filter(({ opType }) => opType === 'Cast').length, 2);
  });

  it('leaves quantized arithmetic alone', async () => {
    const builder = build({ inputs: { x: ['float', [1, 8]] } })
      .initializer('s', 'float', [], [0.05])
      .initializer('z', 'int8', [], [0])
      .initializer('w', 'int8', [8, 8])
      .node('QuantizeLinear', ['x', 's', 'z'], 'q')
      .node('DequantizeLinear', ['q', 's', 'z'], 'd')
      .node('DequantizeLinear', ['w', 's', 'z'], 'dw')
      .node('MatMul', ['d', 'dw'], 'm')
      .node('QuantizeLinear', ['m', 's', 'z'], 'mq')
      .node('DequantizeLinear', ['mq', 's', 'z'], 'md')
      .node('Softmax', ['md'], 'y')
      .output('y');
    const result = await runPass(pass, builder.model());
    assert.deepEqual(result.changed, []);
    assert.match(reasonsOf(result).MatMul_m!, /quantized arithmetic/);
  });

  it('has nothing to do for float16, and for models without floats', async () => {
    const half = build({ inputs: { x: ['float16', [2]] } })
      .relu('x', 'y')
      .output('y', 'float16', [2]);
    assert.match((await runPass(pass, half.model())).notes[0]!, /already/);
    const whole = build({ inputs: { x: ['int64', [2]] } })
      .node('Add', ['x', 'x'], 'y')
      .output('y', 'int64', [2]);
    assert.match((await runPass(pass, whole.model())).notes[0]!, /no floats/);
  });

  it('old models: listed initializers stay constants', async () => {
    const builder = build({ opset: 8, irVersion: 3, inputs: { x: ['float', ['n', 4]], w: ['float', [4, 4]] } })
      .initializer('w', 'float', [4, 4])
      .node('MatMul', ['x', 'w'], 'y')
      .output('y', 'float', ['n', 4]);
    const { model } = await convertFloat16(builder);
    assert.deepEqual(
      model.graph.inputs.map(({ name }) => name),
      ['x'],
    );
    const newer = build({ inputs: { x: ['float', ['n', 4]], w: ['float', [4, 4]] } })
      .initializer('w', 'float', [4, 4])
      .node('MatMul', ['x', 'w'], 'y')
      .output('y');
    assert.match((await convertFloat16(newer)).notes.join(' '), /A weight was listed as an input/);
  });

  it('recurrent, normalizing and contrib layers run', async () => {
    const builder = build({ opsets: { 'com.microsoft': 1 }, inputs: { x: ['float', [5, 'n', 8]] } })
      .initializer('w', 'float', [1, 64, 8])
      .initializer('r', 'float', [1, 64, 16])
      .node('LSTM', ['x', 'w', 'r'], ['h'], { hidden_size: 16 })
      .initializer('axes', 'int64', [1], [1])
      .node('Squeeze', ['h', 'axes'], 's')
      .initializer('scale', 'float', [16])
      .initializer('bias', 'float', [16])
      .node('LayerNormalization', ['s', 'scale', 'bias'], ['l', 'mean'], { axis: -1 })
      .node('FastGelu', ['l'], 'g', {}, { domain: 'com.microsoft' })
      .node('Add', ['g', 'mean'], 'y')
      .output('y')
      .output('mean');
    const { model, skipped } = await convertFloat16(builder, {}, 45);
    assert.deepEqual(skipped, []);
    const norm = [...model.graph.nodes()].find(({ opType }) => opType === 'LayerNormalization')!;
    assert.equal(norm.output(1)!.name, 'mean', 'the mean stays float32 and needs no cast');
  });

  it('steps around the product that ONNX Runtime dies of', async () => {
    for (const perm of [
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      const rows = perm[2] === 2 ? 6 : 4;
      const builder = build({ inputs: { x: ['float', [4, 5, 6]], z: ['float', [4, 5, 6]] } })
        .node('Transpose', ['x'], 't', { perm }, { name: 'turn' })
        .node('Identity', ['t'], 'i')
        .matMul('i', 'y', [rows, 3], { name: 'product' })
        .node('Transpose', ['z'], 'o', { perm: [0, 2, 1] }, { name: 'other' })
        .matMul('o', 'p', [5, 3], { name: 'fine' })
        .output('y')
        .output('p');
      const result = await convertFloat16(builder);
      const reasons = reasonsOf(result);
      assert.match(reasons.turn!, /dies/);
      assert.match(reasons.product!, /dies/);
      assert.deepEqual([reasons.other, reasons.fine], [undefined, undefined]);
    }
  });
});
