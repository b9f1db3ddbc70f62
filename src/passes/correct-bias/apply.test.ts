import assert from 'node:assert/strict';
import { row, sourceOf } from '../../../test/support/feeds';
import { fakeQuantized } from '../../../test/support/fakeQuantize';
import { build, type ModelBuilder } from '../../../test/support/models';
import { runPass } from '../../../test/support/runPass';
import { unbalanced } from '../../../test/support/unbalanced';
import { openData } from '../../data/openData';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { SpreadMeter } from '../../pass/channels/spread';
import { observeValues } from '../../pass/observe';
import { Reference } from '../../pass/reference';
import { type PassResult } from '../../pass/result';
import { loadOrt } from '../../runtime/ort';
import { inputPorts } from '../../runtime/randomFeeds';
import { parseOptions } from '../../pass/option';
import { apply as applyStatic } from '../quantize-static/apply';
import { declaration as staticDeclaration } from '../quantize-static/declaration';
import { apply } from './apply';
import { declaration } from './declaration';

const conv = { channels: 8, inputChannels: 8, pad: 1 } as const;
const signal = new AbortController().signal;
const quiet = { signal, progress: () => undefined, log: () => undefined };

const network = (): ModelBuilder =>
  build({ inputs: { x: ['float', [1, 8, 8, 8]] } })
    .conv('x', 'a', conv)
    .relu('a', 'b')
    .conv('b', 'c', conv)
    .node('Add', ['c', 'b'], 'd')
    .relu('d', 'e')
    .conv('e', 'f', { ...conv, bias: false })
    .relu('f', 'g')
    .node('GlobalAveragePool', ['g'], 'h')
    .node('Flatten', ['h'], 'i')
    .gemm('i', 'y', [8, 5])
    .output('y');

const samples = (model: Model): Promise<DataSource> => openData({ source: 'random', samples: 12 }, inputPorts(model));

async function quantized(model: Model, perChannel = false): Promise<Model> {
  const context = { ...quiet, runtime: await loadOrt(), data: await samples(model), original: model };
  const options = parseOptions(staticDeclaration.options, { method: 'minmax', perChannel, layers: 'all' });
  return (await applyStatic(model, options, context)).model;
}

async function corrected(
  float: Model,
  model: Model,
  options: { memory?: number; exclude?: string[] } = {},
): Promise<PassResult> {
  const context = { runtime: await loadOrt(), data: await samples(float), original: float };
  return runPass({ declaration, apply }, model, { options, context });
}

/** Mean of each channel of a value over the samples. */
async function meansOf(model: Model, name: string, axis: number, channels: number): Promise<Float64Array> {
  const meter = new SpreadMeter(axis, channels);
  const options = { runtime: await loadOrt(), samples: await samples(model), signal };
  await observeValues(model, [name], (_, tensor) => meter.add(tensor), options);
  return meter.result()!.mean;
}

async function errorDb(float: Model, model: Model): Promise<number> {
  const reference = await Reference.of(float, { runtime: await loadOrt(), samples: await samples(float), signal });
  return (await reference.measure(model)).sqnrDb;
}

const mostDifference = (a: Float64Array, b: Float64Array): number =>
  Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));

describe('passes/correct-bias', () => {
  it('restores the means of a statically quantized model, in int32 biases', async () => {
    const float = unbalanced(network().model(), { most: 3 });
    const model = await quantized(float);
    const result = await corrected(float, model);
    assert.ok((await errorDb(float, result.model)) > (await errorDb(float, model)) + 1);
    const types = (each: Model): string[] =>
      [...each.graph.initializers.values()].map(({ name, constant }) => `${name}: ${constant!.dataType}`);
    const before = types(model);
    assert.deepEqual(types(result.model).slice(0, before.length), before);
    // One Conv had no bias, and has an int32 one now.
    const added = types(result.model).slice(before.length);
    assert.ok(
      added.some((each) => each.endsWith('int32')),
      added.join(),
    );
    const [difference, was] = await Promise.all(
      [result.model, model].map(async (each) =>
        mostDifference(await meansOf(float, 'y', -1, 5), await meansOf(each, 'y', -1, 5)),
      ),
    );
    assert.ok(difference! < 0.2 * was!, `${was} → ${difference}`);
  });

  it('finds int32 biases whose scales are written as a product', async () => {
    const wide = build({ inputs: { x: ['float', [1, 8, 8, 8]] } })
      .conv('x', 'a', { channels: 128, inputChannels: 8, pad: 1 })
      .relu('a', 'b')
      .conv('b', 'y', { channels: 128, inputChannels: 128, pad: 1 })
      .output('y');
    const float = unbalanced(wide.model(), { most: 10 });
    const model = await quantized(float, true);
    const products = [...model.graph.nodes()].filter(({ opType }) => opType === 'Mul');
    assert.equal(products.length, 2);
    const { changed, skipped } = await corrected(float, model);
    assert.ok(changed.length > 0);
    assert.deepEqual(
      skipped.filter(({ reason }) => /neither a float32 nor an int32/.test(reason)),
      [],
    );
  });

  it('measures each layer after those before it were corrected, whatever memory there is', async () => {
    const float = unbalanced(network().model(), { most: 10 });
    const model = fakeQuantized(float);
    const [much, none] = [await corrected(float, model), await corrected(float, model, { memory: 0 })];
    for (const { model: after } of [much, none]) {
      for (const [name, axis, channels] of [
        ['a', 1, 8],
        ['c', 1, 8],
        ['f', 1, 8],
        ['y', -1, 5],
      ] as const) {
        const want = await meansOf(float, name, axis, channels);
        const scale = Math.max(...want.map(Math.abs));
        const [was, is] = [await meansOf(model, name, axis, channels), await meansOf(after, name, axis, channels)];
        const [error, left] = [mostDifference(want, was), mostDifference(want, is)];
        // Errors that are rounding beside the deviation are left.
        assert.ok(left < Math.max(1e-3 * scale, 0.01 * error), `${name}: ${error} → ${left}`);
      }
    }
    assert.deepEqual(much.changed.map(({ node }) => node).sort(), none.changed.map(({ node }) => node).sort());
  });

  it('corrects the constants added to products, and leaves products without', async () => {
    const float = build({ inputs: { x: ['float', [1, 6, 8]] } })
      .matMul('x', 'p', [8, 8])
      .relu('p', 'r')
      .matMul('r', 'q', [8, 4])
      .initializer('b', 'float', [4])
      .node('Add', ['q', 'b'], 'y')
      .output('y')
      .model();
    const spoilt = unbalanced(float, { most: 5 });
    const { changed, skipped } = await corrected(spoilt, fakeQuantized(spoilt));
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['MatMul_q'],
    );
    assert.match(skipped.find(({ node }) => node === 'MatMul_p')!.reason, /no bias/);
  });

  it('finds a layer again although a batch norm was folded into it', async () => {
    const scale = [0.1, 5, 1, 2, 3, 0.5, 1, 2];
    const float = build({ inputs: { x: ['float', [1, 8, 8, 8]] } })
      .conv('x', 'a', conv)
      .initializer('gamma', 'float', [8], scale)
      .initializer('beta', 'float', [8], scale)
      .initializer('mean', 'float', [8], new Array<number>(8).fill(0))
      .initializer('var', 'float', [8], new Array<number>(8).fill(1))
      .node('BatchNormalization', ['a', 'gamma', 'beta', 'mean', 'var'], 'n')
      .relu('n', 'r')
      .conv('r', 'y', conv)
      .output('y')
      .model();
    const model = await quantized(float);
    const { changed, skipped } = await corrected(float, model);
    assert.deepEqual(
      skipped.filter(({ reason }) => /too far/.test(reason)),
      [],
    );
    assert.ok(changed.length > 0);
  });

  it('leaves excluded layers, and needs the float model', async () => {
    const float = unbalanced(network().model(), { most: 10 });
    const model = fakeQuantized(float);
    const { skipped } = await corrected(float, model, { exclude: ['Conv_a'] });
    assert.match(skipped.find(({ node }) => node === 'Conv_a')!.reason, /Excluded/);
    const { changed, notes } = await corrected(model, model);
    assert.deepEqual(changed, []);
    assert.match(notes[0]!, /No pass before it quantized/);
  });

  it('gives both models the state that the float model carries', async () => {
    const builder = build({ inputs: { x: ['float', [1, 16]], before: ['float', [1, 16]] } })
      .gemm('before', 'y', [16, 16], { name: 'of state' })
      .node('Add', ['before', 'x'], 'after')
      .output('y')
      .output('after');
    const float = unbalanced(builder.model(), { most: 3 });
    const model = fakeQuantized(float);
    const ones = row(...new Array<number>(16).fill(1)).data;
    const feeds = [1, 2, 3, 4].map(() => ({
      x: { dataType: 'float', shape: [1, 16], data: ones } as const,
      before: { dataType: 'float', shape: [1, 16], data: new Float32Array(16) } as const,
    }));
    const runtime = await loadOrt();
    const run = (data: DataSource) =>
      runPass({ declaration, apply }, model, { context: { runtime, data, original: float }, idempotent: false });
    // Without the state the layer sees zeros alone, and makes no error.
    const still = await run(sourceOf(feeds));
    assert.match(still.skipped[0]!.reason, /means are those of the float model/);
    const carried = await run(sourceOf(feeds, { after: 'before' }));
    assert.deepEqual(
      carried.changed.map(({ node }) => node),
      ['of state'],
    );
  });
});
