import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cifarImages, top1 } from '../../../test/support/cifar';
import { row, sourceOf } from '../../../test/support/feeds';
import { build } from '../../../test/support/models';
import { runModel, runPass, say } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { type DataSource } from '../../data/source';
import { readModel } from '../../graph/fromOnnx';
import { encodeModel } from '../../graph/toOnnx';
import { LapidaryError } from '../../protocol/errors';
import { loadOrt } from '../../runtime/ort';
import { type Feeds, type InferenceRuntime } from '../../runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';
import { apply } from './apply';
import { declaration } from './declaration';
import { worstSqnr } from './fidelity';

const pass = { declaration, apply };

describe('passes/convert-float16, checked by running', () => {
  let runtime: InferenceRuntime;
  before(async () => (runtime = await loadOrt()));

  it('keeps nodes in float32 whose values do not fit', async () => {
    const model = build({ inputs: { x: ['float', [1, 8]] } })
      .initializer('big', 'float', [], [1e6])
      .matMul('x', 'a', [8, 8], { name: 'first' })
      .node('Mul', ['a', 'big'], 'b', {}, { name: 'grow' })
      .node('Add', ['b', 'b'], 'c', {}, { name: 'double' })
      .node('Div', ['c', 'big'], 'd', {}, { name: 'shrink' })
      .matMul('d', 'y', [8, 8], { name: 'last' })
      .output('y')
      .model();
    const { model: converted, changed, skipped, notes } = await runPass(pass, model, { context: { runtime } });
    assert.deepEqual(
      skipped.map(({ node }) => node),
      ['grow', 'double', 'shrink'],
    );
    assert.match(skipped[0]!.reason, /gives values up to/);
    assert.match(skipped[2]!.reason, /reads values up to/);
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['first', 'last'],
    );
    assert.equal(converted.graph.initializers.get('big')!.constant!.dataType, 'float');
    assert.match(notes[0]!, /Outputs agree to \d+\.\d dB on 2 random samples/);
  });

  it('looks at the data when there is some', async () => {
    const model = build({ inputs: { x: ['float', [1, 4]] } })
      .node('Mul', ['x', 'x'], 's', {}, { name: 'square' })
      .node('Sqrt', ['s'], 'y', {}, { name: 'root' })
      .output('y')
      .model();
    const random = await runPass(pass, model, { context: { runtime } });
    assert.deepEqual(random.skipped, []);
    const feeds: Feeds = { x: { dataType: 'float', shape: [1, 4], data: Float32Array.of(300, 1, 2, 3) } };
    const data: DataSource = {
      description: 'one sample',
      random: false,
      labelled: false,
      size: 1,
      async *samples() {
        yield await Promise.resolve({ name: 'one', feeds });
      },
    };
    const checked = await runPass(pass, model, { context: { runtime, data } });
    assert.deepEqual(
      checked.skipped.map(({ node }) => node),
      ['square', 'root'],
    );
  });

  it('carries recurrent state from sample to sample', async () => {
    const model = build({ inputs: { x: ['float', [1]], before: ['float', [1]] } })
      .node('Add', ['x', 'before'], 'after', {}, { name: 'sum' })
      .node('Mul', ['after', 'after'], 's', {}, { name: 'square' })
      .node('Sqrt', ['s'], 'y', {}, { name: 'root' })
      .output('y')
      .output('after')
      .model();
    const feeds = [1, 2, 3, 4].map(() => ({ x: row(80), before: row(0) }));
    const alone = await runPass(pass, model, { context: { runtime, data: sourceOf(feeds) } });
    assert.deepEqual(alone.skipped, []);
    const carried = await runPass(pass, model, { context: { runtime, data: sourceOf(feeds, { after: 'before' }) } });
    assert.deepEqual(
      carried.skipped.map(({ node }) => node),
      ['square', 'root'],
    );
  });

  it('sends back the layers that cost accuracy until the outputs are close enough', async () => {
    // Nearly equal numbers are subtracted: the difference drowns in the rounding of float16.
    const builder = build({ inputs: { x: ['float', [1, 16]] } })
      .initializer('thousand', 'float', [], [1000])
      .matMul('x', 'a', [16, 16], { name: 'first' })
      .node('Add', ['a', 'thousand'], 'b', {}, { name: 'up' })
      .node('Sub', ['b', 'thousand'], 'c', {}, { name: 'down' })
      .matMul('c', 'y', [16, 16], { name: 'last' })
      .output('y');
    const model = builder.model();
    const { skipped, notes, model: converted } = await runPass(pass, model, { context: { runtime } });
    const names = skipped.map(({ node }) => node);
    assert.ok(names.includes('up') && names.includes('down'), names.join());
    assert.deepEqual(names, ['up', 'down'], 'only what is needed goes back');
    assert.match(notes.join(), /2 layers stay in float32 to reach 50 dB; each of them is needed/);
    assert.match(skipped[0]!.reason, /costs accuracy/);
    const feeds = randomFeeds(inputPorts(model), { seed: 21 });
    assert.ok(worstSqnr([await runModel(model, feeds)], [await runModel(converted, feeds)]) > 50);
    assert.match(notes[0]!, /a device that rounds every value to float16 gets about [5-9]\d/);
    const loose = await runPass(pass, model, { context: { runtime }, options: { minSqnr: 30 } });
    assert.deepEqual(loose.skipped, []);
    assert.match(loose.notes[0]!, /gets about 1\d\.\d dB/);
  });

  it('does not run the model when told so', async () => {
    const model = build({ inputs: { x: ['float', [1, 8]] } })
      .matMul('x', 'y', [8, 8])
      .output('y')
      .model();
    const closed: InferenceRuntime = { ...runtime, name: 'closed', open: () => assert.fail('it was run') };
    const { notes } = await runPass(pass, model, { context: { runtime: closed }, options: { checkRange: false } });
    assert.equal(notes.length, 1);
  });

  it('says that it did not check when the model does not run on random inputs', async () => {
    const model = build({ inputs: { x: ['float', [4]], shape: ['int64', [2]] } })
      .node('Reshape', ['x', 'shape'], 'r', {}, { name: 'picky' })
      .relu('r', 'y')
      .output('y')
      .model();
    const { notes, changed } = await runPass(pass, model, { context: { runtime } });
    assert.match(notes[0]!, /not checked: it does not run on 2 random samples/);
    assert.equal(changed.length, 2);
  });

  it('works around what the runtime refuses in float16', async () => {
    const model = build({ inputs: { x: ['float', [1, 8]] } })
      .matMul('x', 'a', [8, 8], { name: 'good' })
      .node('Softsign', ['a'], 'b', {}, { name: 'bad' })
      .relu('b', 'y')
      .output('y')
      .model();
    for (const named of [true, false]) {
      const picky: InferenceRuntime = {
        name: 'picky',
        limits: runtime.limits,
        open: (bytes, options) => {
          const text = Buffer.from(bytes as Uint8Array).toString('latin1');
          // It takes Softsign only behind a cast to float32.
          if (text.includes('bad') && text.includes('float16') && !text.includes('a_float32')) {
            const place = named ? { node: 'bad' } : {};
            throw new LapidaryError('runtime-failed', 'No kernel.', place);
          }
          return runtime.open(bytes, options);
        },
      };
      const { skipped } = await runPass(pass, model, { context: { runtime: picky } });
      assert.deepEqual(
        skipped.map(({ node }) => node),
        ['bad'],
      );
      assert.match(skipped[0]!.reason, /No kernel/);
    }
  });

  it('stops when it is cancelled', async () => {
    const model = build({ inputs: { x: ['float', [1, 8]] } })
      .matMul('x', 'y', [8, 8])
      .output('y')
      .model();
    const context = { runtime, signal: AbortSignal.abort() };
    await assert.rejects(runPass(pass, model, { context }), (thrown) => {
      return thrown instanceof LapidaryError && thrown.code === 'cancelled';
    });
  });
});

describe('passes/convert-float16 on real models', function () {
  this.timeout(240_000);
  let models: string | undefined;
  before(() => (models = sharedFolder('float16 conversion of real models', 'models')));

  it('every model loads and reaches 50 dB, or names what stays in float32', async () => {
    if (!models) return;
    const runtime = await loadOrt();
    // A minute each on a busy machine.
    const slow = ['style_candy.onnx', 'tfbert_tiny_qa_keras2onnx.onnx'];
    const left = process.env.LAPIDARY_SLOW ? [] : slow;
    if (left.length > 0) say(`skipped without LAPIDARY_SLOW=1: ${left.join(', ')}`);
    for (const file of readdirSync(models).filter((name) => name.endsWith('.onnx') && !left.includes(name))) {
      const model = readModel(join(models, file));
      const result = await runPass(pass, model, { context: { runtime }, idempotent: false });
      const { changed, skipped, notes } = result;
      const [before, after] = [encodeModel(model).length, encodeModel(result.model).length];
      const feeds = randomFeeds(inputPorts(model), { bounds: indexBounds(model), seed: 11 });
      const db =
        changed.length === 0
          ? Infinity
          : worstSqnr([await runModel(model, feeds)], [await runModel(result.model, feeds)]);
      say(
        `${file}: ${changed.length} in float16, ${skipped.length} not, ${(after / before).toFixed(3)}, ${db.toFixed(1)} dB`,
      );
      if (changed.length === 0) assert.ok(notes.length > 0);
      // Another input than the one that was checked: a little less will do.
      assert.ok(db > 45, file);
    }
  });

  it('cifar_vit: half the size, the same accuracy', async () => {
    const data = models && sharedFolder('accuracy of cifar_vit in float16', 'data/cifar10-test');
    if (!models || !data) return;
    const runtime = await loadOrt();
    const path = join(models, 'cifar_vit.onnx');
    const model = readModel(path);
    const result = await runPass(pass, model, { context: { runtime }, idempotent: false });
    const bytes = encodeModel(result.model);
    const images = cifarImages(data, 30);
    const [before, after] = [
      await top1(await runtime.open(path), images),
      await top1(await runtime.open(bytes), images),
    ];
    say(
      `top-1 of 300: ${(100 * before).toFixed(1)} → ${(100 * after).toFixed(1)} %, ${(bytes.length / 1e6).toFixed(2)} MB`,
    );
    assert.ok(bytes.length < 0.52 * encodeModel(model).length);
    assert.ok(Math.abs(after - before) <= 0.01);
  });
});
