/** Units whose values no sample brought: those of a branch that was never taken, of a loop that never ran. */
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { type Unit } from './units';

const notRun = 'No sample ran it: calibrate with data that does.';

/** True when the ranges say nothing of a value that the unit reads or gives as codes. */
export function isUnseen({ node, data, outputs }: Unit, ranges: Pick<Ranges, 'has'>): boolean {
  return [...data.map((index) => node.input(index)!), ...outputs].some(({ name }) => !ranges.has(name));
}

/** The plan without them. */
export function withoutUnseen(plan: StaticPlan, ranges: Pick<Ranges, 'has'>): StaticPlan {
  const unseen = plan.units.filter((unit) => isUnseen(unit, ranges));
  if (unseen.length === 0) return plan;
  const layers = unseen.filter(({ rule }) => rule.role === 'layer');
  return {
    ...plan,
    units: plan.units.filter((unit) => !unseen.includes(unit)),
    skipped: [
      ...plan.skipped,
      ...layers.map(({ node }) => ({ node: node.label, opType: node.opType, reason: notRun })),
    ],
  };
}
