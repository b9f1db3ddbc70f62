/** The workbench of rewrites: the model in hand, what is known of it, and a gate that every edit passes. */
import { constantSource } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { type Inference, inferModel } from '../../operators/infer';
import { matchesName } from '../../pass/option';
import { type Bounds } from '../../pass/sameness/keepExact';
import { type InferenceRuntime } from '../../runtime/port';

/** One edit that was made. `key` is the same in every run over the same model, so that one edit can be left out. */
export interface Edit {
  readonly key: string;
  readonly node: string;
  readonly opType: string;
  readonly what: string;
}

/** One kind of rewrite; `apply` goes over the whole model and makes every edit it can. */
export interface Rewrite {
  readonly id: string;
  readonly apply: (editor: Editor) => void | Promise<void>;
}

/** What rewrites work with. */
export class Editor {
  readonly edits: Edit[] = [];
  private known?: Inference;
  private knownAt = 0;
  private readonly labels = new Map<Node, { label: string; opType: string }>();

  constructor(
    readonly model: Model,
    readonly runtime: InferenceRuntime | undefined,
    private readonly gate: Bounds,
    private readonly exclude: readonly string[],
  ) {
    for (const node of model.graph.allNodes()) this.labels.set(node, { label: node.label, opType: node.opType });
  }

  /** Types and shapes as of the last `refresh`. */
  get inference(): Inference {
    return (this.known ??= inferModel(this.model));
  }

  /** Forgets what was inferred, if there were edits since. */
  refresh(): void {
    if (this.knownAt === this.edits.length) return;
    this.known = undefined;
    this.knownAt = this.edits.length;
  }

  /** The main graph and every body below it, outer before inner. */
  graphs(): Generator<Graph> {
    return this.model.graph.allGraphs();
  }

  /** Every node of every graph; removing the node in hand is safe. */
  *nodes(): Generator<Node> {
    for (const graph of this.graphs()) yield* graph.nodes();
  }

  /**
   * Makes an edit unless the gate or the person forbids it; returns whether it was made. `also` is another node that
   * changes with it, and that the person may have excluded.
   */
  attempt(rewrite: string, node: Node, what: string, edit: () => void, also?: Node): boolean {
    const { label, opType } = this.labels.get(node) ?? { label: node.label, opType: node.opType };
    const key = `${rewrite}|${label}|${node.output(0)?.name ?? ''}`;
    if (this.gate.blocked.has(key) || this.edits.length >= this.gate.limit) return false;
    if (matchesName(label, this.exclude) || (also && matchesName(also.label, this.exclude))) return false;
    this.edits.push({ key, node: label, opType, what });
    edit();
    return true;
  }

  /** Reports `node`, which a rewrite made, under the name of the node it stands for. */
  adopt(node: Node, origin: Node): void {
    this.labels.set(node, this.labels.get(origin) ?? { label: origin.label, opType: origin.opType });
  }

  /** The constant that a value stands for, read as it is (no Transpose between), or undefined. */
  constant(value: Value | undefined, graph: Graph): Tensor | undefined {
    const source = value && constantSource(value, graph);
    if (!source || source.perm !== undefined) return undefined;
    // What a body gets from outside wins over an initializer of the same name.
    const fed = source.graph.parent !== undefined && source.graph.inputs.includes(source.root);
    return fed ? undefined : source.tensor;
  }

  /** True when only `node` reads the value, and no caller does. */
  servesOnly(value: Value, node: Node): boolean {
    if (value.useCount !== 1 || value.consumers()[0] !== node) return false;
    return !value.producer?.graph?.outputs.includes(value);
  }
}

/** True when users of the only output of `node` may read `source` instead without an output losing its name. */
export function canBypass(node: Node, source: Value | undefined): source is Value {
  const output = node.output(0);
  const { graph } = node;
  if (!output || !graph || !source) return false;
  const others = node.outputs.slice(1);
  if (others.some((value) => value && (value.useCount > 0 || graph.outputs.includes(value)))) return false;
  if (!graph.outputs.includes(output)) return true;
  if (source.producer?.graph !== graph || graph.outputs.includes(source)) return false;
  // ONNX Runtime 1.30 folds a Transpose into a Gemm even where it makes a graph output too, and ends the process.
  return !(source.producer.is('Transpose') && source.consumers().some((user) => user.is('Gemm')));
}

/** Takes `node` out: whoever read its output reads `source`; a graph output keeps its name and type. */
export function bypass(node: Node, source: Value): void {
  const graph = node.graph!;
  graph.replaceValue(node.output(0)!, source);
  graph.remove(node);
}

/**
 * Takes `node` out, whose work `layer` does from now on: `layer`, whose output only `node` read, gives what `node` gave,
 * under that name. A value means the same in both models then, and errors are told from what was folded.
 */
export function absorb(node: Node, layer: Node): void {
  const output = node.output(0);
  node.setOutput(0, undefined);
  node.graph!.remove(node);
  layer.setOutput(0, output);
}
