/** How good and how fast several versions of one model are, on the same samples and in turns. */
import { writeFileSync } from 'node:fs';
import { CarriedState } from '../../src/data/carriedState';
import { type DataSource } from '../../src/data/source';
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { type LatencyReport } from '../../src/protocol/report';
import { measureTogether } from '../../src/runtime/measure';
import { loadOrt } from '../../src/runtime/ort';
import { type Feeds, type InferenceSession } from '../../src/runtime/port';
import { numbersOf, type Grading } from './grading';
import { type Lab } from './lab';

/** What one version scored. */
export interface Score {
  /** What the grading found right, in %; only with labels. */
  readonly grade?: number;
  /** Signal to noise of the first output against that of the first version, in dB. */
  readonly sqnrDb: number;
  readonly latency: LatencyReport;
}

/** Scores models that are not in files yet. */
export async function scoresOf(
  lab: Pick<Lab, 'file'>,
  models: readonly Model[],
  data: DataSource,
  grading?: Grading,
): Promise<Score[]> {
  const files = models.map((_, index) => lab.file(`version${index}.onnx`));
  models.forEach((model, index) => writeFileSync(files[index]!, encodeModel(model)));
  return scores(files, data, grading);
}

/** Scores the versions (files; the first is the original) on samples; each carries its own state. */
export async function scores(files: readonly string[], data: DataSource, grading?: Grading): Promise<Score[]> {
  const runtime = await loadOrt();
  const sessions: InferenceSession[] = [];
  try {
    for (const file of files) sessions.push(await runtime.open(file, { threads: 1 }));
    const states = files.map(() => new CarriedState(data.state));
    const [right, of, noise] = [files.map(() => 0), files.map(() => 0), files.map(() => 0)];
    let [signal, first]: [number, Feeds | undefined] = [0, undefined];
    for await (const sample of data.samples()) {
      first ??= sample.feeds;
      let reference: Float64Array | undefined;
      for (const [index, session] of sessions.entries()) {
        const [name = ''] = session.outputs.map((output) => output.name);
        const output = (await states[index]!.run(session, sample, [name])).results[name]!;
        const values = numbersOf(output);
        reference ??= values;
        for (let at = 0; at < values.length; at++) {
          noise[index]! += (values[at]! - reference[at]!) ** 2;
          if (index === 0) signal += values[at]! ** 2;
        }
        if (sample.label === undefined || !grading) continue;
        const graded = grading.grade(output, sample.label);
        right[index]! += graded.right;
        of[index]! += graded.of;
      }
    }
    const contestants = sessions.map((session) => ({ session, feeds: first! }));
    const latencies = await measureTogether(contestants, { budgetMs: 1000 * files.length, maxRuns: 100 });
    return files.map((_, index) => ({
      ...(of[index]! > 0 && { grade: (100 * right[index]!) / of[index]! }),
      sqnrDb: 10 * Math.log10(signal / noise[index]!),
      latency: latencies[index]!,
    }));
  } finally {
    for (const session of sessions) await session.close();
  }
}
