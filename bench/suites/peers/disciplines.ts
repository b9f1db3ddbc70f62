/** Ways to compress that both sides have: command lines, models, and what is aimed at. */
import { type SubjectName } from './subjects';

/** A way to compress that both sides have. */
export interface Discipline {
  readonly name: string;
  /** Our command lines by name; `$calibration` stands for the samples. The first is the one aims are for. */
  readonly ours: Readonly<Record<string, readonly string[]>>;
  /** Steps of peer.py by name, with what follows the output. */
  readonly peers: Readonly<Record<string, readonly [step: string, ...rest: string[]]>>;
  readonly models: readonly SubjectName[];
  /** Models that are run only when `--only` asks for them. */
  readonly onRequest?: readonly SubjectName[];
  /** Most of the peer's time. */
  readonly time: number;
  /** Which of ours races against which of theirs: the same work. */
  readonly pace: readonly [ours: string, theirs: string];
  /** Most of the size in float, where the file is weights above all. */
  readonly size?: number;
  /** Least speed-up over float, by model. */
  readonly speedup?: Readonly<Partial<Record<SubjectName, number>>>;
  /** Whether outputs have to be as good as the float model's, not only as the peer's. */
  readonly faithful?: boolean;
}

const data = ['--data', '$calibration'];

/** What the peer does as well, and no more. */
const plain = ['--method', 'minmax', '--layers', 'fused', '--min-sqnr', '0', '--rounding', 'nearest'];

export const disciplines: readonly Discipline[] = [
  {
    name: 'static int8',
    ours: {
      lapidary: ['quantize-static', ...data],
      'lapidary, min-max': ['quantize-static', ...data, ...plain],
    },
    peers: {
      'ORT MinMax': ['static', '$calibration', 'MinMax'],
      'ORT Entropy': ['static', '$calibration', 'Entropy'],
      'ORT Percentile': ['static', '$calibration', 'Percentile'],
    },
    models: [
      'squeezenet1.1_fp32',
      'cifar_resnet',
      'cifar_vit',
      'cifar10_cnn',
      'mnist_cnn_bn',
      'ocr-recognition',
      'ocr-detection',
      'silero-vad',
      'gtcrn',
    ],
    // The peer's histograms alone take a minute.
    onRequest: ['mobilenet_v2_fp32'],
    time: 0.8,
    pace: ['lapidary, min-max', 'ORT MinMax'],
    size: 0.28,
    speedup: { 'squeezenet1.1_fp32': 2, cifar_resnet: 2 },
    faithful: true,
  },
  {
    name: 'dynamic int8',
    ours: { lapidary: ['quantize-dynamic'], 'lapidary, not measured': ['quantize-dynamic', '--layers', 'all'] },
    peers: { ORT: ['dynamic'] },
    models: ['cifar_vit', 'torch-vit-b16', 'torch-bert-base', 'silero-vad'],
    time: 0.4,
    pace: ['lapidary, not measured', 'ORT'],
    faithful: true,
  },
  {
    name: '4-bit weights',
    ours: { lapidary: ['quantize-weights', '--bits', '4', '--block-size', '128'] },
    peers: { ORT: ['nbits', '128'] },
    models: ['cifar_vit', 'torch-vit-b16', 'torch-bert-base'],
    time: 0.4,
    pace: ['lapidary', 'ORT'],
  },
  {
    name: 'float16',
    ours: { lapidary: ['convert-float16'], 'lapidary, unchecked': ['convert-float16', '--no-check-range'] },
    peers: { ORT: ['half'] },
    models: ['squeezenet1.1_fp32', 'cifar_resnet', 'torch-vit-b16'],
    time: 0.3,
    pace: ['lapidary, unchecked', 'ORT'],
    faithful: true,
  },
];
