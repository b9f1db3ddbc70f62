import assert from 'node:assert/strict';
import { assertSound } from '../../../test/support/channels';
import { build, type ModelBuilder } from '../../../test/support/models';
import { passContext, runModel, runPass } from '../../../test/support/runPass';
import { type Graph } from '../../graph/graph';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { samplesFor } from '../../pass/samples';
import { loadOrt } from '../../runtime/ort';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };

/** conv → relu → conv → pool → gemm, 32 and 64 channels. */
const chain = (): ModelBuilder =>
  build({ inputs: { x: ['float', ['n', 3, 8, 8]] } })
    .conv('x', 'a', { channels: 32, inputChannels: 3, pad: 1, name: 'first' })
    .relu('a', 'ra')
    .conv('ra', 'b', { channels: 64, inputChannels: 32, pad: 1, name: 'second' })
    .relu('b', 'rb')
    .node('GlobalAveragePool', ['rb'], 'p')
    .node('Flatten', ['p'], 'f')
    .gemm('f', 'y', [64, 10], { name: 'head' })
    .output('y', 'float', ['n', 10]);

const shapes = ({ initializers }: Graph): Record<string, string> =>
  Object.fromEntries([...initializers].map(([name, value]) => [name, value.constant!.shape.join('x')]));

describe('passes/prune-channels', () => {
  it('cuts what makes a channel and what reads it, and leaves inputs and outputs alone', async () => {
    const { model, changed, skipped, kept } = await runPass(pass, chain().model(), {
      options: { sparsity: 0.5, scope: 'layer', multipleOf: 1 },
      idempotent: false,
    });
    assert.deepEqual(shapes(model.graph), {
      'first.weight': '16x3x3x3',
      'first.bias': '16',
      'second.weight': '32x16x3x3',
      'second.bias': '32',
      'head.weight': '10x32',
      'head.bias': '10',
    });
    assert.deepEqual(
      changed.map(({ node, what, bytesBefore, bytesAfter }) => [node, what, bytesBefore, bytesAfter]),
      [
        ['first', '32x3x3x3 → 16x3x3x3', 32 * 28 * 4, 16 * 28 * 4],
        ['second', '64x32x3x3 → 32x16x3x3', 64 * 289 * 4, 32 * 145 * 4],
        ['head', '10x64 → 10x32', 650 * 4, 330 * 4],
      ],
    );
    const half = (unit: string) => (before: number) => [unit, before, before / 2];
    const [outputs, inputs] = [half('outputs'), half('inputs')];
    assert.deepEqual(
      changed.map(({ removed }) => removed!.map(({ unit, before, after }) => [unit, before, after])),
      [[outputs(32)], [outputs(64), inputs(32)], [inputs(64)]],
    );
    assert.deepEqual(skipped, []);
    assert.deepEqual([kept!.get('a')![1]!.length, kept!.get('f')![1]!.length], [16, 32]);
    assert.deepEqual((await runModel(model))['y']!.shape, [1, 10]);
  });

  it('takes out the channels with the smallest weights', async () => {
    const builder = build({ inputs: { x: ['float', [1, 4]] } })
      .initializer('w', 'float', [4, 4], [1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9])
      .node('MatMul', ['x', 'w'], 'h')
      .initializer('v', 'float', [4, 2], [1, 1, 1, 1, 1, 1, 1, 1])
      .node('MatMul', ['h', 'v'], 'y')
      .output('y', 'float', [1, 2]);
    const { model, kept } = await runPass(pass, builder.model(), {
      options: { sparsity: 0.5, multipleOf: 1 },
      idempotent: false,
    });
    assert.deepEqual([...kept!.get('h')![1]!], [1, 3]);
    assert.deepEqual(shapes(model.graph), { w: '4x2', v: '2x2' });
  });

  it('says why layers keep their channels', async () => {
    const builder = build({ inputs: { x: ['float', [1, 8]] } })
      .gemm('x', 'h', [8, 8], { name: 'fc' })
      .node('Add', ['h', 'x'], 's')
      .node('Relu', ['s'], 'y')
      .output('y', 'float', [1, 8]);
    const { changed, skipped } = await runPass(pass, builder.model());
    assert.deepEqual(changed, []);
    assert.deepEqual(skipped, [{ node: 'fc', opType: 'Gemm', reason: 'They meet "x", an input of the model.' }]);
  });

  it('reaches a share of the multiply-accumulates, and rounds to multiples', async () => {
    const { model, notes } = await runPass(pass, chain().model(), {
      options: { sparsity: 0.5, target: 'macs', multipleOf: 8 },
      idempotent: false,
    });
    const widths = ['first.bias', 'second.bias'].map((name) => model.graph.initializers.get(name)!.constant!.shape[0]!);
    assert.ok(
      widths.every((width) => width % 8 === 0 && width > 0),
      widths.join(),
    );
    assert.match(notes[0]!, /(4[0-9]|5[0-9]) % of the multiply-accumulates/);
  });

  it('leaves layers alone that are excluded, and never empties one', async () => {
    const { model, skipped } = await runPass(pass, chain().model(), {
      options: { sparsity: 0.95, maxShare: 0.99, multipleOf: 1, exclude: ['head'] },
      idempotent: false,
    });
    assert.equal(model.graph.initializers.get('second.bias')!.constant!.shape[0], 64);
    assert.ok(model.graph.initializers.get('first.bias')!.constant!.shape[0]! >= 1);
    assert.deepEqual(skipped, [{ node: 'head', opType: 'Gemm', reason: 'Excluded by name.' }]);
  });

  it('takes more where the outputs lose less, measured on data', async () => {
    const model = chain().model();
    // Nothing that the second half of the channels of "second" make is read.
    const head = model.graph.initializers.get('head.weight')!;
    const weights = Float32Array.from(toFloat32('float', head.constant!.bytes(), 640), (w, at) =>
      at % 64 < 32 ? w : w / 1e3,
    );
    model.graph.setInitializer(head, head.constant!.with({ data: { kind: 'bytes', bytes: bytesOf(weights) } }));
    const context = passContext({ runtime: await loadOrt() });
    const data = await samplesFor(model, context, 4);
    const options = {
      scope: 'sensitivity',
      sparsity: 0.4,
      target: 'macs',
      criterion: 'taylor',
      multipleOf: 8,
    } as const;
    const { model: small, notes } = await runPass(pass, model, {
      options,
      context: { ...context, data },
      idempotent: false,
    });
    const widths = ['first.bias', 'second.bias'].map((name) => small.graph.initializers.get(name)!.constant!.shape[0]!);
    assert.ok(widths[1]! <= 40 && widths[0]! >= 24, widths.join());
    assert.match(notes[0]!, /(3[5-9]|4[0-5]) % of the multiply-accumulates/);
    await assert.rejects(runPass(pass, model, { options: { scope: 'sensitivity' } }), /measured on data/);
  });

  it('prunes by chance soundly', async () => {
    for (const seed of [1, 2, 3]) await assertSound(chain().model(), { seed, dims: { n: 2 } });
  });
});
