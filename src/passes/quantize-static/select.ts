/**
 * Which candidates run in 8 bits, given the layers that stay in float. Layers do; whatever stands between them follows
 * where that saves more conversions than it makes, so that a chain of codes is not broken by an addition.
 */
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type StaticPlan } from './plan';
import { movedCodesBreak } from './signedCodes';
import { type Unit } from './units';

/** Candidates that run in 8 bits, and which values are codes between them. */
export interface Selection {
  readonly active: ReadonlySet<Unit>;
  /** Values that an active unit gives as codes. */
  readonly produced: ReadonlySet<Value>;
  /** Values that an active unit reads as codes. */
  readonly consumed: ReadonlySet<Value>;
}

/** Operators that make tensors smaller or hand them on: in codes they cost less, whoever reads the result. */
const cheaperInCodes: ReadonlySet<string> = new Set([
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'ReduceMax',
  'ReduceMin',
  'Resize',
]);

type Plan = Pick<StaticPlan, 'model' | 'formats' | 'units'>;

/** Selects; `excluded` holds keys of units that stay in float. */
export function selectUnits(plan: Plan, excluded: ReadonlySet<string> = new Set()): Selection {
  const { units } = plan;
  const handsOn = movedCodesBreak(plan.model, plan.formats);
  const candidates = units.filter(({ key }) => !excluded.has(key));
  const active = new Set(candidates.filter(({ rule }) => rule.role === 'layer'));
  const others = candidates.filter((unit) => !active.has(unit));
  const producers = new Map<Value, Unit>();
  for (const unit of candidates) {
    // A Relu behind a layer may be a unit of its own: what it gives is what the layer gives.
    for (const output of unit.outputs) if (!producers.has(output)) producers.set(output, unit);
  }
  const readers = readersOf(candidates);
  const given = (value: Value): boolean => active.has(producers.get(value)!);
  const wanted = (unit: Unit): boolean =>
    unit.outputs.some((output) => readers(output).some((reader) => active.has(reader)));
  const pays = (unit: Unit): boolean => {
    const inputs = unit.data.map((index) => unit.node.input(index)!);
    const isWanted = wanted(unit);
    if (unit.rule.role === 'move') {
      return inputs.every(given) && (isWanted || handsOn || cheaperInCodes.has(unit.node.opType));
    }
    const balance = inputs.reduce((sum, value) => sum + (given(value) ? 1 : -1), 0);
    return balance + (isWanted ? 1 : cheaperInCodes.has(unit.node.opType) ? 0 : -1) > 0;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const unit of others) {
      if (active.has(unit) || !pays(unit)) continue;
      active.add(unit);
      changed = true;
    }
  }
  const consumed = new Set([...active].flatMap(({ node, data }) => data.map((index) => node.input(index)!)));
  const produced = new Set<Value>();
  for (const { rule, outputs } of active) {
    for (const output of outputs) if (rule.quantizedOutput || consumed.has(output)) produced.add(output);
  }
  return { active, produced, consumed };
}

/** Units that read a value as codes. */
function readersOf(units: readonly Unit[]): (value: Value) => readonly Unit[] {
  const byNode = new Map<Node, Unit>(units.map((unit) => [unit.node, unit]));
  return (value) =>
    value.uses().flatMap(({ node, index }) => {
      const unit = byNode.get(node);
      return unit?.data.includes(index) ? [unit] : [];
    });
}
