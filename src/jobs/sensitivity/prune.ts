/** How the error of a model grows with the share of each group of channels that is pruned. */
import { type GroupCurve, groupCurves } from '../../pass/prune/groupCurves';
import { judge, type Judged } from '../../pass/prune/round';
import { declaration } from '../../passes/prune-channels/declaration';
import { reasonToKeep } from '../../passes/prune-channels/settings';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type CurvePoint, type CurveSensitivity, type SensitivityCurve } from '../../protocol/sensitivity';
import { type JobContext } from '../context';
import { Stages } from '../stages';
import { curveReport, curveSettings, type Found } from './curves';
import { finite, optionsOf, passContextFor, subjectOf } from './request';

/**
 * Judges the channels of every group, then measures the model with one group at a time masked, by more and more. Throws
 * `nothing-to-do` when no group may shrink, `usage` for wrong options, `data` when the samples do not fit.
 */
export async function pruneSensitivity(request: SensitivityRequest, context: JobContext): Promise<CurveSensitivity> {
  const options = optionsOf(declaration, request);
  const settings = curveSettings(request);
  const subject = await subjectOf(request, context);
  const stages = new Stages(context, { judge: 1, measure: 10 });
  const judged = await judge(
    subject.model,
    { ...options, reasonToKeep: (group) => reasonToKeep(group, options) },
    passContextFor(subject, request, context, stages.of('judge')),
  );
  if (judged.scores.size === 0) {
    throw new LapidaryError('nothing-to-do', 'The model has no channels that could be pruned.', {
      model: request.path,
      hint: 'lapidary inspect --groups says why each group has to stay.',
    });
  }
  const measuring = stages.of('measure');
  const { curves, leftOut } = await groupCurves(judged, {
    ...subject,
    ...settings,
    signal: context.signal,
    onProgress: (fraction, node) => {
      const place = node === undefined ? {} : { node };
      measuring(fraction, 'Measuring the loss of each group of channels alone', place);
    },
  });
  const found: Found = {
    of: 'prune',
    criterion: judged.criterion,
    curves: curves.map((curve) => curveOf(curve, judged)),
    leftOut: leftOut.map(({ group, reason }) => ({ nodes: group.makers.map(({ label }) => label), reason })),
    accuracy: curves[0]?.points[0]?.fidelity.accuracy?.before,
  };
  return curveReport(found, settings, subject, request);
}

function curveOf({ group, points }: GroupCurve, { found, cost }: Judged): Omit<SensitivityCurve, 'rank'> {
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
    points: points.map(({ removed, fidelity }): CurvePoint => ({
      removed,
      share: removed / channels.length,
      db: finite(fidelity.sqnrDb),
      saved: savedWithout(removed),
      ...(fidelity.accuracy && { accuracy: fidelity.accuracy.after }),
    })),
  };
}
