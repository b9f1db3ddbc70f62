/** Looks into a quantized model layer by layer: how the runtime executes each, how long it takes, what it has lost. */
import { openData } from '../data/openData';
import { firstSample } from '../data/source';
import { type Model } from '../graph/model';
import { layerErrors } from '../pass/layerErrors';
import { auditModel } from '../profile/audit/audit';
import { isQuantizedOperator } from '../operators/quantizedInputs';
import { type AuditReport } from '../protocol/audit';
import { LapidaryError } from '../protocol/errors';
import { type CompareReport, type LayerPair, type LayerReport, type Warning } from '../protocol/report';
import { indexBounds, inputPorts } from '../runtime/randomFeeds';
import { type JobContext } from './context';
import { type EvaluateOptions } from './evaluate';
import { type StoredModel } from './modelFile';
import { breathe } from '../pass/context';
import { type StageProgress } from './stages';

/** What was found out, and what could not be. */
export interface LayerChecks extends Pick<CompareReport, 'layers' | 'execution'> {
  readonly warnings: readonly Warning[];
}

/** What layers are compared with. */
export interface LayerYardstick {
  /**
   * The float model that quantization started from, where passes before it changed what layers make (scaled channels,
   * folded norms): beside the original such layers would look wrong, though the outputs are right.
   */
  readonly unquantized?: Model;
}

/** Samples that errors are measured on (they only show where the loss comes from) and runs that times come from. */
const most = { samples: 8, runs: 9 };
/** Multiplications that all samples may take: a large model is looked at on fewer of them. */
const budget = 2e10;

function sizeOf({ totals: { macs } }: StoredModel): typeof most {
  const fits = typeof macs === 'number' && macs > 0 ? Math.floor(budget / macs) : most.samples;
  return { samples: Math.min(most.samples, Math.max(1, fits)), runs: Math.min(most.runs, Math.max(3, fits)) };
}

/** Two models, and what they are run with. */
export interface LayerCheckOptions extends EvaluateOptions, LayerYardstick {
  readonly a: StoredModel;
  readonly b: StoredModel;
  /** Whether `b` is a quantized form of `a`: then the runtime is asked how it executes each layer. */
  readonly quantized: boolean;
}

/** True for a model with integers that stand for real numbers. */
export function isQuantized({ graph }: Model): boolean {
  for (const node of graph.allNodes()) if (isQuantizedOperator(node)) return true;
  return false;
}

/**
 * Adds to `pairs` what the runtime tells of their layers: how far outputs are apart (where does the error begin?) and,
 * in a quantized model, how each is executed. What cannot be found out (a
 * model that does not load, data that does not fit) is a warning: the comparison stands without it.
 */
export async function checkLayers(
  pairs: readonly LayerPair[],
  options: LayerCheckOptions,
  context: JobContext,
  progress: StageProgress,
): Promise<LayerChecks> {
  try {
    return await look(pairs, options, context, progress);
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    if (!['runtime-failed', 'unsupported', 'data', 'io'].includes(error.code)) throw error;
    const message = `What each layer loses and how it runs could not be measured: ${error.message}`;
    return { layers: pairs, warnings: [{ code: 'layers-not-checked', message }] };
  }
}

async function look(
  pairs: readonly LayerPair[],
  options: LayerCheckOptions,
  context: JobContext,
  progress: StageProgress,
): Promise<LayerChecks> {
  const {
    a,
    b,
    data,
    quantized,
    latency = true,
    threads = 1,
    dims,
    inputShapes,
    unquantized: float = a.model,
  } = options;
  const runtime = await context.runtime();
  const { signal } = context;
  const log = (message: string): void => context.log(message);
  const { samples: count, runs } = sizeOf(a);
  const spec = { source: 'random', ...data, samples: Math.min(count, data?.samples ?? count) };
  const binding = { dims, inputShapes, bounds: indexBounds(a.model), log };
  const samples = await openData(spec, inputPorts(a.model, dims), binding);
  const sameInputs = inputPorts(b.model).every(({ name }) => inputPorts(a.model).some((port) => port.name === name));
  const feeds = sameInputs && latency ? (await firstSample(samples))?.feeds : undefined;
  const how = {
    threads,
    runs,
    signal,
    ...(feeds && { feeds }),
  };
  progress(0, 'Looking at how the runtime executes each layer');
  const after = quantized ? await auditModel(b.model, runtime, how) : undefined;
  await breathe(signal);
  const before = quantized && feeds ? await auditModel(a.model, runtime, how) : undefined;
  await breathe(signal);
  const wanted = new Set(pairs.flatMap(({ before: layer }) => (layer && doesWork(layer) ? [layer.name] : [])));
  const nodes = [...float.graph.nodes()].filter(({ label }) => wanted.has(label));
  const errors = sameInputs
    ? await layerErrors(float, b.model, nodes, {
        runtime,
        samples,
        signal,
        twins: twinsOf(pairs),
        onProgress: (fraction) => progress(0.3 + 0.7 * fraction, 'Comparing the outputs of layers'),
      })
    : new Map<string, number>();
  return {
    layers: joined(pairs, { before: before && byNode(before), after: after && byNode(after), errors }),
    ...(after && { execution: { runtime: after.runtime, counts: after.counts, conversions: after.conversions } }),
    warnings: [],
  };
}

/** Outputs that another exporter, or another version of the program, calls by other names. */
function twinsOf(pairs: readonly LayerPair[]): Map<string, string> {
  return new Map(
    pairs.flatMap(({ before, after }) => {
      const [from, to] = [before?.outputs[0], after?.outputs[0]];
      return from !== undefined && to !== undefined ? [[from, to] as const] : [];
    }),
  );
}

const doesWork = ({ macs, parameters }: LayerReport): boolean => macs !== 0 || parameters > 0;

type ByNode = ReadonlyMap<string, AuditReport['layers'][number]>;

function byNode({ layers }: AuditReport): ByNode {
  return new Map([...layers].reverse().map((layer) => [layer.node, layer]));
}

function joined(
  pairs: readonly LayerPair[],
  {
    before,
    after,
    errors,
  }: { before: ByNode | undefined; after: ByNode | undefined; errors: ReadonlyMap<string, number> },
): LayerPair[] {
  return pairs.map((pair) => {
    const now = pair.after && after?.get(pair.after.name);
    const was = pair.before && before?.get(pair.before.name);
    const db = pair.before && errors.get(pair.before.name);
    const timed = was?.latencyMs !== undefined && now?.latencyMs !== undefined;
    return {
      ...pair,
      ...(now && { runsAs: now.runsAs }),
      ...(now?.reason !== undefined && { runsAsReason: now.reason }),
      ...(db !== undefined && { outputSqnrDb: Number.isFinite(db) ? db : null }),
      ...(timed && { latencyBeforeMs: was.latencyMs, latencyAfterMs: now.latencyMs }),
    };
  });
}
