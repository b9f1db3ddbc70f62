/**
 * Runs a model stage by stage, so that each layer is measured after all layers before it were corrected. Layers that do
 * not depend on each other share a stage. What flows from one stage to the next is kept for all samples where it fits,
 * so that a layer runs twice and not once for every layer behind it.
 */
import { cloneModel } from '../../graph/clone';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { tensorType } from '../../graph/shape';
import { Value } from '../../graph/value';
import { encodeModel } from '../../graph/toOnnx';
import { type DataSource } from '../../data/source';
import { throwIfCancelled } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { type Feeds, type InferenceRuntime, type InferenceSession, type RuntimeTensor } from '../../runtime/port';

/** What stages run on. */
export interface StageOptions {
  readonly runtime: InferenceRuntime;
  readonly samples: DataSource;
  readonly count: number;
  readonly signal: AbortSignal;
  /** Most bytes of values that are kept between stages. */
  readonly memory: number;
}

/** The plan and the state of a run by stages. The model may be edited between stages, at the ends of the last one. */
export class Stages {
  /** Number of stages; they count from 1. */
  readonly count: number;
  private readonly levels = new Map<Node, number>();
  private readonly dynamic = new Set<Value>();
  /** Values after this stage are at hand, for every sample; 0: the samples themselves. */
  private base = 0;
  private kept?: Feeds[];

  constructor(
    private readonly model: Model,
    ends: ReadonlySet<Node>,
    private readonly options: StageOptions,
  ) {
    for (const value of model.graph.inputs) if (!value.constant) this.dynamic.add(value);
    let most = 0;
    for (const node of model.graph.nodes()) {
      const inputs = inputsOf(node, model.graph);
      const isDynamic = inputs.some((value) => this.dynamic.has(value));
      if (isDynamic) for (const output of node.outputs) if (output) this.dynamic.add(output);
      const before = Math.max(0, ...inputs.map((value) => this.levelOf(value)));
      const level = before + (ends.has(node) ? 1 : 0);
      this.levels.set(node, level);
      most = Math.max(most, level);
    }
    this.count = most;
  }

  /** The stage in which the node runs. */
  stageOf(node: Node): number {
    return this.levels.get(node) ?? 0;
  }

  /** Runs up to `stage` and calls `see` with the named values of it, sample by sample. */
  async run(
    stage: number,
    names: readonly string[],
    see: (name: string, tensor: RuntimeTensor) => void,
  ): Promise<void> {
    const { runtime, count, signal, memory } = this.options;
    const frontier = stage - 1 > this.base ? this.frontier(stage - 1) : [];
    const outputs = [...new Set([...names, ...frontier.filter((value) => value.producer).map(({ name }) => name)])];
    const session = await openPart(runtime, encodeModel(this.segment(outputs)));
    let kept: Feeds[] | undefined = frontier.length > 0 ? [] : undefined;
    let bytes = 0;
    try {
      const wanted = new Set(session.inputs.map(({ name }) => name));
      for await (const feeds of this.feeds()) {
        throwIfCancelled(signal);
        const results = await session.run(only(feeds, wanted), outputs);
        for (const name of names) see(name, results[name]!);
        if (!kept) continue;
        const passed = Object.fromEntries(frontier.map(({ name }) => [name, results[name] ?? feeds[name]!]));
        for (const { data } of Object.values(passed)) bytes += ArrayBuffer.isView(data) ? data.byteLength : Infinity;
        if (bytes > memory || (kept.length === 0 && bytes * count > memory)) kept = undefined;
        else kept.push(passed);
      }
    } finally {
      await session.close();
    }
    if (kept && kept.length > 0) [this.kept, this.base] = [kept, stage - 1];
  }

  private levelOf(value: Value): number {
    return value.producer ? (this.levels.get(value.producer) ?? 0) : 0;
  }

  /** Values made up to a stage, from the inputs on, that later ones read. */
  private frontier(stage: number): Value[] {
    const { graph } = this.model;
    return [...this.dynamic].filter((value) => {
      if (this.levelOf(value) > stage) return false;
      return value.consumers().some((node) => (this.levels.get(owner(node, graph)) ?? 0) > stage);
    });
  }

  private async *feeds(): AsyncGenerator<Feeds> {
    if (this.kept) yield* this.kept;
    else for await (const { feeds } of this.options.samples.samples(0, this.options.count)) yield feeds;
  }

  /** The part of the model between what is at hand and the named values. */
  private segment(outputs: readonly string[]): Model {
    const copy = cloneModel(this.model);
    const { graph } = copy;
    const values = new Map<string, Value>();
    for (const node of graph.nodes()) for (const output of node.outputs) if (output) values.set(output.name, output);
    const [first] = this.kept ?? [];
    for (const [name, { dataType }] of Object.entries(first ?? {})) {
      const old = values.get(name);
      if (!old) continue;
      graph.rename(old, `computed before: ${name}`);
      const given = new Value(name, tensorType(dataType));
      old.replaceUsesWith(given);
      graph.addInput(given);
      values.set(name, given);
    }
    graph.outputs.splice(0, graph.outputs.length, ...outputs.map((name) => values.get(name)!));
    // What the runtime declares for a value may be wrong for a part of the model: let it find out.
    for (const output of graph.outputs) output.type = output.producer ? undefined : output.type;
    removeUnread(graph);
    return copy;
  }
}

/** ONNX Runtime 1.30 trips over some reshapes while it optimizes a part of a model: such a part runs as it is. */
async function openPart(runtime: InferenceRuntime, bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await runtime.open(bytes, { optimization: 'basic', threads: 0 });
  } catch (thrown) {
    if (LapidaryError.from(thrown).code !== 'runtime-failed') throw thrown;
    return runtime.open(bytes, { optimization: 'disabled', threads: 0 });
  }
}

/** Every value of `graph` that a node reads, in its bodies too. */
function inputsOf(node: Node, graph: Graph): Value[] {
  const own = node.inputs.filter((value) => value !== undefined);
  if (node.bodies.length === 0) return own;
  const inner = node.bodies.flatMap((body) => [...body.allNodes()].flatMap(({ inputs }) => inputs));
  const outputs = node.bodies.flatMap((body) => body.outputs);
  const outer = [...inner, ...outputs].filter(
    (value) => value && (value.producer?.graph === graph || graph.inputs.includes(value)),
  );
  return [...own, ...outer.filter((value) => value !== undefined)];
}

/** The node of `graph` that holds `node`, itself or in a body. */
function owner(node: Node, graph: Graph): Node {
  if (node.graph === graph) return node;
  for (const each of graph.nodes()) {
    for (const body of each.bodies) for (const inner of body.allNodes()) if (inner === node) return each;
  }
  return node;
}

function removeUnread(graph: Graph): void {
  const outputs = new Set(graph.outputs);
  for (const node of graph.nodesReversed()) {
    if (node.outputs.every((value) => !value || (value.useCount === 0 && !outputs.has(value)))) graph.remove(node);
  }
  const kept = graph.inputs.filter((value) => value.useCount > 0 || outputs.has(value));
  graph.inputs.splice(0, graph.inputs.length, ...kept);
  for (const value of [...graph.initializers.values()])
    if (value.useCount === 0 && !outputs.has(value)) graph.removeInitializer(value);
}

const only = (feeds: Feeds, names: ReadonlySet<string>): Feeds =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name)));
