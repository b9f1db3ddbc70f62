/** How much each layer loses in 8 bits: its weights, and the model with that layer alone quantized. */
import { type Model } from '../../graph/model';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { type Reference } from '../../pass/reference';
import { emitStatic } from './emit';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { type Unit } from './units';

/** What one layer loses. */
export interface AloneLoss {
  readonly unit: Unit;
  /** SQNR of the model's outputs (or what else is looked at), dB, with this layer alone in 8 bits; Infinity for no loss. */
  readonly aloneDb: number;
  /** SQNR of its weights; undefined when it has none of its own. */
  readonly weightDb?: number;
}

/** Layers of a plan: what can be left in float. */
export const layersOf = ({ units }: StaticPlan): Unit[] => units.filter(({ rule }) => rule.role === 'layer');

/** Reasons for all layers but those in `kept`. */
export function allBut(plan: StaticPlan, kept: ReadonlySet<Unit>, reason: string): Map<string, string> {
  return new Map(layersOf(plan).flatMap((unit) => (kept.has(unit) ? [] : [[unit.key, reason] as const])));
}

/** How layers are measured. */
export interface AloneOptions {
  /** Units that stay in float throughout. */
  readonly given?: ReadonlyMap<string, string>;
  /** Samples to measure on, at most. */
  readonly most?: number;
  /** What of a candidate is looked at: the same part of it that the reference was made of. */
  readonly part?: (candidate: Model) => Model;
}

/** Quantizes each layer alone and measures the whole model; one model at a time is in memory. */
export async function measureAlone(
  plan: StaticPlan,
  ranges: Ranges,
  reference: Reference,
  context: Pick<PassContext, 'signal' | 'progress'>,
  { given = new Map(), most = Infinity, part = (whole) => whole }: AloneOptions = {},
): Promise<AloneLoss[]> {
  const layers = layersOf(plan).filter(({ key }) => !given.has(key));
  const found: AloneLoss[] = [];
  for (const [index, unit] of layers.entries()) {
    throwIfCancelled(context.signal);
    const node = unit.node.label;
    const message = `Measuring the loss of each layer alone, ${index + 1} of ${layers.length}`;
    context.progress({ fraction: index / layers.length, message, node });
    const others = allBut(plan, new Set([unit]), 'It is not the one measured.');
    const { model, changed } = emitStatic(plan, ranges, new Map([...given, ...others]));
    const account = changed.find((layer) => layer.node === node);
    const { sqnrDb: aloneDb } = await reference.measure(part(model), most);
    const weightDb = account?.weightSqnrDb;
    found.push({ unit, aloneDb, ...(weightDb !== undefined && { weightDb: weightDb ?? Infinity }) });
  }
  return found;
}
