/**
 * Peak of live intermediate tensors over the node order, weights apart: a value lives from its producer to its last
 * user, views share the buffer of their input, elementwise operators write over an input that dies with them. That is
 * what runtimes with a memory planner do; fused kernels and workspaces are not modelled.
 */
import { type Graph } from '../graph/graph';
import { type Node } from '../graph/node';
import { type Value } from '../graph/value';
import { operatorOf } from '../operators/registry';

/** What planning needs to know of values. */
export interface MemoryView {
  /** Bytes of a value; null when unknown. */
  bytesOf(value: Value): number | null;
  /** True for weights and what is computed from them alone. */
  isConstant(value: Value): boolean;
}

const views = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Dropout']);

/** True for nodes whose output is their input under another shape or name: nothing is moved. */
export const isView = (node: Node): boolean => node.domain === '' && views.has(node.opType);

interface Buffer {
  readonly bytes: number;
  /** Values that share it and are still needed. */
  users: number;
}

/** Peak bytes of the graph; a value of unknown size counts as nothing, which makes the result a lower bound. */
export function peakActivationBytes(graph: Graph, view: MemoryView): number {
  const lastUse = lastUses(graph);
  const dying = new Map<Node, Value[]>();
  for (const [value, node] of lastUse) {
    const list = dying.get(node);
    if (list) list.push(value);
    else dying.set(node, [value]);
  }
  const kept = new Set(graph.outputs);
  const buffers = new Map<Value, Buffer>();
  let live = 0;

  const release = (value: Value): void => {
    const buffer = buffers.get(value);
    if (!buffer || kept.has(value)) return;
    buffers.delete(value);
    if (--buffer.users === 0) live -= buffer.bytes;
  };
  const hold = (value: Value, shared: Buffer | undefined): void => {
    if (view.isConstant(value)) return;
    const buffer = shared ?? { bytes: view.bytesOf(value) ?? 0, users: 0 };
    buffer.users++;
    buffers.set(value, buffer);
    if (!shared) live += buffer.bytes;
  };

  for (const input of graph.inputs) if (!input.constant) hold(input, undefined);
  let peak = live;
  for (const node of graph.nodes()) {
    const deaths = dying.get(node) ?? [];
    const reused = reusable(node, deaths, kept, buffers, view);
    node.outputs.forEach((output, index) => output && hold(output, index === 0 ? reused : undefined));
    let inside = 0;
    for (const body of node.bodies) inside = Math.max(inside, peakActivationBytes(body, view));
    peak = Math.max(peak, live + inside);
    deaths.forEach(release);
    for (const output of node.outputs) if (output && !lastUse.has(output)) release(output);
  }
  return peak;
}

/** The buffer that output 0 can live in: that of a view's input, or of an operand of the same size that dies here. */
function reusable(
  node: Node,
  deaths: readonly Value[],
  kept: ReadonlySet<Value>,
  buffers: ReadonlyMap<Value, Buffer>,
  view: MemoryView,
): Buffer | undefined {
  const [source] = node.inputs;
  const [output] = node.outputs;
  if (!output) return undefined;
  if (source && node.domain === '' && views.has(node.opType)) return buffers.get(source);
  if (operatorOf(node.domain, node.opType)?.elementwise !== true) return undefined;
  const bytes = view.bytesOf(output);
  const victim = deaths.find((value) => {
    const buffer = buffers.get(value);
    return buffer?.users === 1 && buffer.bytes === bytes && !kept.has(value);
  });
  return victim && buffers.get(victim);
}

/** The last node of this graph that reads each value, also from inside its bodies. */
function lastUses(graph: Graph): ReadonlyMap<Value, Node> {
  const last = new Map<Value, Node>();
  for (const node of graph.nodes()) for (const value of readBy(node)) last.set(value, node);
  return last;
}

function* readBy(node: Node): Generator<Value> {
  for (const value of node.inputs) if (value) yield value;
  for (const body of node.bodies) {
    for (const inner of body.nodes()) yield* readBy(inner);
    yield* body.outputs;
  }
}
