/** The CIFAR-10 test images beside the repository, preprocessed as ../shared/README.md says, and what a model makes of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'jpeg-js';
import { type InferenceSession, type RuntimeTensor } from '../../src/runtime/port';

/** Images as one tensor [n, 3, 32, 32] with their class indices. */
export interface LabelledImages {
  readonly images: RuntimeTensor;
  readonly labels: readonly number[];
}

const mean = [0.4914, 0.4822, 0.4465];
const deviation = [0.247, 0.2435, 0.2616];
const plane = 32 * 32;

/** Every image of `folder` (one folder per class, in alphabetical order), or the first `perClass` of each class. */
export function cifarImages(folder: string, perClass = Infinity): LabelledImages {
  const files = readdirSync(folder)
    .sort()
    .flatMap((name, label) => {
      const images = readdirSync(join(folder, name)).sort().slice(0, perClass);
      return images.map((file) => ({ path: join(folder, name, file), label }));
    });
  const data = new Float32Array(files.length * 3 * plane);
  files.forEach(({ path }, index) => {
    const pixels = decode(readFileSync(path), { useTArray: true, formatAsRGBA: false }).data;
    for (let channel = 0; channel < 3; channel++) {
      const start = (3 * index + channel) * plane;
      for (let i = 0; i < plane; i++)
        data[start + i] = (pixels[3 * i + channel]! / 255 - mean[channel]!) / deviation[channel]!;
    }
  });
  return {
    images: { dataType: 'float', shape: [files.length, 3, 32, 32], data },
    labels: files.map(({ label }) => label),
  };
}

/** Share of images whose largest score is that of their label, 0 to 1. */
export async function top1(session: InferenceSession, { images, labels }: LabelledImages, batch = 50): Promise<number> {
  const [input, output] = [session.inputs[0]!.name, session.outputs[0]!.name];
  const data = images.data as Float32Array;
  let right = 0;
  for (let start = 0; start < labels.length; start += batch) {
    const count = Math.min(batch, labels.length - start);
    const part = data.subarray(start * 3 * plane, (start + count) * 3 * plane);
    const feeds = { [input]: { dataType: 'float' as const, shape: [count, 3, 32, 32], data: part } };
    const scores = (await session.run(feeds))[output]!.data as Float32Array;
    const classes = scores.length / count;
    for (let i = 0; i < count; i++) {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      if (row.indexOf(Math.max(...row)) === labels[start + i]) right++;
    }
  }
  return right / labels.length;
}
