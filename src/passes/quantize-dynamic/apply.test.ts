import assert from 'node:assert/strict';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { float, build, type ModelBuilder } from '../../../test/support/models';
import { floatsOf, optimizedOperators, runModel, runPass } from '../../../test/support/runPass';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { type PassResult } from '../../pass/result';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };
const all = { layers: 'all' } as const;

/** The graph in one line per node: `MatMulInteger(x_quantized, w) -> y`. */
function lines(graph: Graph): string[] {
  return [...graph.nodes()].map((node) => {
    const inputs = node.inputs.map((value) => value?.name ?? '').join(', ');
    return `${node.opType}(${inputs}) -> ${node.outputs.map((value) => value?.name ?? '').join(', ')}`;
  });
}

const count = (model: Model, opType: string): number =>
  [...model.graph.allNodes()].filter((node) => node.opType === opType).length;

/** SQNR in dB of every float output, on the same random inputs. */
async function fidelity(before: Model, after: Model, dims: Record<string, number> = {}): Promise<number[]> {
  const feeds = randomFeeds(inputPorts(before, dims), { dims, seed: 3 });
  const [a, b] = [await runModel(before, feeds), await runModel(after, feeds)];
  return Object.keys(a).map((name) => {
    assert.deepEqual(b[name]!.shape, a[name]!.shape);
    return sqnrDb(differencePower(floatsOf(a[name]), floatsOf(b[name])));
  });
}

/** Applies with `layers: all` and checks properties and closeness in ONNX Runtime. */
async function quantize(
  builder: ModelBuilder,
  options: Parameters<typeof runPass<(typeof declaration)['options']>>[2] = {},
  leastDb = 30,
): Promise<PassResult> {
  const model = builder.model();
  const result = await runPass(pass, model, { ...options, options: { ...all, ...options.options } });
  for (const db of await fidelity(model, result.model, { n: 5 })) assert.ok(db > leastDb, `${db.toFixed(1)} dB`);
  return result;
}

describe('passes/quantize-dynamic', () => {
  it('MatMul: the form that the runtime fuses', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 64]] } })
      .matMul('x', 'y', [64, 32], { name: 'fc' })
      .output('y', 'float', ['n', 32]);
    const { model, changed, skipped } = await quantize(builder);
    assert.deepEqual(lines(model.graph), [
      'DynamicQuantizeLinear(x) -> x_quantized, x_scale, x_zero_point',
      'MatMulInteger(x_quantized, fc.weight_quantized, x_zero_point) -> y_MatMulInteger',
      'Cast(y_MatMulInteger) -> y_Cast',
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
    assert.equal(count(model, 'DynamicQuantizeLinear'), 1);
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
    const builder = build({ inputs: { x: ['float', ['n', 32]], i: ['int64', ['n']] } })
      .initializer('table', 'float', [40, 32])
      .node('Gather', ['table', 'i'], 'rows')
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
    for (const gone of ['Transpose', 'Identity', 'Reshape', 'Constant']) assert.equal(count(model, gone), 0, gone);
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

  it('LSTM becomes DynamicQuantizeLSTM, both directions, with initial state', async () => {
    const builder = build({
      inputs: { x: ['float', [6, 'n', 16]], h: ['float', [2, 'n', 24]], c: ['float', [2, 'n', 24]] },
    })
      .initializer('w', 'float', [2, 96, 16])
      .initializer('r', 'float', [2, 96, 24])
      .initializer('b', 'float', [2, 192])
      .node('LSTM', ['x', 'w', 'r', 'b', '', 'h', 'c'], ['y', 'yh', 'yc'], {
        hidden_size: 24,
        direction: 'bidirectional',
      })
      .output('y')
      .output('yh')
      .output('yc');
    for (const perChannel of [true, false]) {
      const { model } = await quantize(builder, { options: { perChannel } });
      assert.deepEqual(lines(model.graph), [
        'DynamicQuantizeLSTM(x, w_quantized, r_quantized, b, , h, c, , ' +
          'w_scale, w_quantized_zero_point, r_scale, r_quantized_zero_point) -> y, yh, yc',
      ]);
      assert.equal(model.opsets.get('com.microsoft'), 1);
      assert.equal(model.graph.initializers.has('w'), false);
    }
  });

  it('layers in bodies share the weights of the graph around them', async () => {
    const outer = build({ inputs: { x: ['float', ['n', 32]], flag: ['bool', []] } })
      .initializer('w', 'float', [32, 32])
      .initializer('v', 'float', [32, 32]);
    const yes = outer.body().node('MatMul', ['x', 'w'], 'a').output('a');
    const no = outer.body().node('MatMul', ['x', 'v'], 'b0').node('MatMul', ['b0', 'w'], 'b').output('b');
    outer.node('If', ['flag'], 'y', { then_branch: yes, else_branch: no }).output('y', 'float', ['n', 32]);
    const model = outer.model();
    const { model: quantized, changed } = await runPass(pass, model, { options: all });
    assert.equal(changed.length, 3);
    assert.deepEqual([...quantized.graph.initializers.keys()].sort(), [
      'v_quantized',
      'v_scale',
      'w_quantized',
      'w_scale',
    ]);
    for (const value of [0, 1]) {
      const random = randomFeeds(inputPorts(model), { dims: { n: 4 } });
      const feeds = { ...random, flag: { ...random.flag!, data: Uint8Array.of(value) } };
      const [a, b] = [await runModel(model, feeds), await runModel(quantized, feeds)];
      assert.ok(sqnrDb(differencePower(floatsOf(a.y), floatsOf(b.y))) > 30);
    }
  });

  it('convolutions only when asked, coded in uint8 around 128', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 8, 9, 9]] } })
      .conv('x', 'a', { channels: 16, inputChannels: 8, pad: 1 })
      .conv('a', 'y', { channels: 16, inputChannels: 16, kernel: 3, stride: 2, group: 2, bias: false })
      .output('y');
    const left = await runPass(pass, builder.model(), { options: all });
    assert.equal(left.changed.length, 0);
    assert.match(left.skipped[0]!.reason, /static quantization/);
    assert.match(left.notes[0]!, /convolutions/);
    const { model, changed } = await quantize(builder, { options: { convolutions: true } }, 25);
    assert.equal(changed.length, 2);
    assert.equal(model.graph.initializers.get('Conv_a.weight_quantized')!.constant!.dataType, 'uint8');
    await quantize(builder, { options: { convolutions: true, perChannel: false, reduceRange: true } }, 20);
  });

  it('a channel of zeros stays zero', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 16, 5, 5]] } })
      .initializer(
        'w',
        'float',
        [2, 16, 4, 4],
        Array.from({ length: 512 }, (_, i) => (i < 256 ? 0 : i % 7)),
      )
      .node('Conv', ['x', 'w'], 'y')
      .output('y');
    await quantize(builder, { options: { convolutions: true } });
  });

  it('raises old models to opset 11, and listed initializers stay constants', async () => {
    const builder = build({ opset: 9, irVersion: 3, inputs: { x: ['float', ['n', 32]], w: ['float', [32, 16]] } })
      .initializer('w', 'float', [32, 16])
      .node('MatMul', ['x', 'w'], 'y')
      .output('y', 'float', ['n', 16]);
    const { model } = await quantize(builder);
    assert.ok(model.opset >= 11 && model.irVersion >= 4);
    assert.deepEqual(
      model.graph.inputs.map(({ name }) => name),
      ['x'],
    );
    assert.deepEqual(await optimizedOperators(model), { DynamicQuantizeMatMul: 1 });
  });

  it('makes weights that are listed as inputs constant, and says so', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 32]], w: ['float', [32, 16]] } })
      .initializer('w', 'float', [32, 16])
      .node('MatMul', ['x', 'w'], 'y')
      .output('y');
    const { model, notes } = await quantize(builder);
    assert.deepEqual(
      model.graph.inputs.map(({ name }) => name),
      ['x'],
    );
    assert.match(notes[0]!, /^A weight was listed as an input/);
  });

  it('says why each layer is left alone', async () => {
    const nan = Array.from({ length: 1024 }, (_, i) => (i === 7 ? NaN : i % 5));
    const builder = build({ inputs: { x: ['float', [32, 32]], d: ['double', [32, 32]] } })
      .initializer('w', 'float', [32, 32])
      .initializer('wd', 'double', [32, 32])
      .initializer('nan', 'float', [32, 32], nan)
      .initializer('tiny', 'float', [32, 4])
      .initializer('vector', 'float', [1024])
      .node('MatMul', ['x', 'x'], 'two', {}, { name: 'two' })
      .node('MatMul', ['w', 'x'], 'left', {}, { name: 'left' })
      .node('MatMul', ['w', 'w'], 'both', {}, { name: 'both' })
      .node('MatMul', ['d', 'wd'], 'double', {}, { name: 'double' })
      .node('MatMul', ['x', 'nan'], 'nan_out', {}, { name: 'nan' })
      .node('MatMul', ['x', 'tiny'], 'small', {}, { name: 'small' })
      .node('Gemm', ['x', 'w'], 'turned', { transA: 1 }, { name: 'turned' })
      .node('MatMul', ['x', 'w'], 'named', {}, { name: 'keep/this' })
      .initializer('gw', 'float', [1, 96, 32])
      .initializer('gr', 'float', [1, 96, 32])
      .initializer('axes', 'int64', [1], [0])
      .node('Unsqueeze', ['x', 'axes'], 'sequence')
      .node('GRU', ['sequence', 'gw', 'gr'], ['gru'], { hidden_size: 32 }, { name: 'gru' });
    for (const name of ['two', 'left', 'both', 'double', 'nan_out', 'small', 'turned', 'named', 'gru']) {
      builder.output(name);
    }
    const { changed, skipped } = await runPass(pass, builder.model(), { options: { ...all, exclude: ['keep/*'] } });
    assert.deepEqual(changed, []);
    const reasons = Object.fromEntries(skipped.map(({ node, reason }) => [node, reason]));
    assert.match(reasons.two!, /two activations/);
    assert.match(reasons.left!, /left factor/);
    assert.match(reasons.both!, /Both factors/);
    assert.match(reasons.double!, /double/);
    assert.match(reasons.nan!, /NaN/);
    assert.match(reasons.small!, /fewer/);
    assert.match(reasons.turned!, /transA/);
    assert.match(reasons['keep/this']!, /Excluded/);
    assert.match(reasons.gru!, /no int8 GRU/);
    assert.equal(skipped.length, 9);
  });

  it('holds on random stacks of layers', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const builder = build({ seed, inputs: { x: ['float', ['n', 32]] } });
      let from = 'x';
      let width = 32;
      for (let depth = 0; depth < 1 + (seed % 3); depth++) {
        const next = 32 + ((seed * 13 + depth * 29) % 64);
        const to = `h${depth}`;
        if ((seed + depth) % 2 === 0) builder.gemm(from, to, [width, next]);
        else builder.matMul(from, to, [width, next]);
        if (seed % 4 === 0) builder.relu(to, `${to}r`);
        from = seed % 4 === 0 ? `${to}r` : to;
        width = next;
      }
      await quantize(builder.output(from), { options: { perChannel: seed % 3 !== 0 } }, 25);
    }
  });
});
