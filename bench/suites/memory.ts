/** Peak memory where there is much: of calibration by the number of samples, of 4-bit weights by a gigabyte of them. */
import { toBinary } from '@bufbuild/protobuf';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/numerics/random';
import { ModelProtoSchema } from '../../src/onnx/schema/onnx_pb';
import { externalStack } from '../models/externalStack';
import { type Benchmark, type Lab, megabytes, seconds } from '../support/lab';
import { race } from '../support/measure';
import { shared } from '../support/quality';

/** A model that is calibrated with few and with many images. */
interface Calibration {
  readonly model: string;
  readonly data: string;
  readonly image: object;
  readonly flags: readonly string[];
}

const imagenet = { resize: 256, crop: 224, channels: 'BGR', scale: 1, mean: [104, 117, 123] };

const calibrations: readonly Calibration[] = [
  {
    model: 'cifar_resnet',
    data: 'data/cifar10-test',
    image: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
    flags: [],
  },
  {
    model: 'squeezenet1.1_fp32',
    data: 'data/imagenet-samples-even',
    image: imagenet,
    flags: ['--method', 'minmax', '--layers', 'fused'],
  },
];

const [few, many] = [64, 1000];

/** Aims of the project: less than a tenth more for 1000 images than for 64; a gigabyte of weights in less than one. */
export const memory: Benchmark = {
  name: 'memory',
  summary: `peak RSS: quantize-static with ${few} and ${many} images, quantize-weights to 4 bits of 1 GB of weights`,
  async run(lab) {
    for (const calibration of calibrations) {
      if (calibration.model.includes(lab.options.only)) await growth(lab, calibration);
    }
    if ('gigabyte'.includes(lab.options.only)) await gigabyte(lab);
  },
};

async function growth(lab: Lab, { model, data, image, flags }: Calibration): Promise<void> {
  const file = path.join(shared, 'models', `${model}.onnx`);
  if (!existsSync(file)) return lab.print(`Skipped: ../shared/models/${model}.onnx is not here.`);
  const peaks: number[] = [];
  const rows: string[][] = [];
  for (const count of [few, many]) {
    const description = linked(lab, { model, data, image }, count);
    const output = lab.file(`memory/${model}.onnx`);
    const given = ['--data', description, '--calibration-samples', `${count}`, ...flags];
    const args = ['quantize-static', file, '-o', output, '--overwrite', '--no-evaluate', ...given];
    const [taken] = await race([await lab.cli('lapidary', args)], 1, 0);
    rows.push([
      `${model} ${flags.join(' ') || 'by default'}`,
      `${count}`,
      seconds(taken!.seconds),
      seconds(taken!.cpuSeconds),
      megabytes(taken!.peakBytes),
    ]);
    peaks.push(taken!.peakBytes);
  }
  lab.table(['model', 'images', 'wall', 'cpu', 'peak RSS'], rows);
  lab.aim(`${model}, peak memory of ${many} images against ${few}`, peaks[1]! / peaks[0]!, 1.1);
}

/** A description of `count` images, which are links: those that there are, over and over. */
function linked(
  lab: Lab,
  { model, data, image }: Pick<Calibration, 'model' | 'data' | 'image'>,
  count: number,
): string {
  const folder = lab.file(`memory/${model}-${count}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const source = path.join(shared, data);
  const images = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((each) => /\.jpe?g$/i.test(each))
    .sort((a, b) => (path.basename(a) + a < path.basename(b) + b ? -1 : 1))
    // The same ones whatever the count: a larger image among more of them would take more memory by itself.
    .slice(0, few);
  for (let index = 0; index < count; index++) {
    const from = path.join(source, images[index % images.length]!);
    symlinkSync(from, path.join(folder, `${String(index).padStart(4, '0')}.jpg`));
  }
  const description = `${folder}.data.json`;
  writeFileSync(description, JSON.stringify({ samples: path.basename(folder), image, labels: 'none' }));
  return description;
}

const layers = 16;
const width = 4096;

async function gigabyte(lab: Lab): Promise<void> {
  const file = lab.file('gigabyte.onnx');
  const data = lab.file('gigabyte.onnx.data');
  if (!existsSync(data)) {
    const random = new Random(1);
    const weight = Float32Array.from({ length: width * width }, () => 0.02 * random.normal());
    const descriptor = openSync(data, 'w');
    for (let layer = 0; layer < layers; layer++) writeSync(descriptor, weight);
    closeSync(descriptor);
  }
  writeFileSync(file, toBinary(ModelProtoSchema, externalStack(path.basename(data), { layers, width })));
  const ours = lab.file('memory.gigabyte.onnx');
  const args = ['quantize-weights', file, '-o', ours, '--overwrite', '--no-evaluate', '--bits', '4'];
  const peer = lab.peer('ORT', 'nbits', file, lab.file('memory.gigabyte.peer.onnx'), '32');
  const contenders = [await lab.cli('lapidary', args), ...(peer ? [peer] : [])];
  const taken = await race(contenders, 1, 0);
  lab.table(
    [`${((layers * width * width * 4) / 1e9).toFixed(2)} GB to 4 bits`, 'wall', 'cpu', 'peak RSS'],
    taken.map((each, index) => [
      contenders[index]!.name,
      seconds(each.seconds),
      seconds(each.cpuSeconds),
      megabytes(each.peakBytes),
    ]),
  );
  lab.aim('peak memory of 1 GB of weights to 4 bits', taken[0]!.peakBytes, 1e9, megabytes);
}
