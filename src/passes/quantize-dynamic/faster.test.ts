import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cifarImages, top1 } from '../../../test/support/cifar';
import { build } from '../../../test/support/models';
import { runPass, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { decodeModel, readModel } from '../../graph/fromOnnx';
import { type Model } from '../../graph/model';
import { encodeModel } from '../../graph/toOnnx';
import { LapidaryError } from '../../protocol/errors';
import { compareLatency } from '../../runtime/measure';
import { loadOrt } from '../../runtime/ort';
import { type InferenceRuntime } from '../../runtime/port';
import { inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };

/** A runtime in which a model takes as long as `cost` says. */
function fakeRuntime(cost: (model: Model) => number, opened: Model[] = []): InferenceRuntime {
  return {
    name: 'fake',
    limits: { opset: 26, irVersion: 13 },
    open: (bytes) => {
      const model = decodeModel(bytes as Uint8Array);
      opened.push(model);
      const milliseconds = cost(model);
      const run = (): Promise<Record<string, never>> => {
        const end = performance.now() + milliseconds;
        while (performance.now() < end);
        return Promise.resolve({});
      };
      return Promise.resolve({ inputs: [], outputs: [], run, close: () => Promise.resolve() });
    },
  };
}

const isInt8 = (model: Model): boolean => [...model.graph.nodes()].some(({ opType }) => opType === 'MatMulInteger');

/** Two layers of one shape and one of another. */
const threeLayers = (): Model =>
  build({ inputs: { x: ['float', ['n', 'seq', 64]] } })
    .matMul('x', 'a', [64, 64], { name: 'first' })
    .matMul('a', 'b', [64, 64], { name: 'second' })
    .matMul('b', 'y', [64, 32], { name: 'third' })
    .output('y')
    .model();

describe('passes/quantize-dynamic, layers: faster', () => {
  it('measures each shape once and keeps what gains', async () => {
    const opened: Model[] = [];
    const widthOf = (model: Model): number => [...model.graph.initializers.values()][0]!.constant!.shape.at(-1)!;
    const cost = (model: Model): number => {
      if (model.graph.name !== 'layer') return 0.2;
      if (!isInt8(model)) return 0.4;
      return widthOf(model) === 64 ? 0.2 : 0.6;
    };
    const runtime = fakeRuntime(cost, opened);
    const result = await runPass(pass, threeLayers(), { context: { runtime }, idempotent: false });
    assert.deepEqual(
      result.changed.map(({ node }) => node),
      ['first', 'second'],
    );
    assert.ok(result.changed[0]!.latencyBeforeMs! > result.changed[0]!.latencyAfterMs!);
    assert.deepEqual(
      result.skipped.map(({ node }) => node),
      ['third'],
    );
    assert.match(result.skipped[0]!.reason, / → \S+ [mµ]s: slower here in int8/);
    assert.equal(opened.filter(({ graph }) => graph.name === 'layer').length, 4, 'two shapes, float and int8');
    assert.match(result.notes[0]!, /n=1, seq=1/);
  });

  it('measures several copies of a product where weights are what takes time, and one where rows are', async () => {
    const copiesWith = async (rows: number): Promise<number> => {
      const opened: Model[] = [];
      const context = { runtime: fakeRuntime(() => 0.05, opened) };
      await runPass(pass, threeLayers(), { context, options: { dims: [`seq=${rows}`] } });
      return [...opened.find(({ graph }) => graph.name === 'layer')!.graph.nodes()].length;
    };
    assert.deepEqual([await copiesWith(4), await copiesWith(64)], [8, 1]);
  });

  it('measures with the dimensions that are given', async () => {
    const opened: Model[] = [];
    const runtime = fakeRuntime(() => 0.05, opened);
    await runPass(pass, threeLayers(), { context: { runtime }, options: { dims: ['seq=12'] } });
    const layer = opened.find(({ graph }) => graph.name === 'layer')!;
    const type = layer.graph.inputs[0]!.type;
    assert.deepEqual(type?.kind === 'tensor' && type.shape, [1, 12, 64]);
    for (const bad of ['seq', 'seq=x', 'nobody=3']) {
      await assert.rejects(
        runPass(pass, threeLayers(), { context: { runtime }, options: { dims: [bad] } }),
        (thrown) => {
          return thrown instanceof LapidaryError && thrown.code === 'usage';
        },
      );
    }
  });

  it('changes nothing when nothing gains, and says so', async () => {
    const runtime = fakeRuntime((model) => (isInt8(model) ? 0.3 : 0.1));
    const result = await runPass(pass, threeLayers(), { context: { runtime } });
    assert.equal(result.changed.length, 0);
    assert.equal(result.skipped.length, 3);
    assert.match(result.notes.join(' '), /None of the 3 layers that can run in int8 gains/);
  });

  it('says of a single layer that it does not gain', async () => {
    const single = build({ inputs: { x: ['float', ['n', 64]] } }).matMul('x', 'y', [64, 64], { name: 'only' });
    const runtime = fakeRuntime((model) => (isInt8(model) ? 0.3 : 0.1));
    const result = await runPass(pass, single.output('y').model(), { context: { runtime } });
    assert.match(result.notes.join(' '), /The only layer that can run in int8 does not gain from it here\./);
  });

  it('changes nothing when the layers gain alone but lose together', async () => {
    const runtime = fakeRuntime((model) => (isInt8(model) === (model.graph.name === 'layer') ? 0.1 : 0.3));
    const result = await runPass(pass, threeLayers(), { context: { runtime } });
    assert.equal(result.changed.length, 0);
    assert.equal(result.skipped.length, 3);
    assert.match(result.skipped[0]!.reason, /as a whole is slower/);
  });

  it('goes by size where nothing can be measured', async () => {
    const model = build({ inputs: { x: ['float', ['n', 128]] } })
      .matMul('x', 'a', [128, 256], { name: 'large' })
      .matMul('a', 'y', [256, 8], { name: 'narrow' })
      .output('y')
      .model();
    const { changed, skipped, notes } = await runPass(pass, model);
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['large'],
    );
    assert.match(skipped[0]!.reason, /^Estimated/);
    assert.match(notes[0]!, /estimated by size/);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const context = {
      runtime: fakeRuntime(() => 0.1),
      signal: controller.signal,
      progress: () => controller.abort(),
    };
    await assert.rejects(runPass(pass, threeLayers(), { context }), (thrown) => {
      return thrown instanceof LapidaryError && thrown.code === 'cancelled';
    });
  });

  for (const rows of [1, 128]) {
    it(`a stack of 1024 x 1024 products, M = ${rows}: what it changes is not slower, and 4 times smaller`, async () => {
      const builder = build({ inputs: { x: ['float', [rows, 1024]] } });
      for (let depth = 0; depth < 3; depth++)
        builder.matMul(depth === 0 ? 'x' : `h${depth - 1}`, `h${depth}`, [1024, 1024]);
      const model = builder.output('h2').model();
      const runtime = await loadOrt();
      const result = await runPass(pass, model, { context: { runtime }, idempotent: false });
      if (result.changed.length === 0) return say('int8 does not pay on this processor');
      const feeds = randomFeeds(inputPorts(model));
      const [before, after] = [encodeModel(model), encodeModel(result.model)];
      assert.ok(after.length < 0.26 * before.length);
      const [a, b] = [await runtime.open(before), await runtime.open(after)];
      const { speedup, significant } = await compareLatency(
        { session: a, feeds },
        { session: b, feeds },
        { budgetMs: 500 },
      );
      say(`M = ${rows}: ${speedup.toFixed(2)} times faster (${significant ? 'significant' : 'noise'})`);
      assert.ok(speedup > 1 || !significant);
    });
  }
});

describe('passes/quantize-dynamic on real models', function () {
  this.timeout(120_000);
  let models: string | undefined;
  before(() => (models = sharedFolder('dynamic quantization of real models', 'models')));

  it('cifar_vit: smaller, faster, as accurate', async () => {
    const data = models && sharedFolder('accuracy of cifar_vit', 'data/cifar10-test');
    if (!models || !data) return;
    const runtime = await loadOrt();
    const path = join(models, 'cifar_vit.onnx');
    const result = await runPass(pass, readModel(path), { context: { runtime }, idempotent: false });
    const bytes = encodeModel(result.model);
    const [a, b] = [await runtime.open(path), await runtime.open(bytes)];
    const images = cifarImages(data, 50);
    const [before, after] = [await top1(a, images), await top1(b, images)];
    const feeds = randomFeeds(inputPorts(readModel(path)));
    const { speedup, significant } = await compareLatency({ session: a, feeds }, { session: b, feeds });
    say(
      `top-1 ${(100 * before).toFixed(1)} → ${(100 * after).toFixed(1)} %, ` +
        `${(bytes.length / 1e6).toFixed(2)} MB, ${speedup.toFixed(2)} times faster`,
    );
    assert.ok(bytes.length < 0.3 * encodeModel(readModel(path)).length);
    assert.ok(speedup > 1 && significant);
    assert.ok(after >= before - 0.01);
  });

  it('every model: faster, or left alone with a reason', async () => {
    if (!models) return;
    const runtime = await loadOrt();
    for (const file of readdirSync(models).filter((name) => name.endsWith('.onnx'))) {
      const model = readModel(join(models, file));
      const { changed, skipped, notes } = await runPass(pass, model, { context: { runtime }, idempotent: false });
      if (changed.length === 0) assert.ok(skipped.length + notes.length > 0, `${file}: no reason given`);
      const all = await runPass(pass, model, { options: { layers: 'all', convolutions: true } });
      await (await runtime.open(encodeModel(all.model))).close();
      say(`${file}: ${changed.length} of ${changed.length + skipped.length}; all: ${all.changed.length}`);
    }
  });
});
