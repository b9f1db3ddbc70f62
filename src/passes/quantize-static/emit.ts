/** Writes a plan with its ranges as a model of QuantizeLinear and DequantizeLinear. Cheap: sensitivity does it often. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Noise, sqnrDb } from '../../numerics/quantize';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { groupsOf, type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { isUnseen } from './seen';
import { selectUnits } from './select';
import { type Unit } from './units';
import { Writer } from './writer';

/** A quantized model and what became of each layer. */
export interface Emitted {
  readonly model: Model;
  readonly changed: readonly ChangedLayer[];
  readonly skipped: readonly SkippedLayer[];
}

/**
 * The model with every selected unit in 8 bits; `excluded` maps keys of units (the name of their first output) that
 * stay in float to the reason. Neither the plan nor its model is changed.
 */
export function emitStatic(
  plan: StaticPlan,
  ranges: Ranges,
  excluded: ReadonlyMap<string, string> = new Map(),
): Emitted {
  const unseen = plan.units.filter((unit) => isUnseen(unit, ranges)).map(({ key }) => key);
  const selection = selectUnits(plan, new Set([...excluded.keys(), ...unseen]));
  const model = cloneModel(plan.model);
  const group = groupsOf(selection, ranges, plan.formats);
  const writer = new Writer(plan, model, group);
  const changed: ChangedLayer[] = [];
  const skipped: SkippedLayer[] = [...plan.skipped];
  for (const unit of plan.units) {
    const { node, rule, key } = unit;
    const { label, opType } = node;
    const reason = excluded.get(key);
    if (!selection.active.has(unit)) {
      if (rule.role === 'layer' || reason !== undefined) {
        skipped.push({ node: label, opType, reason: reason ?? 'It stays in float.' });
      }
      continue;
    }
    const { bytesAfter, noise } = writer.write(unit);
    changed.push(accountOf(unit, bytesAfter, noise, plan));
  }
  writer.writeValues(selection);
  return { model, changed, skipped };
}

function accountOf(unit: Unit, bytesAfter: number, noise: Noise | undefined, { formats }: StaticPlan): ChangedLayer {
  const { node, weight, bias } = unit;
  const base = { node: node.label, opType: node.opType };
  if (!weight || !noise) return { ...base, what: `float32 → ${formats.activation}` };
  const db = sqnrDb(noise);
  return {
    ...base,
    what: `float32 → ${formats.weight}${formats.perChannel ? ' per channel' : ' per tensor'}, activations ${formats.activation}`,
    bytesBefore: weight.tensor.byteLength + (bias?.tensor.byteLength ?? 0),
    bytesAfter,
    weightSqnrDb: Number.isFinite(db) ? db : null,
  };
}
