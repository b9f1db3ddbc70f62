/** How good and how fast several versions of one model are, on the same samples and in turns. */
import { type DataSource } from '../../src/data/source';
import { type LatencyReport } from '../../src/protocol/report';
import { bytesOf, toFloat64 } from '../../src/numerics/elements';
import { measureTogether } from '../../src/runtime/measure';
import { loadOrt } from '../../src/runtime/ort';
import { type Feeds, type InferenceSession, type RuntimeTensor } from '../../src/runtime/port';

/** What one version scored. */
export interface Score {
  /** Share of samples whose label has the largest score, in %; only with labels. */
  readonly top1?: number;
  /** Signal to noise of the first output against that of the first version, in dB. */
  readonly sqnrDb: number;
  readonly latency: LatencyReport;
}

/** Scores the versions (files; the first is the original) on samples. */
export async function scores(files: readonly string[], data: DataSource): Promise<Score[]> {
  const runtime = await loadOrt();
  const sessions: InferenceSession[] = [];
  try {
    for (const file of files) sessions.push(await runtime.open(file, { threads: 1 }));
    const right = files.map(() => 0);
    const noise = files.map(() => 0);
    let [signal, first]: [number, Feeds | undefined] = [0, undefined];
    for await (const { feeds, label } of data.samples()) {
      first ??= feeds;
      let reference: Float64Array | undefined;
      for (const [index, session] of sessions.entries()) {
        const [output] = Object.values(await session.run(feeds));
        const values = numbersOf(output!);
        reference ??= values;
        for (let at = 0; at < values.length; at++) {
          noise[index]! += (values[at]! - reference[at]!) ** 2;
          if (index === 0) signal += values[at]! ** 2;
        }
        if (label !== undefined && indexOfLargest(values) === label) right[index]!++;
      }
    }
    const contestants = sessions.map((session) => ({ session, feeds: first! }));
    const latencies = await measureTogether(contestants, { budgetMs: 1000 * files.length, maxRuns: 100 });
    return files.map((_, index) => ({
      ...(data.labelled && { top1: (100 * right[index]!) / data.size }),
      sqnrDb: 10 * Math.log10(signal / noise[index]!),
      latency: latencies[index]!,
    }));
  } finally {
    for (const session of sessions) await session.close();
  }
}

function numbersOf({ dataType, data, shape }: RuntimeTensor): Float64Array {
  if (!ArrayBuffer.isView(data)) throw new Error('Only numbers can be scored.');
  return toFloat64(
    dataType,
    bytesOf(data),
    shape.reduce((size, dim) => size * dim, 1),
  );
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}
