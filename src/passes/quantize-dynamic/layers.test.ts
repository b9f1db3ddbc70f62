import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { all, pass, quantize } from '../../../test/support/quantizeDynamic';
import { reorderedGates } from '../../../test/support/recurrent';
import { floatsOf, lines, optimizedOperators, runModel, runPass } from '../../../test/support/runPass';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';

describe('passes/quantize-dynamic, other layers', () => {
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

  it('quantizes gates that the model reorders before a recurrent layer reads them', async () => {
    const { model: result, changed } = await quantize(reorderedGates());
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['lstm'],
    );
    assert.deepEqual(
      [...result.graph.nodes()].map(({ opType }) => opType),
      ['DynamicQuantizeLSTM'],
      'nothing is left of what put the weights together',
    );
  });
});
