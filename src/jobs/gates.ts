/** Holds a result against the gates of a recipe. What was not measured has not been shown, so its gate fails. Pure. */
import { type CompareReport, type CompressReport } from '../protocol/report';
import { type GateName, type GateReport, type Gates } from '../protocol/recipe';

/** What gates look at. */
export type Judged = Pick<CompressReport, 'before' | 'after' | 'evaluation' | 'evaluationSkipped'>;

/** What was found: a number to hold against the gate, or why there is none. */
type Finding = { readonly value: number; readonly reason?: string } | { readonly missing: string };

interface Gate {
  readonly find: (judged: Judged, wanted: number) => Finding;
  readonly holds: (value: number, wanted: number) => boolean;
}

const atLeast = (value: number, wanted: number): boolean => value >= wanted;
const atMost = (value: number, wanted: number): boolean => value <= wanted;

const gates: { readonly [K in GateName]: Gate } = {
  maxSizeRatio: { find: ({ before, after }) => ({ value: after.fileBytes / before.fileBytes }), holds: atMost },
  minSpeedup: { find: speedup, holds: atLeast },
  minSqnrDb: { find: worstSqnr, holds: atLeast },
  // 0.59 - 0.58 is a hair above 0.01 in binary: no gate shall hang on that.
  maxMetricDrop: { find: metricDrop, holds: (value, wanted) => value <= wanted + 1e-9 },
};

/** Every gate that was asked for, in the order in which gates are listed. */
export function judge(wanted: Gates, judged: Judged): GateReport[] {
  return (Object.keys(gates) as GateName[]).flatMap((gate) => {
    const limit = wanted[gate];
    return limit === undefined ? [] : [verdict(gate, limit, judged)];
  });
}

function verdict(gate: GateName, wanted: number, judged: Judged): GateReport {
  const { find, holds } = gates[gate];
  const found = find(judged, wanted);
  if ('missing' in found) return { gate, wanted, measured: null, passed: false, reason: found.missing };
  const { value, reason } = found;
  const passed = reason === undefined && holds(value, wanted);
  // JSON has no infinity: outputs without any error are `null` everywhere else as well.
  return {
    gate,
    wanted,
    measured: Number.isFinite(value) ? value : null,
    passed,
    ...(reason !== undefined && { reason }),
  };
}

const unmeasured = ({ evaluationSkipped }: Judged): Finding => ({
  missing: `Nothing was measured: ${evaluationSkipped ?? 'the models were not run.'}`,
});

function speedup(judged: Judged, wanted: number): Finding {
  if (!judged.evaluation) return unmeasured(judged);
  const { latency } = judged.evaluation;
  if (!latency) return { missing: 'Latency was not measured.' };
  // "Not slower" can be judged by the medians; "faster" may only be claimed outside the noise.
  const isClaim = wanted > 1 && !latency.significant;
  return {
    value: latency.speedup,
    ...(isClaim && { reason: 'The difference is inside the noise of the measurement.' }),
  };
}

function worstSqnr(judged: Judged): Finding {
  if (!judged.evaluation) return unmeasured(judged);
  const { outputs } = judged.evaluation.quality;
  if (outputs.length === 0) return { missing: 'No output of the two models can be compared.' };
  const odd = outputs.find(({ misshapenSamples, nonFinite }) => misshapenSamples || (nonFinite?.after ?? 0) > 0);
  const value = Math.min(...outputs.map(({ sqnrDb }) => sqnrDb ?? Infinity));
  return { value, ...(odd && { reason: oddText(odd) }) };
}

function oddText({ name, misshapenSamples }: CompareReport['quality']['outputs'][number]): string {
  return misshapenSamples
    ? `Output "${name}" differs in shape for ${misshapenSamples} samples, which the figure leaves out.`
    : `Output "${name}" holds NaN or infinities that the original's does not, which the figure leaves out.`;
}

function metricDrop(judged: Judged): Finding {
  if (!judged.evaluation) return unmeasured(judged);
  const { metric, random } = judged.evaluation.quality;
  if (metric) return { value: metric.before - metric.after };
  return {
    missing: random
      ? 'The inputs were random: a metric takes data with labels.'
      : 'There are no labels that fit an output, so there is no metric.',
  };
}
