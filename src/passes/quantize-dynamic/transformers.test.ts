import assert from 'node:assert/strict';
import { build, float } from '../../../test/support/models';
import { all, pass, quantize } from '../../../test/support/quantizeDynamic';
import { lines, optimizedOperators, runPass } from '../../../test/support/runPass';
import { Tensor } from '../../graph/tensor';
import { apply as quantizeWeights } from '../quantize-weights/apply';

const attention = (extra: readonly string[] = ['bias'], attributes = {}) =>
  build({ opsets: { 'com.microsoft': 1 }, inputs: { x: ['float', ['n', 6, 32]] } })
    .initializer('w', 'float', [32, 96])
    .initializer('bias', 'float', [96])
    .initializer('mask', 'int32', [5], [6, 6, 6, 6, 6])
    .node(
      'Attention',
      ['x', 'w', ...extra],
      'y',
      { num_heads: 4, ...attributes },
      { name: 'self', domain: 'com.microsoft' },
    )
    .output('y', 'float', ['n', 6, 32]);

describe('passes/quantize-dynamic, transformers', () => {
  it('Attention becomes QAttention', async () => {
    for (const perChannel of [true, false]) {
      const { model, changed } = await quantize(attention(['bias', 'mask'], { scale: float(0.25) }), {
        options: { perChannel },
      });
      assert.deepEqual(lines(model.graph), [
        'DynamicQuantizeLinear(x) -> x_quantized, x_scale, x_zero_point',
        'QAttention(x_quantized, w_quantized, bias, x_scale, w_scale, mask, x_zero_point, w_quantized_zero_point) -> y',
      ]);
      assert.deepEqual([changed[0]!.node, changed[0]!.bytesBefore], ['self', 32 * 96 * 4]);
      assert.ok((await optimizedOperators(model)).QAttention);
    }
  });

  it('says which Attention has no int8 form', async () => {
    const { skipped, changed } = await runPass(pass, attention([]).model(), { options: all });
    assert.deepEqual(changed, []);
    assert.deepEqual(skipped, [{ node: 'self', opType: 'Attention', reason: 'QAttention needs a bias.' }]);
  });

  it('looks embeddings up in int8 and restores the rows', async () => {
    for (const perChannel of [true, false]) {
      const builder = build({ inputs: { i: ['int64', ['n']] } })
        .initializer('table', 'float', [64, 48])
        .node('Gather', ['table', 'i'], 'rows', {}, { name: 'embedding' })
        .matMul('rows', 'y', [48, 32], { name: 'fc' })
        .output('y', 'float', ['n', 32]);
      const { model, changed } = await quantize(builder, { options: { perChannel } }, 28);
      assert.deepEqual(
        changed.map(({ node }) => node),
        ['embedding', 'fc'],
      );
      assert.equal(model.graph.initializers.get('table_quantized')!.constant!.dataType, 'int8');
      assert.equal(model.graph.initializers.has('table'), false);
      assert.deepEqual(lines(model.graph).slice(0, perChannel ? 4 : 3), [
        'Gather(table_quantized, i) -> rows_Gather',
        ...(perChannel ? ['Gather(table_scale, i) -> rows_Gather_1'] : []),
        'Cast<float>(rows_Gather) -> rows_Cast',
        `Mul(rows_Cast, ${perChannel ? 'rows_Gather_1' : 'table_scale'}) -> rows`,
      ]);
    }
  });

  it('stores a table once that a product reads turned, in whatever order they come', async () => {
    for (const first of ['table', 'product'] as const) {
      for (const perChannel of [true, false]) {
        const builder = build({ inputs: { i: ['int64', ['n']], x: ['float', ['n', 48]] } })
          .initializer('table', 'float', [64, 48])
          .node('Transpose', ['table'], 'turned', { perm: [1, 0] });
        const look = () => builder.node('Gather', ['table', 'i'], 'rows', {}, { name: 'embedding' });
        if (first === 'table') look();
        builder.node('MatMul', ['x', 'turned'], 'scores', {}, { name: 'head' });
        if (first === 'product') look();
        const { model, changed } = await quantize(builder.output('rows').output('scores'), { options: { perChannel } });
        const codes = [...model.graph.initializers.values()].filter(({ constant }) => constant!.dataType === 'int8');
        assert.equal(codes.length, 1);
        assert.match(changed[1]!.what, /weights shared/);
        const operators = await optimizedOperators(model);
        assert.deepEqual([operators.DynamicQuantizeMatMul, operators.Transpose], [1, undefined]);
      }
    }
  });

  it('leaves embeddings in float when nothing else gains, and shapes that are looked up alone', async () => {
    const builder = build({ inputs: { x: ['float', ['n', 3]], i: ['int64', ['n']] } })
      .initializer('table', 'float', [64, 48])
      .node('Gather', ['table', 'i'], 'y', {}, { name: 'embedding' })
      .node('Shape', ['x'], 's')
      .initializer('zero', 'int64', [1], [0])
      .node('Gather', ['s', 'zero'], 'z')
      .output('y')
      .output('z');
    const { changed, skipped } = await runPass(pass, builder.model());
    assert.deepEqual(changed, []);
    assert.deepEqual(skipped, [
      { node: 'embedding', opType: 'Gather', reason: 'No product gains from int8, and embeddings alone gain no time.' },
    ]);
  });

  it('takes weights that were stored quantized, with the same codes', async () => {
    const float32 = build({ inputs: { x: ['float', ['n', 64]] } })
      .matMul('x', 'a', [64, 48], { name: 'first' })
      .gemm('a', 'y', [48, 32], { name: 'second' })
      .output('y', 'float', ['n', 32])
      .model();
    const options = {
      bits: 8,
      method: 'rtn',
      keepSums: true,
      fineEdges: true,
      blockSize: 32,
      granularity: 'channel',
      symmetric: true,
      accuracyLevel: 4,
      minElements: 0,
      exclude: [],
    } as const;
    const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined };
    const stored = await quantizeWeights(float32, { ...options, form: 'dequantize-linear' }, context);
    const codes = (names: readonly string[], of: typeof float32): Buffer =>
      Buffer.concat(names.map((name) => of.graph.initializers.get(name)!.constant!.bytes()));
    const { model, changed } = await runPass(pass, stored.model, { options: all });
    assert.equal(changed.length, 2);
    assert.equal(lines(model.graph).filter((line) => line.startsWith('DequantizeLinear')).length, 0);
    assert.equal(
      Buffer.compare(
        codes(['first.weight_DequantizeLinear_Output_quantized'], model),
        codes(['first.weight_quantized'], stored.model),
      ),
      0,
    );
  });

  it('undoes blocked DequantizeLinear of any width', async () => {
    const packed = Uint8Array.from({ length: (64 * 32) / 2 }, (_, i) => (i * 37) & 255);
    const builder = build({ opset: 21, irVersion: 10, inputs: { x: ['float', ['n', 64]] } })
      .constant(Tensor.ofBytes('q', 'int4', [64, 32], packed))
      .initializer('s', 'float', [2, 32])
      .node('DequantizeLinear', ['q', 's'], 'w', { axis: 0, block_size: 32 })
      .node('MatMul', ['x', 'w'], 'y', {}, { name: 'fc' })
      .output('y', 'float', ['n', 32]);
    const { changed } = await quantize(builder);
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['fc'],
    );
  });
});
