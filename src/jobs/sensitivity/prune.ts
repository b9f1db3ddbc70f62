/** How the error of a model grows with the share of each group of channels that is pruned. */
import { type PassContext } from '../../pass/context';
import { defaultRatios, type GroupCurve, groupCurves } from '../../pass/prune/groupCurves';
import { judge, type Judged } from '../../pass/prune/round';
import { declaration } from '../../passes/prune-channels/declaration';
import { reasonToKeep } from '../../passes/prune-channels/settings';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type CurvePoint, type PruningSensitivity, type SensitivityCurve } from '../../protocol/sensitivity';
import { type JobContext } from '../context';
import { boundDims, openModel } from '../modelFile';
import { breathe, Stages } from '../stages';
import { dataFor, finite, measuredSamples, optionsOf, randomNote } from './request';

const defaultSeconds = 300;
/** What counts as nothing lost, when decibels are averaged. */
const mostDb = 100;

/**
 * Judges the channels of every group, then measures the model with one group at a time masked, by more and more. Throws
 * `nothing-to-do` when no group may shrink, `usage` for wrong options, `data` when the samples do not fit.
 */
export async function pruneSensitivity(request: SensitivityRequest, context: JobContext): Promise<PruningSensitivity> {
  const started = performance.now();
  const options = optionsOf(declaration, request);
  const { ratios = defaultRatios, seconds = defaultSeconds } = request;
  mustBeShares(ratios);
  const model = openModel(request.path);
  await breathe(context.signal);
  const runtime = await context.runtime();
  const samples = await dataFor(model, request, context);
  const stages = new Stages(context, { judge: 1, measure: 10 });
  const judging = stages.of('judge');
  const passContext: PassContext = {
    runtime,
    data: samples,
    dims: boundDims(model, request),
    signal: context.signal,
    progress: ({ fraction, message, node }) => judging(fraction, message, node === undefined ? {} : { node }),
    log: (message) => context.log(message),
  };
  const judged = await judge(model, { ...options, reasonToKeep: (group) => reasonToKeep(group, options) }, passContext);
  if (judged.scores.size === 0) {
    throw new LapidaryError('nothing-to-do', 'The model has no channels that could be pruned.', {
      model: request.path,
      hint: 'lapidary inspect --groups says why each group has to stay.',
    });
  }
  const measuring = stages.of('measure');
  const count = Math.min(request.samples ?? measuredSamples, samples.size);
  const { curves, leftOut } = await groupCurves(judged, {
    runtime,
    samples,
    count,
    signal: context.signal,
    ratios,
    budgetMs: 1000 * seconds,
    onProgress: (fraction, node) => {
      const place = node === undefined ? {} : { node };
      measuring(fraction, 'Measuring the loss of each group of channels alone', place);
    },
  });
  const accuracy = curves[0]?.points[0]?.fidelity.accuracy?.before;
  return {
    of: 'prune',
    path: request.path,
    criterion: judged.criterion,
    ratios,
    curves: ranked(curves, judged),
    leftOut: leftOut.map(({ group, reason }) => ({ nodes: group.makers.map(({ label }) => label), reason })),
    ...(accuracy !== undefined && { accuracy }),
    samples: count,
    data: samples.description,
    random: samples.random,
    notes: samples.random ? [randomNote] : [],
    seconds: (performance.now() - started) / 1000,
  };
}

function mustBeShares(ratios: readonly number[]): void {
  const wrong = ratios.find((ratio, index) => !(ratio > 0 && ratio < 1) || ratio <= (ratios[index - 1] ?? 0));
  if (ratios.length !== 0 && wrong === undefined) return;
  throw new LapidaryError('usage', 'Ratios are shares between 0 and 1, the smallest first.', {
    hint: 'For instance 0.25,0.5,0.75.',
  });
}

function ranked(curves: readonly GroupCurve[], judged: Judged): SensitivityCurve[] {
  const rows = curves.map((curve) => curveOf(curve, judged));
  const means = new Map(rows.map((row) => [row, meanDb(row.points)]));
  const order = [...rows].sort((a, b) => means.get(a)! - means.get(b)!);
  const ranks = new Map(order.map((row, index) => [row, index + 1]));
  return rows.map((row) => ({ ...row, rank: ranks.get(row)! }));
}

function meanDb(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { db }) => sum + Math.min(mostDb, db ?? mostDb), 0) / points.length;
}

function curveOf({ group, points }: GroupCurve, { found, cost }: Judged): SensitivityCurve {
  const { index, makers, readers, channels } = group;
  const savedWithout = (removed: number): number => {
    const kept = found.groups.map((each) => each.channels.length);
    kept[index]! -= removed;
    return 1 - cost.macs(kept);
  };
  return {
    group: index,
    nodes: makers.map(({ label }) => label),
    readers: readers.map(({ label }) => label),
    channels: channels.length,
    rank: 0,
    points: points.map(({ removed, fidelity }): CurvePoint => ({
      removed,
      share: removed / channels.length,
      db: finite(fidelity.sqnrDb),
      saved: savedWithout(removed),
      ...(fidelity.accuracy && { accuracy: fidelity.accuracy.after }),
    })),
  };
}
