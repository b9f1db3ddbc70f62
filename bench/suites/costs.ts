/** MACs and parameters of known architectures against the published figures. */
import { type Model } from '../../src/graph/model';
import { profileModel } from '../../src/profile/profile';
import { densenet121, efficientnetB0, mobilenetV2, resnet18, resnet50, type ImageInput } from '../models/convnets';
import { vitB16 } from '../models/transformers';
import { type Benchmark } from '../support/lab';

interface Architecture {
  readonly name: string;
  readonly make: (input: ImageInput) => Model;
  /** Published multiply-accumulates at 224×224, in 10^9. */
  readonly gigaMacs: number;
  /** Published count of learned parameters. */
  readonly parameters: number;
  /** The position table fixes the size of the input. */
  readonly fixedSize?: boolean;
}

/** MACs as the project's numbers (NUMERICS.md) have them; parameters of the torchvision models of the same shape. */
const architectures: readonly Architecture[] = [
  { name: 'ResNet-18', make: resnet18, gigaMacs: 1.814, parameters: 11_689_512 },
  { name: 'ResNet-50', make: resnet50, gigaMacs: 4.089, parameters: 25_557_032 },
  { name: 'MobileNetV2', make: mobilenetV2, gigaMacs: 0.3008, parameters: 3_504_872 },
  { name: 'DenseNet-121', make: densenet121, gigaMacs: 2.83, parameters: 7_978_856 },
  { name: 'EfficientNet-B0', make: efficientnetB0, gigaMacs: 0.385, parameters: 5_288_548 },
  { name: 'ViT-B/16', make: (input) => vitB16(input), gigaMacs: 17.56, parameters: 86_567_656, fixedSize: true },
];

export const costs: Benchmark = {
  name: 'costs',
  summary: 'MACs and parameters of known architectures, static and with symbols bound, against published figures',
  run(lab) {
    const rows: string[][] = [];
    const aims: (() => void)[] = [];
    for (const { name, make, gigaMacs, parameters, fixedSize } of architectures) {
      const model = make({});
      const { macs, parameters: all } = profileModel(model).model;
      const symbolic = make({ batch: 'N', ...(fixedSize ? {} : { size: 'S' }) });
      const bound = profileModel(symbolic, { dims: { N: 1, ...(fixedSize ? {} : { S: 224 }) } }).model;
      const learned = all - notLearned(model);
      const deviation = (macs as number) / 1e9 / gigaMacs - 1;
      rows.push([
        name,
        ((macs as number) / 1e9).toFixed(4),
        bound.macs === macs ? 'same' : String(bound.macs),
        gigaMacs.toFixed(4),
        `${(deviation * 100).toFixed(2)} %`,
        learned.toLocaleString('en'),
        parameters.toLocaleString('en'),
        all.toLocaleString('en'),
      ]);
      const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
      const [difference, spread] = [
        Math.abs(learned - parameters),
        Math.abs((bound.macs as number) - (macs as number)),
      ];
      aims.push(() => lab.aim(`${name}, MACs off by`, Math.abs(deviation), 0.01, percent));
      aims.push(() => lab.aim(`${name}, learned parameters off by`, difference, 0, String));
      aims.push(() => lab.aim(`${name}, MACs with symbols bound off by`, spread, 0, String));
    }
    const head = ['GMACs', 'bound', 'published', 'off by', 'learned', 'published', 'in the file'];
    lab.table(['architecture', ...head], rows);
    lab.print(
      '"In the file" adds the running statistics of batch norm and scalar constants, which papers do not count.',
    );
    aims.forEach((check) => check());
    return Promise.resolve();
  },
};

/** Elements of float initializers that nobody trains: statistics of batch norm, and constants such as the 6 of ReLU6. */
function notLearned(model: Model): number {
  let count = 0;
  for (const value of model.graph.initializers.values()) {
    const { constant } = value;
    if (!constant || constant.dataType !== 'float') continue;
    const statistic = value.uses().some(({ node, index }) => node.is('BatchNormalization') && index >= 3);
    if (statistic || constant.shape.length === 0) count += constant.size;
  }
  return count;
}
