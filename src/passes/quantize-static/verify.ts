/** What was planned against what the runtime does: layers that do not fuse, or are not faster, go back to float. */
import { encodeModel } from '../../graph/toOnnx';
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { auditModel } from '../../profile/audit/audit';
import { type AuditedLayer, type AuditReport } from '../../protocol/audit';
import { formatMillisecondsPair } from '../../report/format';
import { compareLatency, type LatencyComparison } from '../../runtime/measure';
import { type Feeds, type InferenceRuntime } from '../../runtime/port';
import { emitStatic, type Emitted } from './emit';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { selectUnits } from './select';

/** Units that stay in float, by key, with the reason. */
export type Exclusions = ReadonlyMap<string, string>;

/** Rounds of leaving out and looking again; each leaves out something, real models settle in one or two. */
const mostRounds = 5;

/** Services that verifying needs. */
export interface VerifyContext extends Pick<PassContext, 'signal' | 'progress' | 'log'> {
  readonly runtime: InferenceRuntime;
}

/** Leaves out units that the runtime would compute in float with conversions on top; audits until there is none. */
export async function leaveOutUnfused(
  plan: StaticPlan,
  ranges: Ranges,
  given: Exclusions,
  { runtime, signal, progress }: VerifyContext,
): Promise<Map<string, string>> {
  const excluded = new Map(given);
  for (let round = 0; round < mostRounds; round++) {
    progress({ fraction: 0.86 + 0.01 * round, message: 'Looking at what the runtime makes of it' });
    const { model } = emitStatic(plan, ranges, excluded);
    const audited = byLabel(await auditModel(model, runtime, { signal }));
    let found = false;
    for (const unit of selectUnits(plan.units, new Set(excluded.keys())).active) {
      const layer = audited.get(unit.node.label);
      if (layer?.runsAs !== 'float-qdq' && layer?.runsAs !== 'float') continue;
      const why = layer.reason ? `: ${layer.reason.replace(/\.$/, '')}` : '';
      excluded.set(unit.key, `The runtime would compute it in float, with conversions on top${why}.`);
      found = true;
    }
    if (!found) break;
  }
  return excluded;
}

/** What measuring came to. */
export interface Verdict {
  readonly excluded: Map<string, string>;
  /** The whole model, float against 8 bits. */
  readonly whole: LatencyComparison;
}

/** A layer goes back to float when that saves at least this share of its own time … */
const ownShare = 0.1;
/** … and of the model's: less is not worth weights four times as large. */
const modelShare = 0.02;

/** Leaves out layers that are slower in 8 bits, if the model as a whole is faster for it. */
export async function leaveOutSlower(
  plan: StaticPlan,
  ranges: Ranges,
  given: Exclusions,
  feeds: Feeds,
  context: VerifyContext,
): Promise<Verdict> {
  const { runtime, signal, progress } = context;
  progress({ fraction: 0.9, message: 'Measuring layers in float and in 8 bits' });
  const current = emitStatic(plan, ranges, given);
  const options = { feeds, runs: 9, signal };
  const before = byLabel(await auditModel(plan.model, runtime, options));
  const after = byLabel(await auditModel(current.model, runtime, options));
  const total = [...after.values()].reduce((sum, { latencyMs = 0 }) => sum + latencyMs, 0);
  const excluded = new Map(given);
  const { active } = selectUnits(plan.units, new Set(given.keys()));
  for (const unit of active) {
    const [float, int8] = [before.get(unit.node.label)?.latencyMs, after.get(unit.node.label)?.latencyMs];
    if (unit.rule.role !== 'layer' || !float || !int8) continue;
    const saved = int8 - float;
    if (saved < ownShare * int8 || saved < modelShare * total) continue;
    excluded.set(unit.key, `It is no faster in 8 bits here: ${formatMillisecondsPair(float, int8)}.`);
  }
  progress({ fraction: 0.93, message: 'Measuring the whole model' });
  const whole = await compare(plan.model, current, feeds, context);
  if (excluded.size === given.size) return { excluded, whole };
  const fewer = emitStatic(plan, ranges, excluded);
  const gain = await compare(current.model, fewer, feeds, context);
  if (fewer.changed.length === 0 || !(gain.speedup > 1 + modelShare && gain.significant)) {
    return { excluded: new Map(given), whole };
  }
  return { excluded, whole: await compare(plan.model, fewer, feeds, context) };
}

async function compare(
  before: Model,
  { model: after }: Pick<Emitted, 'model'>,
  feeds: Feeds,
  { runtime, signal }: VerifyContext,
): Promise<LatencyComparison> {
  const a = await runtime.open(encodeModel(before));
  try {
    const b = await runtime.open(encodeModel(after));
    try {
      const settings = { budgetMs: 400, minRuns: 9, maxRuns: 100, signal };
      return await compareLatency({ session: a, feeds }, { session: b, feeds }, settings);
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

function byLabel({ layers }: AuditReport): Map<string, AuditedLayer> {
  const map = new Map<string, AuditedLayer>();
  for (const layer of layers) if (!map.has(layer.node)) map.set(layer.node, layer);
  return map;
}
