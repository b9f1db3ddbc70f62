import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pass } from '../../../test/support/quantizeWeights';
import { floatsOf, runModel, runPass } from '../../../test/support/runPass';
import { sharedFolder } from '../../../test/support/shared';
import { openData } from '../../data/openData';
import { readModel } from '../../graph/fromOnnx';
import { encodeModel, writeModel } from '../../graph/toOnnx';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { loadOrt } from '../../runtime/ort';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';

/** Preprocessing of the two ImageNet classifiers. */
const classifiers = {
  'squeezenet1.1_fp32.onnx': { resize: 256, crop: 224, channels: 'BGR', scale: 1, mean: [104, 117, 123] },
  'mobilenet_v2_fp32.onnx': {
    resize: 256,
    crop: 244,
    channels: 'RGB',
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
};

describe('passes/quantize-weights: real models', function () {
  this.timeout(600_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lapidary-weights-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('loads, runs and stays close for every model', async function () {
    const models = sharedFolder('quantizing the weights of real models', 'models');
    if (!models) return this.skip();
    for (const file of readdirSync(models).filter((name) => name.endsWith('.onnx'))) {
      const model = readModel(join(models, file));
      const { model: result, changed } = await runPass(pass, model);
      if (changed.length === 0) continue;
      // Its attention takes inputs that random numbers are not.
      if (file.startsWith('tiny_random_gpt2')) continue;
      const feeds = randomFeeds(inputPorts(model), { bounds: indexBounds(model), seed: 7 });
      const [a, b] = [await runModel(model, feeds), await runModel(result, feeds)];
      for (const [name, { data }] of Object.entries(a)) {
        if (!(data instanceof Float32Array)) continue;
        const db = sqnrDb(differencePower(data, b[name]!.data as Float32Array));
        assert.ok(db > 18, `${file} ${name}: ${db.toFixed(1)} dB`);
      }
    }
  });

  for (const [bits, form, ratio, leastDb] of [
    [4, 'auto', 0.19, 17],
    [4, 'mixed', 0.19, 17],
    [4, 'cast-mul', 0.19, 17],
    [2, 'auto', 0.13, 5],
  ] as const) {
    it(`${bits} bits, ${form}: sizes and outputs of two networks that were trained`, async function () {
      const models = sharedFolder('4 and 2 bits on real models', 'models');
      if (!models) return this.skip();
      for (const file of ['cifar_resnet.onnx', 'cifar_vit.onnx']) {
        const model = readModel(join(models, file));
        const options = { bits, form, accuracyLevel: 1 } as const;
        const { model: result } = await runPass(pass, model, { options });
        const share = encodeModel(result).length / encodeModel(model).length;
        const feeds = randomFeeds(inputPorts(model), { seed: 7 });
        const [a, b] = [await runModel(model, feeds), await runModel(result, feeds)];
        const [name, tensor] = Object.entries(a)[0]!;
        const db = sqnrDb(differencePower(floatsOf(tensor), floatsOf(b[name])));
        report(`${file}: ${share.toFixed(3)} of the file, ${db.toFixed(1)} dB`);
        assert.ok(share <= ratio && db > leastDb, `${file}: ${share}, ${db} dB`);
      }
    });
  }

  for (const [file, image] of Object.entries(classifiers)) {
    it(`shrinks ${file} to 0.27 and keeps its accuracy`, async function () {
      const models = sharedFolder(`the size and accuracy of ${file}`, 'models');
      const images = sharedFolder(`the accuracy of ${file}`, 'data/imagenet-samples-even');
      if (!models || !images) return this.skip();
      const source = join(models, file);
      const { model } = await runPass(pass, readModel(source));
      const target = join(folder, file);
      await writeModel(model, target);
      const ratio = statSync(target).size / statSync(source).size;
      assert.ok(ratio <= 0.27, `ratio ${ratio.toFixed(4)}`);
      if (process.env.LAPIDARY_ACCURACY === undefined) {
        report('skipped, LAPIDARY_ACCURACY is not set: top-1 on 436 images (half a minute a model)');
        return;
      }
      const [before, after] = await accuracies([source, target], images, image);
      report(`top-1 ${percent(before!)} → ${percent(after!)}`);
      assert.ok(before! - after! <= 0.01);
    });
  }
});

/** A line for whoever runs the tests. */
const report = (text: string): void => void process.stdout.write(`      ${text}\n`);

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Top-1 accuracy of each model on all images but the first 64. */
async function accuracies(paths: readonly string[], images: string, image: unknown): Promise<number[]> {
  const runtime = await loadOrt();
  const sessions = await Promise.all(paths.map((path) => runtime.open(path, { threads: 2 })));
  const labels = { pattern: '^(n\\d{8})', classes: join(images, '../imagenet_index.tsv') };
  const data = await openData({ source: images, description: { image, labels }, skip: 64 }, sessions[0]!.inputs);
  const hits = paths.map(() => 0);
  for await (const { feeds, label } of data.samples()) {
    for (const [index, session] of sessions.entries()) {
      const [scores] = Object.values(await session.run(feeds));
      const values = scores!.data as Float32Array;
      if (values.indexOf(values.reduce((a, b) => Math.max(a, b))) === label) hits[index]!++;
    }
  }
  for (const session of sessions) await session.close();
  return hits.map((count) => count / data.size);
}
