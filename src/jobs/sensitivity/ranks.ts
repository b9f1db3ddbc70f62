/** Which curves cost the most. */
import { type CurvePoint, type SensitivityCurve } from '../../protocol/sensitivity';

/** What counts as nothing lost, when decibels are averaged. */
const mostDb = 100;

/** The curves with their ranks: 1 has the least mean of its decibels. */
export function ranked(curves: readonly Omit<SensitivityCurve, 'rank'>[]): SensitivityCurve[] {
  const order = [...curves].sort((a, b) => meanDb(a.points) - meanDb(b.points));
  const ranks = new Map(order.map((curve, index) => [curve, index + 1]));
  return curves.map((curve) => ({ ...curve, rank: ranks.get(curve)! }));
}

function meanDb(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { db }) => sum + Math.min(mostDb, db ?? mostDb), 0) / points.length;
}
