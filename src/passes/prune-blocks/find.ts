/** Residual blocks of a model: sums of a value and of what layers make of that same value. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { sameDim } from '../../graph/shape';
import { type Value } from '../../graph/value';
import { constantOf } from '../../operators/axes/walk';
import { type Inference, inferModel } from '../../operators/infer';

/** A block that can be dropped: its sum becomes its skip. */
export interface Block {
  readonly sum: Node;
  readonly skip: Value;
  readonly branch: Value;
  readonly output: Value;
  /** Nodes on the way from the skip to the branch's end, in graph order. */
  readonly nodes: readonly Node[];
  /** Weights of the branch, bytes. */
  readonly weightBytes: number;
}

/** Every residual block of the main graph, in order. A branch has at least one layer with weights. */
export function findBlocks(model: Model): Block[] {
  const inference = inferModel(model);
  const order = new Map([...model.graph.nodes()].map((node, index) => [node, index]));
  const blocks: Block[] = [];
  for (const node of model.graph.nodes()) {
    const block = blockAt(node, order, inference);
    if (block) blocks.push(block);
  }
  return blocks;
}

function blockAt(sum: Node, order: ReadonlyMap<Node, number>, inference: Inference): Block | undefined {
  const [a, b, output] = [sum.input(0), sum.input(1), sum.output(0)];
  if (!(sum.is('Add') || sum.is('Sum')) || sum.inputs.length !== 2 || !a || !b || !output || a === b) return undefined;
  for (const [skip, branch] of [[a, b], [b, a]] as const) {
    if (constantOf(skip) || !sameShape(inference, skip, output)) continue;
    const nodes = nodesBetween(skip, branch, order);
    const weightBytes = nodes?.reduce((sumOf, node) => sumOf + bytesOf(node), 0) ?? 0;
    if (nodes && weightBytes > 0) return { sum, skip, branch, output, nodes, weightBytes };
  }
  return undefined;
} // prettier-ignore

function sameShape(inference: Inference, a: Value, b: Value): boolean {
  const [left, right] = [inference.shapeOf(a), inference.shapeOf(b)];
  return left !== undefined && left.length === right?.length && left.every((dim, axis) => sameDim(dim, right[axis]!));
}

/** Nodes by which `to` depends on `from`; undefined when it does not. */
function nodesBetween(from: Value, to: Value, order: ReadonlyMap<Node, number>): Node[] | undefined {
  const start = from.producer ? order.get(from.producer) : -1;
  if (start === undefined) return undefined;
  const depends = new Map<Value, boolean>([[from, true]]);
  const found = new Set<Node>();
  const stack: Value[] = [to];
  while (stack.length > 0) {
    const value = stack.at(-1)!;
    const { producer } = value;
    if (depends.has(value) || !producer || (order.get(producer) ?? -1) <= start) {
      if (!depends.has(value)) depends.set(value, false);
      stack.pop();
      continue;
    }
    const inputs = producer.inputs.filter((input): input is Value => input !== undefined);
    const open = inputs.filter((input) => !depends.has(input));
    if (open.length > 0) {
      stack.push(...open);
      continue;
    }
    const reached = inputs.some((input) => depends.get(input));
    depends.set(value, reached);
    if (reached) found.add(producer);
    stack.pop();
  }
  return depends.get(to) ? [...found].sort((a, b) => order.get(a)! - order.get(b)!) : undefined;
}

/** Bytes of the matrices and kernels of a node; a vector alone makes no layer. */
function bytesOf(node: Node): number {
  const constants = node.inputs.map((value) => value && weightBehind(value)).filter((tensor) => tensor !== undefined);
  if (!constants.some(({ shape }) => shape.length > 1)) return 0;
  return constants.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** The constant that a node reads, also through what restores a quantized one. */
function weightBehind(value: Value): ReturnType<typeof constantOf> {
  const { producer } = value;
  if (producer && ['DequantizeLinear', 'Transpose', 'Identity', 'Cast'].includes(producer.opType)) {
    const input = producer.input(0);
    return input && constantOf(input);
  }
  return constantOf(value);
}
