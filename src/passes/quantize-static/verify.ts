/** What was planned against what the runtime does: layers that do not fuse, or are not faster, go back to float. */
import { encodeModel } from '../../graph/toOnnx';
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { auditModel } from '../../profile/audit/audit';
import { type AuditedLayer, type AuditReport } from '../../protocol/audit';
import { formatMillisecondsPair } from '../../report/format';
import { compareLatency, type LatencyComparison } from '../../runtime/measure';
import { profileNodes } from '../../runtime/profileNodes';
import { type Feeds, type InferenceRuntime } from '../../runtime/port';
import { emitStatic, type Emitted } from './emit';
import { islandsOf } from './islands';
import { type Ranges } from './parameters';
import { type StaticPlan } from './plan';
import { selectUnits } from './select';
import { type Unit } from './units';

/** Units that stay in float, by key, with the reason. */
export type Exclusions = ReadonlyMap<string, string>;

/** Rounds of leaving out and looking again; each leaves out something, real models settle in one or two. */
const mostRounds = 5;

/** Runs under the profiler, of which the median counts. */
const measuredRuns = 9;

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
    for (const unit of selectUnits(plan, new Set(excluded.keys())).active) {
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
  /** The whole model, float against 8 bits; undefined when nothing is left in 8 bits. */
  readonly whole?: LatencyComparison;
}

/** A layer goes back to float when that saves at least this share of its own time … */
const ownShare = 0.1;
/** … and of the model's: less is not worth weights four times as large. */
const modelShare = 0.02;

/** Leaves out layers that are slower in 8 bits, conversions included, as long as the model as a whole gets faster. */
export async function leaveOutSlower(
  plan: StaticPlan,
  ranges: Ranges,
  given: Exclusions,
  feeds: Feeds,
  context: VerifyContext,
): Promise<Verdict> {
  const { runtime, signal, progress } = context;
  progress({ fraction: 0.9, message: 'Measuring layers in float and in 8 bits' });
  const float = byLabel(await auditModel(plan.model, runtime, { feeds, runs: measuredRuns, signal }));
  let excluded = new Map(given);
  let current = emitStatic(plan, ranges, excluded);
  for (let round = 0; round < mostRounds; round++) {
    const slower = await slowerUnits(plan, current, excluded, float, feeds, context);
    if (slower.size === 0) break;
    const fewer = new Map([...excluded, ...slower]);
    const candidate = emitStatic(plan, ranges, fewer);
    progress({ fraction: 0.91 + 0.01 * round, message: 'Measuring the whole model' });
    const reference = candidate.changed.length === 0 ? plan.model : candidate.model;
    const gain = await compareModels(current.model, reference, feeds, context);
    if (!(gain.speedup > 1 + modelShare && gain.significant)) break;
    excluded = fewer;
    current = candidate;
    if (candidate.changed.length === 0) return { excluded };
  }
  progress({ fraction: 0.96, message: 'Measuring the whole model' });
  return { excluded, whole: await compareModels(plan.model, current.model, feeds, context) };
}

/** The float model against the one with all but `excluded` in 8 bits; undefined when nothing is. */
export async function compareWith(
  plan: StaticPlan,
  ranges: Ranges,
  excluded: Exclusions,
  feeds: Feeds,
  context: VerifyContext,
): Promise<LatencyComparison | undefined> {
  const { model, changed } = emitStatic(plan, ranges, excluded);
  return changed.length === 0 ? undefined : compareModels(plan.model, model, feeds, context);
}

/** Layers that would gain from float: by themselves, or because what they hand codes to is not worth the conversions. */
async function slowerUnits(
  plan: StaticPlan,
  { model }: Emitted,
  excluded: Exclusions,
  float: ReadonlyMap<string, AuditedLayer>,
  feeds: Feeds,
  { runtime, signal }: VerifyContext,
): Promise<Map<string, string>> {
  const int8 = byLabel(await auditModel(model, runtime, { feeds, runs: measuredRuns, signal }));
  const conversions = await conversionTimes(model, feeds, { runtime, signal });
  const total = [...int8.values()].reduce((sum, { latencyMs = 0 }) => sum + latencyMs, 0);
  const timesOf = ({ node }: Unit): [before: number, after: number] => [
    float.get(node.label)?.latencyMs ?? 0,
    int8.get(node.label)?.latencyMs ?? 0,
  ];
  const slower = new Map<string, string>();
  for (const { units, enter, leave } of islandsOf(selectUnits(plan, new Set(excluded.keys())))) {
    const layers = units.filter(({ rule }) => rule.role === 'layer');
    const before = units.reduce((sum, unit) => sum + timesOf(unit)[0], 0);
    const inside = units.reduce((sum, unit) => sum + timesOf(unit)[1], 0);
    const after = [...enter, ...leave].reduce((sum, { name }) => sum + conversions(name), inside);
    if (after > before && after - before > 0.1 * modelShare * total) {
      const what = layers.length === 1 ? 'It is' : 'It and the layers that share its codes are';
      const reason = `${what} no faster in 8 bits here, conversions included: ${formatMillisecondsPair(before, after)}.`;
      for (const { key } of layers) slower.set(key, reason);
      continue;
    }
    for (const unit of layers) {
      const [own, coded] = timesOf(unit);
      if (own === 0 || coded - own < ownShare * coded || coded - own < modelShare * total) continue;
      slower.set(unit.key, `It is no faster in 8 bits here: ${formatMillisecondsPair(own, coded)}.`);
    }
  }
  return slower;
}

/** Time, ms, of the Q and DQ nodes that are executed for a value. */
async function conversionTimes(
  model: Model,
  feeds: Feeds,
  { runtime, signal }: Pick<VerifyContext, 'runtime' | 'signal'>,
): Promise<(name: string) => number> {
  const times = new Map<string, number>();
  for (const { name, medianUs } of await profileNodes(runtime, encodeModel(model), feeds, {
    runs: measuredRuns,
    signal,
  })) {
    // As Writer names them; the runtime adds to the names of copies that it makes.
    const [, value] = /^(.*)_(?:Q|DQ)(?:$|[_/])/.exec(name) ?? [];
    if (value !== undefined) times.set(value, (times.get(value) ?? 0) + medianUs / 1000);
  }
  return (name) => times.get(name) ?? 0;
}

/** Latency of two models that take the same inputs, in turns. */
export async function compareModels(
  before: Model,
  after: Model,
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
