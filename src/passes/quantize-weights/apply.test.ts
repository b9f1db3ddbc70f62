import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { initializers, lines, type Options, pass, quantize } from '../../../test/support/quantizeWeights';
import { optimizedOperators, passContext, runPass } from '../../../test/support/runPass';
import { parseModel } from '../../graph/text/parse';
import { parseOptions } from '../../pass/option';
import { LapidaryError } from '../../protocol/errors';
import { apply } from './apply';
import { declaration } from './declaration';

const linear = (rows = 24, columns = 32): ModelBuilder =>
  build({ inputs: { x: ['float', ['n', rows]] } })
    .matMul('x', 'y', [rows, columns], { name: 'fc' })
    .output('y', 'float', ['n', columns]);

const rows = (columns = 16): ModelBuilder => build({ inputs: { x: ['float', [4, columns]] } });

describe('passes/quantize-weights', () => {
  it('restores weights by what ONNX Runtime folds when it loads the model', async () => {
    const { model, changed, skipped, notes } = await quantize(linear().model());
    assert.deepEqual(lines(model.graph), [
      'Cast(fc.weight_quantized) -> fc.weight_Cast_Output',
      'Mul(fc.weight_Cast_Output, fc.weight_scale) -> fc.weight_Mul_Output',
      'MatMul(x, fc.weight_Mul_Output) -> y',
    ]);
    assert.deepEqual(initializers(model.graph), {
      'fc.weight_quantized': 'int8[24,32]',
      'fc.weight_scale': 'float[1,32]',
    });
    assert.deepEqual(
      changed.map(({ weightSqnrDb, ...rest }) => ({ ...rest, good: weightSqnrDb! > 40 })),
      [
        {
          node: 'fc',
          opType: 'MatMul',
          what: 'float32 → int8 per channel (axis 1)',
          bytesBefore: 24 * 32 * 4,
          bytesAfter: 24 * 32 + 32 * 4,
          good: true,
        },
      ],
    );
    assert.deepEqual(skipped, []);
    assert.match(notes.join(), /Speed and memory are those of the original/);
    assert.deepEqual(await optimizedOperators(model), { MatMul: 1 });
  });

  it('restores weights by DequantizeLinear when asked, at the opset that takes', async () => {
    const builder = build({ opset: 11, inputs: { x: ['float', [1, 3, 8, 8]] } })
      .conv('x', 'c', { channels: 16, inputChannels: 3, kernel: 5 })
      .node('Softmax', ['c'], 'y', { axis: 1 })
      .output('y');
    const { model, notes } = await quantize(builder.model(), { form: 'dequantize-linear' });
    assert.equal(model.opset, 13);
    assert.match(notes[0]!, /Raised from opset 11 to 13/);
    assert.deepEqual(lines(model.graph).slice(0, 2), [
      'DequantizeLinear(Conv_c.weight_quantized, Conv_c.weight_scale) -> Conv_c.weight_DequantizeLinear_Output',
      'Conv(x, Conv_c.weight_DequantizeLinear_Output, Conv_c.bias) -> c',
    ]);
    const dequantize = [...model.graph.nodes()][0]!;
    assert.equal(dequantize.int('axis'), 0);
    assert.deepEqual(initializers(model.graph)['Conv_c.weight_scale'], 'float[16]');
    // What the note warns of: ONNX Runtime does not fold it.
    assert.equal((await optimizedOperators(model)).DequantizeLinear, 1);
  });

  it('mixed: DequantizeLinear where ONNX Runtime multiplies by 8-bit weights, Cast and Mul elsewhere', async () => {
    const builder = build({ opset: 11, inputs: { x: ['float', [4, 16]] } })
      .matMul('x', 'a', [16, 32], { name: 'product' })
      .gemm('a', 'y', [32, 16], { name: 'transposed' })
      .output('y');
    const { model, notes } = await quantize(builder.model(), { form: 'mixed' });
    assert.equal(model.opset, 13);
    assert.match(notes.join(), /Measure on the machine/);
    assert.deepEqual(
      [...model.graph.nodes()].map((node) => node.opType),
      ['DequantizeLinear', 'MatMul', 'Cast', 'Mul', 'Gemm'],
    );
    const run = await optimizedOperators(model);
    assert.deepEqual([run.MatMulNBits, run.Gemm, run.DequantizeLinear, run.Cast], [1, 1, undefined, undefined]);
    // Without such a product there is nothing to raise for.
    const convolution = build({ opset: 11, inputs: { x: ['float', [1, 3, 8, 8]] } })
      .conv('x', 'y', { channels: 16, inputChannels: 3, kernel: 5 })
      .output('y');
    assert.equal((await quantize(convolution.model(), { form: 'mixed' })).model.opset, 11);
  });

  it('stores zero points when the range is not symmetric', async () => {
    for (const form of ['cast-mul', 'dequantize-linear'] as const) {
      const { model, changed } = await quantize(linear().model(), { form, symmetric: false });
      assert.equal(initializers(model.graph)['fc.weight_quantized'], 'uint8[24,32]');
      assert.equal(
        initializers(model.graph)['fc.weight_zero_point'],
        form === 'cast-mul' ? 'float[1,32]' : 'uint8[32]',
      );
      assert.equal(changed[0]!.bytesAfter, 24 * 32 + 32 * 4 + (form === 'cast-mul' ? 32 * 4 : 32));
    }
  });

  it('uses one scale for the tensor when asked', async () => {
    for (const form of ['cast-mul', 'dequantize-linear'] as const) {
      const { model, changed } = await quantize(linear().model(), { form, granularity: 'tensor' });
      assert.equal(initializers(model.graph)['fc.weight_scale'], 'float[]');
      assert.equal(changed[0]!.what, 'float32 → int8 per tensor');
    }
  });

  it('quantizes a weight once, however many layers read it', async () => {
    const builder = rows()
      .initializer('w', 'float', [16, 16])
      .node('MatMul', ['x', 'w'], 'a', {}, { name: 'first' })
      .node('Gemm', ['a', 'w'], 'b', { transB: 1 }, { name: 'second' })
      .node('Add', ['b', 'a'], 'y')
      .output('y');
    const { model, changed } = await quantize(builder.model());
    assert.deepEqual(initializers(model.graph), { w_quantized: 'int8[16,16]', w_scale: 'float[1,16]' });
    assert.deepEqual(
      changed.map(({ node, what }) => [node, what]),
      [
        ['first', 'float32 → int8 per channel (axis 1)'],
        ['second', 'shares the weights of first'],
      ],
    );
  });

  it('quantizes half and double weights, which come back as what they were', async () => {
    for (const [dataType, code] of [
      ['float16', 10],
      ['double', 11],
    ] as const) {
      const builder = rows();
      const values = Array.from({ length: 480 }, (_, i) => (dataType === 'double' ? Math.sin(i) : 0x3000 + (i % 64)));
      builder
        .initializer('w', dataType, [16, 30], values)
        .node('Cast', ['x'], 'h', { to: code })
        .node('MatMul', ['h', 'w'], 'm', {}, { name: 'fc' })
        .node('Cast', ['m'], 'y', { to: 1 })
        .output('y');
      const { model, changed } = await quantize(builder.model());
      assert.match(changed[0]!.what, dataType === 'double' ? /^float64 → int8/ : /^float16 → int8/);
      const left = await optimizedOperators(model);
      assert.equal(left.Mul, undefined, 'folded');
    }
  });

  it('quantizes weights of bodies where they are, and outer ones outside', async () => {
    const builder = build({ inputs: { c: ['bool', []], x: ['float', [2, 16]] } }).initializer(
      'outer',
      'float',
      [16, 20],
    );
    const yes = builder.body({ name: 'yes' }).node('MatMul', ['x', 'outer'], 'a').output('a', 'float', [2, 20]);
    const no = builder.body({ name: 'no' }).initializer('inner', 'float', [16, 20]);
    no.node('MatMul', ['x', 'inner'], 'b').output('b', 'float', [2, 20]);
    builder.node('If', ['c'], 'y', { then_branch: yes, else_branch: no }).output('y');
    const { model, changed } = await quantize(builder.model());
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['MatMul_a', 'MatMul_b'],
    );
    assert.deepEqual(lines(model.graph), [
      'Cast(outer_quantized) -> outer_Cast_Output',
      'Mul(outer_Cast_Output, outer_scale) -> outer_Mul_Output',
      'If(c) -> y',
    ]);
    const inner = [...model.graph.nodes()][2]!.subgraph('else_branch')!;
    assert.deepEqual(initializers(inner), { inner_quantized: 'int8[16,20]', inner_scale: 'float[1,20]' });
  });

  it('quantizes what Constant nodes hold, in functions too', async () => {
    const values = Array.from({ length: 400 }, (_, i) => `${(Math.sin(i) / 10).toFixed(4)}`).join(', ');
    const text = `<ir_version: 8, opset_import: ["": 17, "local": 1]>
      g (float[2, 20] x) => (float[2, 20] y) {
        w = Constant <value = float[20, 20] {${values}}> ()
        t = MatMul (x, w)
        y = local.dense (t)
      }
      <domain: "local", opset_import: ["": 17]>
      dense (a) => (b) { v = Constant <value = float[20, 20] {${values}}> ()  b = MatMul (a, v) }`;
    const { model, changed } = await quantize(parseModel(text));
    assert.equal(changed.length, 2);
    assert.deepEqual(lines(model.graph).slice(0, 3), [
      'Cast(w_quantized) -> w_Cast_Output',
      'Mul(w_Cast_Output, w_scale) -> w_Mul_Output',
      'MatMul(x, w_Mul_Output) -> t',
    ]);
    assert.deepEqual(lines(model.functions[0]!.body), [
      'Constant() -> v_quantized',
      'Constant() -> v_scale',
      'Cast(v_quantized) -> v_Cast_Output',
      'Mul(v_Cast_Output, v_scale) -> v_Mul_Output',
      'MatMul(a, v_Mul_Output) -> b',
    ]);
  });

  /** Reasons by node of a model that stays as it is. */
  async function reasons(builder: ModelBuilder, options: Options = {}): Promise<Record<string, string>> {
    const { changed, skipped } = await runPass(pass, builder.model(), { options });
    assert.deepEqual(changed, []);
    return Object.fromEntries(skipped.map(({ node, reason }) => [node, reason]));
  }

  it('says why a layer stays as it is', async () => {
    assert.deepEqual(await reasons(linear(10, 20)), {
      fc: 'Its weight has 200 elements: too few to save anything.',
    });
    assert.deepEqual(await reasons(linear(), { exclude: ['f?'] }), { fc: 'Excluded by name.' });
    assert.deepEqual(await reasons(linear(4, 30), { minElements: 0 }), {
      fc: 'Eight bits would save next to nothing here.',
    });
    assert.deepEqual(await reasons(linear().output('fc.weight')), {
      fc: 'Its weight is an output of the graph as well.',
    });
    const vector = rows(300).initializer('b', 'float', [300]).node('Add', ['x', 'b'], 'y').output('y');
    assert.match((await reasons(vector)).Add_y!, /^A vector stays in float/);
    const norm = build({ inputs: { x: ['float', [1, 300, 2]] } });
    for (const name of ['s', 'b', 'm']) norm.initializer(name, 'float', [300]);
    norm.node('Mul', ['m', 'm'], 'v').node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y').output('y');
    assert.match((await reasons(norm)).BatchNormalization_y!, /^Scale and shift of a normalization/);
    const indices = rows().initializer('i', 'float', [2, 200]).node('Cast', ['i'], 'j', { to: 7 });
    indices.initializer('t', 'int64', [100]).node('Gather', ['t', 'j'], 'y').output('y');
    assert.deepEqual(await reasons(indices), { Cast_j: 'Cast makes other numbers of it than weights.' });
    const strange = rows().initializer('w', 'float', [16, 30]).initializer('a', 'int64', [], [0]);
    strange.node('CumSum', ['w', 'a'], 'y').output('y');
    assert.deepEqual(await reasons(strange), { CumSum_y: 'CumSum is not known to have weights there.' });
  });

  it('leaves weights with NaN or infinities alone', async () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const values = Array.from({ length: 480 }, (_, i) => (i === 77 ? bad : i / 480));
      const builder = rows().initializer('w', 'float', [16, 30], values).node('MatMul', ['x', 'w'], 'y').output('y');
      assert.deepEqual(await reasons(builder), { MatMul_y: 'Its weight holds NaN or infinities.' });
    }
  });

  it('leaves alone what is quantized already', async () => {
    for (const form of ['cast-mul', 'dequantize-linear'] as const) {
      const { model } = await quantize(linear(40, 300).model(), { form, symmetric: false });
      const { changed, skipped } = await runPass(pass, model, {});
      assert.deepEqual(changed, []);
      assert.deepEqual(skipped, [{ node: 'fc', opType: 'MatMul', reason: 'Its weights are quantized already.' }]);
    }
    const integer = rows()
      .initializer('w', 'int8', [16, 30])
      .node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z'])
      .node('MatMulInteger', ['q', 'w', 'z'], 'y')
      .output('y');
    assert.deepEqual(await reasons(integer), { MatMulInteger_y: 'Its weights are quantized already.' });
  });

  it('makes constants of weights that a caller could replace, and says so', async () => {
    const builder = linear();
    const model = builder.model();
    model.graph.inputs.push(builder.value('fc.weight'));
    const { model: result, notes } = await quantize(model);
    assert.deepEqual(
      result.graph.inputs.map(({ name }) => name),
      ['x'],
    );
    assert.match(notes.join(), /A weight .* constant now/);
  });

  it('reads models of IR version 3, where every initializer is an input', async () => {
    const builder = build({ opset: 7, irVersion: 3, inputs: { x: ['float', [1, 3, 8, 8]] } });
    builder.conv('x', 'y', { channels: 16, inputChannels: 3, kernel: 5 }).output('y');
    for (const value of builder.graph.initializers.values()) builder.graph.inputs.push(value);
    const { model, notes } = await quantize(builder.model());
    assert.deepEqual([model.opset, model.irVersion, model.graph.inputs.length], [7, 4, 1]);
    assert.equal(notes.length, 1);
  });

  it('keeps names apart', async () => {
    const builder = linear().initializer('fc.weight_scale', 'float', [32]);
    builder.node('Add', ['y', 'fc.weight_scale'], 'z').output('z');
    const { model } = await quantize(builder.model());
    assert.equal(initializers(model.graph)['fc.weight_scale'], 'float[32]');
    assert.equal(initializers(model.graph)['fc.weight_scale_1'], 'float[1,32]');
  });

  it('stops when it is cancelled, and tells where it is', async () => {
    const abort = new AbortController();
    const builder = linear(32).matMul('y', 'z', [32, 32], { name: 'second' }).output('z');
    const seen: string[] = [];
    const context = passContext({
      signal: abort.signal,
      progress: ({ node }) => {
        seen.push(node!);
        abort.abort();
      },
    });
    await assert.rejects(
      apply(builder.model(), parseOptions(declaration.options, {}), context),
      (error) => error instanceof LapidaryError && error.code === 'cancelled',
    );
    assert.deepEqual(seen, ['fc']);
  });
});
