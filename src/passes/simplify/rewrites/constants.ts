/** Computes what does not depend on the inputs: by the runtime, all of it in one run. */
import { byteLengthOf, type DataType } from '../../../graph/dataType';
import { Graph } from '../../../graph/graph';
import { Model } from '../../../graph/model';
import { Node } from '../../../graph/node';
import { countElements } from '../../../graph/shape';
import { encodeModel } from '../../../graph/toOnnx';
import { Tensor } from '../../../graph/tensor';
import { Value } from '../../../graph/value';
import { bytesOf } from '../../../numerics/elements';
import { LapidaryError } from '../../../protocol/errors';
import { type InferenceRuntime, type RuntimeTensor } from '../../../runtime/port';
import { type Editor, type Rewrite } from '../editor';
import { isPure } from '../../../operators/purity';

/** Quantized weights are meant to be small on disk, and runtimes look for them behind these. */
const kept = /quantize/i;

/** A folded constant may be this much larger than what it replaces, in bytes. */
const allowedGrowth = 1024;

/** Element types that the runtime cannot hand out; asking for a 4-bit one ends the process. */
const unreadable: ReadonlySet<DataType> = new Set<DataType>([
  ...([
    'string',
    'bfloat16',
    'int4',
    'uint4',
    'int2',
    'uint2',
    'float4e2m1',
    'float8e8m0',
    'float6e2m3',
    'float6e3m2',
  ] as const),
  ...(['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'complex64', 'complex128'] as const),
]);

/** Subgraphs of constants, computed by the runtime. */
export const foldConstants: Rewrite = {
  id: 'constant',
  async apply(editor) {
    const { runtime } = editor;
    if (!runtime) return;
    for (const graph of editor.graphs()) await foldGraph(editor, runtime, graph);
  },
};

async function foldGraph(editor: Editor, runtime: InferenceRuntime, graph: Graph): Promise<void> {
  const foldable = foldableNodes(editor, graph);
  const frontier = frontierOf(editor, graph, foldable);
  if (frontier.length === 0) return;
  const needed = closure(frontier, foldable);
  const results = await compute(editor, runtime, needed, frontier);
  for (const value of frontier) {
    const result = results.get(value);
    const node = value.producer!;
    if (!result) continue;
    editor.attempt('constant', node, 'computed once, here', () => {
      value.replaceUsesWith(graph.addInitializer(result.with({ name: graph.uniqueName(value.name) })));
    });
  }
}

/** Nodes all of whose inputs are constants or computed by such nodes. */
function foldableNodes(editor: Editor, graph: Graph): Set<Node> {
  const foldable = new Set<Node>();
  for (const node of graph.nodes()) {
    if (kept.test(node.opType) || node.is('Constant') || !isPure(node, editor.model) || node.outputs.length === 0)
      continue;
    const constant = node.inputs.every(
      (value) => !value || foldable.has(value.producer!) || editor.constant(value, graph) !== undefined,
    );
    if (constant) foldable.add(node);
  }
  return foldable;
}

/** Values of foldable nodes that other nodes read; what would grow the file is pushed back to its inputs. */
function frontierOf(editor: Editor, graph: Graph, foldable: Set<Node>): Value[] {
  const frontier = new Set<Value>();
  for (const node of graph.nodesReversed()) {
    if (!foldable.has(node)) continue;
    const outputs = node.outputs.filter((value) => value !== undefined);
    const read = outputs.filter((value) => value.consumers().some((user) => !foldable.has(user)));
    const leaves = outputs.some((value) => graph.outputs.includes(value));
    const tooLarge = read.some((value) => growth(editor, graph, value) > allowedGrowth);
    if (leaves || tooLarge) {
      foldable.delete(node);
      continue;
    }
    for (const value of read) frontier.add(value);
  }
  return [...frontier];
}

/** Bytes of the value less the bytes of the constants that its computation alone reads. */
function growth(editor: Editor, graph: Graph, value: Value): number {
  const type = editor.inference.typeOf(value);
  if (type?.kind !== 'tensor' || unreadable.has(type.dataType)) return Infinity;
  const shape = editor.inference.shapeOf(value);
  if (!shape?.every((dim) => typeof dim === 'number')) return Infinity;
  let bytes = byteLengthOf(type.dataType, countElements(shape));
  const seen = new Set<Value>();
  const visit = (input: Value | undefined, reader: Node): void => {
    if (!input || seen.has(input) || input.consumers().some((user) => user !== reader)) return;
    seen.add(input);
    if (input.producer) for (const inner of input.producer.inputs) visit(inner, input.producer);
    else bytes -= editor.constant(input, graph)?.byteLength ?? 0;
  };
  for (const input of value.producer!.inputs) visit(input, value.producer!);
  return bytes;
}

/** The foldable nodes that the frontier depends on. */
function closure(frontier: readonly Value[], foldable: ReadonlySet<Node>): Set<Node> {
  const needed = new Set<Node>();
  const stack = frontier.map((value) => value.producer!);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const value of node.inputs) if (value?.producer && foldable.has(value.producer)) stack.push(value.producer);
  }
  return needed;
}

/** Runs all of it at once; when the runtime refuses, each frontier value by itself, and leaves those that fail. */
async function compute(
  editor: Editor,
  runtime: InferenceRuntime,
  needed: ReadonlySet<Node>,
  frontier: readonly Value[],
): Promise<Map<Value, Tensor>> {
  try {
    return await run(editor, runtime, needed, frontier);
  } catch (thrown) {
    if (!(thrown instanceof LapidaryError) || ['cancelled', 'internal'].includes(thrown.code)) throw thrown;
    if (frontier.length === 1) return new Map();
  }
  const results = new Map<Value, Tensor>();
  for (const value of frontier) {
    const alone = await compute(editor, runtime, closure([value], needed), [value]);
    for (const [key, tensor] of alone) results.set(key, tensor);
  }
  return results;
}

async function run(
  editor: Editor,
  runtime: InferenceRuntime,
  needed: ReadonlySet<Node>,
  frontier: readonly Value[],
): Promise<Map<Value, Tensor>> {
  const graph = new Graph('constants');
  const copies = new Map<Value, Value>();
  const copy = (value: Value | undefined, owner: Graph): Value | undefined => {
    if (!value) return undefined;
    const known = copies.get(value);
    if (known) return known;
    // What is computed here is computed here, even where it is but another view of a constant.
    const computed = value.producer !== undefined && needed.has(value.producer);
    const tensor = computed ? undefined : editor.constant(value, owner);
    const twin = tensor ? graph.addInitializer(tensor.with({ name: value.name })) : new Value(value.name);
    copies.set(value, twin);
    return twin;
  };
  for (const node of inOrder(needed)) {
    const inputs = node.inputs.map((value) => copy(value, node.graph!));
    const outputs = node.outputs.map((value) => copy(value, node.graph!));
    const { opType, domain, name } = node;
    graph.append(new Node({ opType, domain, name, inputs, outputs, attributes: [...node.attributes.values()] }));
  }
  for (const value of frontier) {
    const twin = copies.get(value)!;
    twin.type = editor.inference.typeOf(value);
    graph.outputs.push(twin);
  }
  const model = new Model(graph);
  model.irVersion = Math.min(editor.model.irVersion, runtime.limits.irVersion);
  for (const [domain, version] of editor.model.opsets) model.opsets.set(domain, version);
  const session = await runtime.open(encodeModel(model), { optimization: 'disabled' });
  try {
    const outputs = await session.run({});
    return new Map(frontier.map((value) => [value, tensorOf(outputs[value.name]!)]));
  } finally {
    await session.close();
  }
}

/** Nodes of one graph in its order. */
function inOrder(nodes: ReadonlySet<Node>): Node[] {
  const [first] = nodes;
  return [...(first?.graph?.nodes() ?? [])].filter((node) => nodes.has(node));
}

function tensorOf({ dataType, shape, data }: RuntimeTensor): Tensor {
  if (!ArrayBuffer.isView(data)) throw new LapidaryError('unsupported', 'Strings are not folded.');
  return Tensor.ofBytes('', dataType, shape, bytesOf(data).slice());
}
