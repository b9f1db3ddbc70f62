/** Units that drop out of a plan: whose values no sample brought (of a branch never taken, say), or of bodies altogether. */
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
  return without(plan, (unit) => isUnseen(unit, ranges), notRun);
}

/** The plan without layers of bodies, which stay in float for this reason. */
export function withoutBodies(plan: StaticPlan, reason: string): StaticPlan {
  return without(plan, ({ node }) => node.graph !== plan.model.graph, reason);
}

function without(plan: StaticPlan, isOut: (unit: Unit) => boolean, reason: string): StaticPlan {
  const out = new Set(plan.units.filter(isOut));
  if (out.size === 0) return plan;
  const layers = [...out].filter(({ rule }) => rule.role === 'layer');
  return {
    ...plan,
    units: plan.units.filter((unit) => !out.has(unit)),
    skipped: [...plan.skipped, ...layers.map(({ node }) => ({ node: node.label, opType: node.opType, reason }))],
  };
}
