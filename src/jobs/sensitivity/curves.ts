/** What analyses share that give a curve for each part of a model. */
import { defaultRatios } from '../../pass/prune/groupCurves';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type CurvePoint, type CurveSensitivity, type SensitivityCurve } from '../../protocol/sensitivity';
import { accountOf, type Subject } from './request';

/** Seconds after which nothing more is begun, unless told otherwise. */
const defaultSeconds = 300;

/** Shares that are tried of each part, and milliseconds after which no further part is begun. */
export interface CurveSettings {
  readonly ratios: readonly number[];
  readonly budgetMs: number;
}

/** The settings that a request comes to; throws `usage` for ratios that are no shares, or not in order. */
export function curveSettings({ ratios = defaultRatios, seconds = defaultSeconds }: SensitivityRequest): CurveSettings {
  const wrong = ratios.find((ratio, index) => !(ratio > 0 && ratio < 1) || ratio <= (ratios[index - 1] ?? 0));
  if (ratios.length !== 0 && wrong === undefined) return { ratios, budgetMs: 1000 * seconds };
  throw new LapidaryError('usage', 'Ratios are shares between 0 and 1, the smallest first.', {
    hint: 'For instance 0.25,0.5,0.75.',
  });
}

/** What was found of each part, and of the whole model. */
export type Found = Pick<CurveSensitivity, 'of' | 'criterion' | 'leftOut'> & {
  readonly curves: readonly Omit<SensitivityCurve, 'rank'>[];
  /** Top-1 of the model as it is, where labels tell. */
  readonly accuracy: number | undefined;
};

/** The report: curves with their ranks. */
export function curveReport(
  { of, criterion, leftOut, curves, accuracy }: Found,
  { ratios }: CurveSettings,
  subject: Subject,
  { path }: SensitivityRequest,
): CurveSensitivity {
  return {
    of,
    path,
    criterion,
    ratios,
    curves: ranked(curves),
    leftOut,
    ...(accuracy !== undefined && { accuracy }),
    samples: subject.count,
    ...accountOf(subject),
  };
}

/** What counts as nothing lost, when decibels are averaged. */
const mostDb = 100;

/** The curves with their ranks: 1 has the least mean of its decibels. */
function ranked(curves: readonly Omit<SensitivityCurve, 'rank'>[]): SensitivityCurve[] {
  const order = [...curves].sort((a, b) => meanDb(a.points) - meanDb(b.points));
  const ranks = new Map(order.map((curve, index) => [curve, index + 1]));
  return curves.map((curve) => ({ ...curve, rank: ranks.get(curve)! }));
}

function meanDb(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { db }) => sum + Math.min(mostDb, db ?? mostDb), 0) / points.length;
}
