import assert from 'node:assert/strict';
import { build, type ModelBuilder, float } from '../../../test/support/models';
import { quantize } from '../../../test/support/quantizeDynamic';
import { countNodes, floatsOf, lines, optimizedOperators, runModel } from '../../../test/support/runPass';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';

describe('passes/quantize-dynamic, products', () => {
  it('MatMul: the form that the runtime fuses', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 64]] } })
      .matMul('x', 'y', [64, 32], { name: 'fc' })
      .output('y', 'float', ['n', 32]);
    const { model, changed, skipped } = await quantize(builder);
    assert.deepEqual(lines(model.graph), [
      'DynamicQuantizeLinear(x) -> x_quantized, x_scale, x_zero_point',
      'MatMulInteger(x_quantized, fc.weight_quantized, x_zero_point) -> y_MatMulInteger',
      'Cast<float>(y_MatMulInteger) -> y_Cast',
      'Mul(x_scale, fc.weight_scale) -> y_Mul',
      'Mul(y_Cast, y_Mul) -> y',
    ]);
    assert.deepEqual([...model.graph.initializers.keys()].sort(), ['fc.weight_quantized', 'fc.weight_scale']);
    assert.deepEqual(skipped, []);
    const [layer] = changed;
    assert.deepEqual(
      { ...layer, weightSqnrDb: Math.round(layer!.weightSqnrDb! / 5) * 5 },
      {
        node: 'fc',
        opType: 'MatMul',
        what: 'float32 → int8 per channel',
        bytesBefore: 64 * 32 * 4,
        bytesAfter: 64 * 32 + 32 * 4,
        weightSqnrDb: 45,
        latencyBeforeMs: undefined,
        latencyAfterMs: undefined,
      },
    );
    assert.deepEqual(await optimizedOperators(model), { DynamicQuantizeMatMul: 1 });
  });

  it('computes exactly what the formulas say', async () => {
    const builder = build({ inputs: { x: ['float', [3, 32]] } })
      .matMul('x', 'y', [32, 16])
      .output('y');
    const original = builder.model();
    const weight = new Float32Array(
      original.graph.initializers.get('MatMul_y.weight')!.constant!.bytes().slice().buffer,
    );
    const { model } = await quantize(builder);
    const feeds = randomFeeds(inputPorts(model), { seed: 9 });
    const x = floatsOf(feeds.x);
    // DynamicQuantizeLinear (ONNX): uint8 over the range widened to 0.
    const [low, high] = [Math.min(0, ...x), Math.max(0, ...x)];
    const scale = Math.fround((high - low) / 255);
    const even = (value: number): number => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));
    const zero = Math.min(255, Math.max(0, even(-low / scale)));
    const expected = new Float32Array(3 * 16);
    for (let n = 0; n < 16; n++) {
      const column = Array.from({ length: 32 }, (_, k) => weight[k * 16 + n]!);
      const step = Math.fround(Math.max(...column.map(Math.abs)) / 127);
      for (let m = 0; m < 3; m++) {
        let sum = 0;
        column.forEach((w, k) => {
          const code = Math.min(255, Math.max(0, even(x[m * 32 + k]! / scale) + zero)) - zero;
          sum += code * even(w / step);
        });
        expected[m * 16 + n] = sum * scale * step;
      }
    }
    const { y } = await runModel(model, feeds);
    assert.ok(sqnrDb(differencePower(expected, floatsOf(y))) > 100);
  });

  it('Gemm: alpha into the scale, beta into C, transB undone, the bias fused', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 48]] } })
      .initializer('w', 'float', [24, 48])
      .initializer('c', 'float', [1, 24])
      .node('Gemm', ['x', 'w', 'c'], 'y', { transB: 1, alpha: 0.5, beta: float(2) })
      .output('y');
    const { model } = await quantize(builder);
    assert.deepEqual(model.graph.initializers.get('w_quantized')!.constant!.shape, [48, 24]);
    assert.deepEqual(await optimizedOperators(model), { DynamicQuantizeMatMul: 1 });
  });

  it('Gemm: C computed, scaled by beta, or absent', async () => {
    const start = (): ModelBuilder =>
      build({ inputs: { x: ['float', ['n', 48]], c: ['float', ['n', 24]] } }).initializer('w', 'float', [48, 24]);
    await quantize(
      start()
        .node('Gemm', ['x', 'w', 'c'], 'y', { beta: float(-3) })
        .output('y'),
    );
    await quantize(
      start()
        .node('Gemm', ['x', 'w', 'c'], 'y', { beta: float(0) })
        .output('y'),
    );
    await quantize(start().node('Gemm', ['x', 'w', 'c'], 'y').output('y'));
    await quantize(start().node('Gemm', ['x', 'w'], 'y').output('y'));
  });

  it('quantizes an activation once for all its readers', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 40]] } });
    for (const name of ['q', 'k', 'v']) builder.matMul('x', name, [40, 40]).output(name);
    const { model } = await quantize(builder);
    assert.equal(countNodes(model, 'DynamicQuantizeLinear'), 1);
    assert.deepEqual(await optimizedOperators(model), { DynamicQuantizeLinear: 1, MatMulIntegerToFloat: 3 });
  });

  it('quantizes a shared weight once, in each form that is read', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 32]] } })
      .initializer('w', 'float', [32, 32])
      .node('MatMul', ['x', 'w'], 'a')
      .node('MatMul', ['a', 'w'], 'b')
      .node('Gemm', ['b', 'w'], 'y', { transB: 1 })
      .output('y');
    const { model, changed } = await quantize(builder, {}, 25);
    assert.deepEqual(
      [...model.graph.initializers.keys()].filter((name) => name.includes('quantized')),
      ['w_quantized', 'w_quantized_1'],
    );
    assert.deepEqual(
      changed.map(({ bytesBefore, bytesAfter }) => [bytesBefore, bytesAfter]),
      [
        [4096, 1152],
        [0, 0],
        [4096, 1152],
      ],
    );
    assert.match(changed[1]!.what, /shared/);
  });

  it('keeps a float weight that another node reads, and says so', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 32]], i: ['int64', ['n', 32]] } })
      .initializer('table', 'float', [40, 32])
      .node('GatherElements', ['table', 'i'], 'rows')
      .node('Add', ['rows', 'x'], 'h')
      .node('Gemm', ['h', 'table'], 'y', { transB: 1 })
      .output('y');
    const { notes } = await quantize(builder);
    assert.deepEqual(notes, ['Weight "table" is kept in float32 as well: other nodes read it.']);
  });

  it('finds weights behind Transpose, Identity, Reshape and in Constant nodes', async () => {
    const constant = build().initializer('t', 'float', [32, 32]).model().graph.initializers.get('t')!.constant!;
    const builder = build({ inputs: { x: ['float', ['n', 32]] } })
      .initializer('w', 'float', [24, 32])
      .node('Transpose', ['w'], 'wt', { perm: [1, 0] })
      .node('MatMul', ['x', 'wt'], 'a')
      .initializer('f', 'float', [4, 6, 32])
      .initializer('shape', 'int64', [2], [0, -1])
      .initializer('shape2', 'int64', [2], [24, 32])
      .node('Reshape', ['f', 'shape2'], 'fr')
      .node('Identity', ['fr'], 'fi')
      .node('MatMul', ['a', 'fi'], 'b')
      .node('Constant', [], 'k', { value: constant })
      .node('MatMul', ['b', 'k'], 'y')
      .output('y');
    const { model, changed } = await quantize(builder, {}, 25);
    assert.equal(changed.length, 3);
    for (const gone of ['Transpose', 'Identity', 'Reshape', 'Constant']) assert.equal(countNodes(model, gone), 0, gone);
    assert.deepEqual(await optimizedOperators(model), { DynamicQuantizeMatMul: 3 });
  });

  it('stacks of matrices keep a scale for each column of each', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 3, 5, 24]] } })
      .initializer('w', 'float', [3, 24, 16])
      .node('MatMul', ['x', 'w'], 'y')
      .output('y');
    const { model } = await quantize(builder);
    assert.deepEqual(model.graph.initializers.get('w_scale')!.constant!.shape, [3, 1, 16]);
    await quantize(builder, { options: { perChannel: false } });
  });

  it('one scale per tensor, and a reduced range', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 64]] } })
      .matMul('x', 'y', [64, 32])
      .output('y');
    const tensor = await quantize(builder, { options: { perChannel: false } });
    assert.deepEqual(tensor.model.graph.initializers.get('MatMul_y.weight_scale')!.constant!.shape, []);
    assert.match(tensor.changed[0]!.what, /per tensor/);
    const reduced = await quantize(builder, { options: { reduceRange: true } });
    const codes = new Int8Array(reduced.model.graph.initializers.get('MatMul_y.weight_quantized')!.constant!.bytes());
    assert.equal(Math.max(...codes.map(Math.abs)), 64);
  });
});
