/** How the runtime really executes each layer, read from the graph that it makes of the model before it runs it. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { inferModel } from '../../operators/infer';
import { type AuditedLayer, type AuditReport, type ConversionReport, type RunsAs } from '../../protocol/audit';
import { LapidaryError } from '../../protocol/errors';
import { openWatched } from '../../runtime/openWatched';
import { type Feeds, type InferenceRuntime, type InferenceSession } from '../../runtime/port';
import { type NodeTiming } from '../../runtime/profileNodes';
import { weightBytes } from '../../runtime/runnable';
import { isConversion, runsAs } from './kernels';
import { labelled, numbersIn } from './labels';
import { layersToAudit } from './layers';
import { Matcher } from './match';
import { ruleBroken } from './rules/index';

/** How to audit. */
export interface AuditOptions {
  /** When given, the model is run on them, and layers get their time. */
  readonly feeds?: Feeds;
  /** Measured runs, default 5. */
  readonly runs?: number;
  /** Default 1. */
  readonly threads?: number;
  /** Session configuration that the model will be run with. */
  readonly config?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The optimized graph of a model above this is written without its weights. */
const largeBytes = 256e6;

/** A model that was audited, still loaded: for whoever measures it as a whole. */
export interface OpenAudit {
  readonly report: AuditReport;
  /** Ready to run; whoever asked for it closes it. */
  readonly session: InferenceSession;
  /** Time, ms, of what the runtime's nodes named after a node of the model take, where the model was run. */
  readonly times: ReadonlyMap<Node, number>;
}

/**
 * Loads `model` in `runtime` at full optimization and says of each layer how it is executed and, where it is not in
 * int8, which rule of the runtime it broke. `model` stays as it is. Throws what loading (and running) a model throws.
 */
export async function auditModel(
  model: Model,
  runtime: InferenceRuntime,
  options: AuditOptions = {},
): Promise<AuditReport> {
  const { report, session } = await openAudited(model, runtime, options);
  await session.close();
  return report;
}

/** `auditModel`, with the session left open. */
export async function openAudited(
  model: Model,
  runtime: InferenceRuntime,
  options: AuditOptions = {},
): Promise<OpenAudit> {
  const { model: copy, nodes } = labelled(model);
  const withoutWeights = weightBytes(model) > largeBytes;
  const { session, ...findings } = await openWatched(runtime, copy, { ...options, withoutWeights });
  try {
    if (options.signal?.aborted) throw new LapidaryError('cancelled', 'The audit was cancelled.');
    return {
      report: reportOf(model, nodes, findings, runtime.name),
      session,
      times: timesByNode(nodes, findings.timings ?? []),
    };
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
}

function timesByNode(nodes: readonly Node[], timings: readonly NodeTiming[]): Map<Node, number> {
  const times = new Map<Node, number>();
  for (const { name, medianUs } of timings) {
    for (const number of numbersIn(name)) {
      const node = nodes[number];
      if (node) times.set(node, (times.get(node) ?? 0) + medianUs / 1000);
    }
  }
  return times;
}

/** What was learned from the runtime. */
interface Findings {
  readonly optimized: Model;
  readonly timings?: readonly NodeTiming[];
}

function reportOf(
  model: Model,
  nodes: readonly Node[],
  { optimized, timings }: Findings,
  runtime: string,
): AuditReport {
  const inference = inferModel(optimized);
  const typeOf = (value: Value) => {
    const type = inference.typeOf(value);
    return type?.kind === 'tensor' ? type.dataType : undefined;
  };
  const matcher = new Matcher(nodes, optimized);
  const times = new Map(timings?.map(({ name, medianUs }) => [name, medianUs / 1000]));
  const quantized = nodes.some((node) => isConversion(node) || runsAs(node, () => undefined) !== 'float');
  const heads = new Map<Node, Node>();
  const layers = layersToAudit(model, inferModel(model)).map((node): AuditedLayer => {
    const place = { node: node.label, opType: node.opType };
    const runtimeNode = matcher.runtimeNodeOf(node);
    if (!runtimeNode) return { ...place, runsAs: 'removed' };
    const head = matcher.namesake(runtimeNode) ?? heads.get(runtimeNode) ?? node;
    heads.set(runtimeNode, head);
    const how = runsAs(runtimeNode, typeOf);
    const broken = quantized && isFloat(how) ? ruleBroken(node, runtimeNode) : undefined;
    const latencyMs = head === node ? times.get(runtimeNode.name) : undefined;
    return {
      ...place,
      runsAs: how,
      runtimeNode: { name: runtimeNode.name, opType: runtimeNode.qualifiedOpType },
      ...(head !== node && { fusedInto: head.label }),
      ...broken,
      ...(latencyMs !== undefined && { latencyMs }),
    };
  });
  return { runtime, quantized, layers, counts: countsOf(layers), conversions: conversionsOf(optimized, timings) };
}

const isFloat = (how: RunsAs): boolean => how === 'float' || how === 'float-qdq';

function countsOf(layers: readonly AuditedLayer[]): Record<RunsAs, number> {
  const counts = { int8: 0, 'int8-dynamic': 0, 'weights-only': 0, 'float-qdq': 0, float: 0, removed: 0 };
  for (const { runsAs: how } of layers) counts[how]++;
  return counts;
}

/** Nodes of layout that the runtime put in: those of the model are named by number. */
const isLayout = ({ opType, name }: { readonly opType: string; readonly name: string }): boolean =>
  /^(Transpose|ReorderInput|ReorderOutput)$/.test(opType) && numbersIn(name).length === 0;

function conversionsOf(optimized: Model, timings: readonly NodeTiming[] | undefined): ConversionReport {
  const nodes = [...optimized.graph.allNodes()];
  const count = (pattern: RegExp): number => nodes.filter(({ opType }) => pattern.test(opType)).length;
  const sum = (list: readonly NodeTiming[]): number => list.reduce((total, { medianUs }) => total + medianUs, 0) / 1000;
  return {
    quantize: count(/^(Dynamic)?QuantizeLinear$/),
    dequantize: count(/^DequantizeLinear$/),
    layout: nodes.filter(isLayout).length,
    ...(timings && {
      latencyMs: sum(
        timings.filter((node) => isLayout(node) || /QuantizeLinear$|^DequantizeLinear$/.test(node.opType)),
      ),
      totalMs: sum(timings),
    }),
  };
}
