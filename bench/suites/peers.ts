/** Our compressors against onnxruntime.quantization (Python): what they make, and what they take for it. */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { openData } from '../../src/data/openData';
import { type DataSource } from '../../src/data/source';
import { readModel } from '../../src/graph/fromOnnx';
import { writeModel } from '../../src/graph/toOnnx';
import { inputPorts } from '../../src/runtime/randomFeeds';
import { vitB16 } from '../models/transformers';
import { type Benchmark, type Lab, megabytes, seconds } from '../support/lab';
import { type Contender, type Measurement, race } from '../support/measure';
import { openTrained, type TrainedName } from '../support/quality';
import { type Score, scores } from '../support/scores';
import { stackSamples } from '../support/stack';

/** A way to compress that both sides have. */
interface Discipline {
  readonly name: string;
  /** Our command lines by name; `$calibration` stands for the samples. The first is the one aims are for. */
  readonly ours: Readonly<Record<string, readonly string[]>>;
  /** Steps of peer.py by name, with what follows the output. */
  readonly peers: Readonly<Record<string, readonly [step: string, ...rest: string[]]>>;
  readonly models: readonly (TrainedName | 'vit-b16')[];
  /** Most of the peer's wall time. */
  readonly time: number;
  /** Which of ours races against which of theirs: the same work. */
  readonly pace: readonly [ours: string, theirs: string];
}

const data = ['--data', '$calibration'];

const disciplines: readonly Discipline[] = [
  {
    name: 'static int8',
    ours: {
      lapidary: ['quantize-static', ...data],
      'lapidary, min-max': ['quantize-static', ...data, '--method', 'minmax', '--layers', 'fused'],
    },
    peers: {
      'ORT MinMax': ['static', '$calibration', 'MinMax'],
      'ORT Entropy': ['static', '$calibration', 'Entropy'],
      'ORT Percentile': ['static', '$calibration', 'Percentile'],
    },
    models: ['squeezenet1.1_fp32', 'cifar_resnet', 'cifar_vit', 'mnist_cnn_bn', 'mobilenet_v2_fp32'],
    time: 0.8,
    pace: ['lapidary, min-max', 'ORT MinMax'],
  },
  {
    name: 'dynamic int8',
    ours: { lapidary: ['quantize-dynamic'], 'lapidary, not measured': ['quantize-dynamic', '--layers', 'all'] },
    peers: { ORT: ['dynamic'] },
    models: ['cifar_vit', 'vit-b16'],
    time: 0.4,
    pace: ['lapidary, not measured', 'ORT'],
  },
  {
    name: '4-bit weights',
    ours: { lapidary: ['quantize-weights', '--bits', '4', '--block-size', '128'] },
    peers: { ORT: ['nbits', '128'] },
    models: ['cifar_vit', 'vit-b16'],
    time: 0.4,
    pace: ['lapidary', 'ORT'],
  },
  {
    name: 'float16',
    ours: { lapidary: ['convert-float16'], 'lapidary, unchecked': ['convert-float16', '--no-check-range'] },
    peers: { ORT: ['half'] },
    models: ['squeezenet1.1_fp32', 'cifar_resnet', 'vit-b16'],
    time: 0.3,
    pace: ['lapidary, unchecked', 'ORT'],
  },
];

/** Aims of the project: time as the discipline says, three fifths of the memory, nothing worse in the result. */
export const peers: Benchmark = {
  name: 'peers',
  summary: 'quantization and float16 against onnxruntime.quantization, whole processes on one core, and their results',
  async run(lab) {
    for (const discipline of disciplines) {
      lab.print(`\n### ${discipline.name}\n`);
      for (const name of discipline.models) {
        if (!`${discipline.name} ${name}`.includes(lab.options.only)) continue;
        const subject = await subjectOf(lab, name);
        if (subject) await compete(lab, discipline, subject);
      }
    }
  },
};

/** A model file with data of both kinds. */
interface Subject {
  readonly name: string;
  readonly file: string;
  readonly calibration: string;
  readonly evaluation: DataSource;
}

async function subjectOf(lab: Lab, name: TrainedName | 'vit-b16'): Promise<Subject | undefined> {
  const calibration = lab.file(`${name}.calibration.npy`);
  if (name === 'vit-b16') {
    const file = await lab.model(name, () => vitB16());
    const ports = inputPorts(readModel(file), { batch: 1 });
    return { name, file, calibration, evaluation: await openData({ source: 'random', samples: 3 }, ports) };
  }
  const trained = await openTrained(lab, name);
  if (!trained) return undefined;
  const file = lab.file(`${name}.onnx`);
  if (!existsSync(file)) await writeModel(trained.model, file);
  if (!existsSync(calibration)) await stackSamples(trained.calibration, calibration);
  return { name, file, calibration, evaluation: trained.evaluation };
}

/** One row of the table. */
interface Entry extends Contender {
  readonly output: string;
  readonly measured: Measurement;
}

async function compete(lab: Lab, discipline: Discipline, subject: Subject): Promise<void> {
  const started: Omit<Entry, 'measured'>[] = [];
  for (const contender of await contendersOf(lab, discipline, subject)) {
    rmSync(contender.output, { force: true });
    try {
      await race([contender], 0);
      started.push(contender);
    } catch (thrown) {
      const reason = String(thrown).trim().split('\n').at(-1)!;
      lab.print(`${subject.name}: ${contender.name} made nothing: ${reason.slice(0, 160)}`);
    }
  }
  const measured = await race(started, lab.options.runs, 0);
  const entries = started.map((contender, index): Entry => ({ ...contender, measured: measured[index]! }));
  const files = [subject.file, ...entries.map(({ output }) => output)];
  const [original, ...scored] = await scores(files, subject.evaluation);
  const row = (name: string, file: string, score: Score, taken?: Measurement): string[] => [
    `${subject.name} ${name}`,
    (statSync(file).size / 1e6).toFixed(2),
    score.top1 === undefined ? '-' : score.top1.toFixed(1),
    Number.isFinite(score.sqnrDb) ? score.sqnrDb.toFixed(1) : '-',
    score.latency.medianMs.toFixed(2),
    score.latency.iqrMs.toFixed(2),
    ...(taken ? [seconds(taken.seconds), seconds(taken.cpuSeconds), megabytes(taken.peakBytes)] : ['-', '-', '-']),
  ];
  const head = ['model', 'MB', 'top-1 %', 'SQNR dB', 'ms', 'IQR', 'wall', 'cpu', 'peak RSS'];
  const rows = entries.map(({ name, output, measured: taken }, index) => row(name, output, scored[index]!, taken));
  lab.table(head, [row('float32', subject.file, original!), ...rows]);
  judge(
    lab,
    discipline,
    subject,
    entries.map((entry, index) => ({ ...entry, score: scored[index]! })),
  );
}

async function contendersOf(
  lab: Lab,
  { name: discipline, ours, peers: theirs }: Discipline,
  { name, file, calibration }: Subject,
): Promise<Omit<Entry, 'measured'>[]> {
  mkdirSync(lab.file('peers'), { recursive: true });
  const outputOf = (who: string): string =>
    lab.file(`peers/${[name, discipline, who].join('.').replace(/\W+/g, '-')}.onnx`);
  const filled = (args: readonly string[]): string[] => args.map((arg) => (arg === '$calibration' ? calibration : arg));
  const contenders: Omit<Entry, 'measured'>[] = [];
  for (const [who, [command = '', ...flags]] of Object.entries(ours)) {
    const output = outputOf(who);
    const args = [command, file, '-o', output, '--overwrite', '--no-evaluate', ...filled(flags)];
    contenders.push({ ...onOneCore(await lab.cli(who, args)), output });
  }
  for (const [who, [step, ...rest]] of Object.entries(theirs)) {
    const output = outputOf(who);
    const peer = lab.peer(who, step, file, output, ...filled(rest));
    if (peer) contenders.push({ ...onOneCore(peer), output });
  }
  return contenders;
}

/** Both sides get the same threads: one core, where there is a way to give it. */
function onOneCore(contender: Contender): Contender {
  if (process.platform !== 'linux') return contender;
  return { ...contender, command: 'taskset', args: ['-c', '0', contender.command, ...contender.args] };
}

function judge(
  lab: Lab,
  { name: discipline, ours, peers: theirs, time, pace }: Discipline,
  subject: Subject,
  entries: readonly (Entry & { readonly score: Score })[],
): void {
  const named = (name: string): (typeof entries)[number] | undefined => entries.find((entry) => entry.name === name);
  const mine = named(Object.keys(ours)[0]!);
  const rivals = Object.keys(theirs).flatMap((name) => named(name) ?? []);
  const [runner, rival] = [named(pace[0]), named(pace[1])];
  const what = `${subject.name}, ${discipline}`;
  if (runner && rival) {
    lab.aim(`${what}, wall time`, runner.measured.seconds / rival.measured.seconds, time);
    lab.aim(`${what}, processor time`, runner.measured.cpuSeconds / rival.measured.cpuSeconds, time);
    lab.aim(`${what}, peak memory`, runner.measured.peakBytes / rival.measured.peakBytes, 0.6);
  }
  if (!mine || rivals.length === 0) return;
  const least = (value: (entry: (typeof entries)[number]) => number): number => Math.min(...rivals.map(value));
  const size = ({ output }: Entry): number => statSync(output).size;
  lab.aim(`${what}, size against the smallest`, size(mine) / least(size), 1.02);
  const fastest = least(({ score }) => score.latency.medianMs);
  lab.aim(`${what}, latency against the fastest`, mine.score.latency.medianMs / fastest, 1.05);
  const points = (value: number): string => `${value.toFixed(1)} points`;
  if (mine.score.top1 !== undefined) {
    lab.aim(`${what}, top-1 below the best`, -least(({ score }) => -score.top1!) - mine.score.top1, 0, points);
  } else {
    const best = -least(({ score }) => -score.sqnrDb);
    lab.aim(`${what}, SQNR below the best`, best - mine.score.sqnrDb, 0, (value) => `${value.toFixed(1)} dB`);
  }
}
