/** `lapidary inspect --json` against ONNX's own shape inference, both as whole processes. */
import { resnet50 } from '../models/convnets';
import { vitB16 } from '../models/transformers';
import { type Benchmark, megabytes, ratio, seconds } from '../support/lab';
import { race } from '../support/measure';

const models = [
  ['resnet50', () => resnet50()],
  ['vit-b16', () => vitB16()],
] as const;

/** Aims of the project: a fifth of the time, a third of the memory. */
export const inspect: Benchmark = {
  name: 'inspect',
  summary: 'inspect --json against onnx.load + infer_shapes(data_prop=True), whole processes',
  async run(lab) {
    const rows: string[][] = [];
    const aims: (() => void)[] = [];
    for (const [name, make] of models) {
      const file = await lab.model(name, make);
      const peer = lab.peer('onnx', 'infer', file);
      const args = ['inspect', file, '--json'];
      const contenders = [
        await lab.cli('lapidary', args),
        await lab.cli('lapidary, no code cache', args, { codeCache: false }),
        ...(peer ? [peer] : []),
      ];
      const results = await race(contenders, lab.options.runs);
      const [ours, , theirs] = results;
      for (const [index, { seconds: wall, cpuSeconds, peakBytes }] of results.entries()) {
        const times = [seconds(wall), seconds(cpuSeconds), megabytes(peakBytes)];
        const against = theirs
          ? [wall / theirs.seconds, cpuSeconds / theirs.cpuSeconds, peakBytes / theirs.peakBytes].map(ratio)
          : ['-', '-', '-'];
        rows.push([name, contenders[index]!.name, ...times, ...against]);
      }
      if (!theirs) continue;
      aims.push(() => lab.aim(`${name}, wall time against onnx`, ours!.seconds / theirs.seconds, 1 / 5));
      aims.push(() => lab.aim(`${name}, peak memory against onnx`, ours!.peakBytes / theirs.peakBytes, 1 / 3));
    }
    lab.table(['model', 'program', 'wall', 'cpu', 'peak RSS', 'wall ratio', 'cpu ratio', 'RSS ratio'], rows);
    aims.forEach((check) => check());
  },
};
