/** Fuses chains of nodes that change the shape alone, and of slices. */
import { Attribute } from '../../../graph/attribute';
import { type Node } from '../../../graph/node';
import { sameDim } from '../../../graph/shape';
import { Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { bytesOf, toBigInts } from '../../../numerics/elements';
import { bypass, canBypass, type Editor, type Rewrite } from '../editor';
import { addTarget, literalTarget } from './targets';

/** Operators that keep the elements in their order and change the shape alone. */
const views = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** True for those, and for a Transpose that moves axes of size 1 past others. */
function isView(editor: Editor, node: Node): boolean {
  if (node.domain !== '') return false;
  if (!node.is('Transpose')) return views.has(node.opType);
  const shape = node.input(0) && editor.inference.shapeOf(node.input(0)!);
  const perm = node.ints('perm') ?? shape?.map((_, axis) => shape.length - 1 - axis);
  if (!shape || perm?.length !== shape.length) return false;
  const moved = perm.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, index) => index === 0 || moved[index - 1]! < axis);
}

/** Views of views, axes that a reduction drops and a view brings back, slices of slices. */
export const fuseViews: Rewrite = {
  id: 'view',
  apply(editor) {
    for (const node of editor.nodes()) {
      if (isView(editor, node)) {
        fuseView(editor, node);
        keepReducedAxes(editor, node);
        swapWithExpand(editor, node);
      } else if (node.is('Slice')) fuseSlices(editor, node);
    }
  },
};

function fuseView(editor: Editor, node: Node): void {
  const before = node.input(0)?.producer;
  if (!before || !isView(editor, before) || before.graph !== node.graph || !before.input(0)) return;
  // Two of them are one: see fuseChains.
  if (before.is('Transpose') && node.is('Transpose')) return;
  // Two that widen an attention mask are part of what ONNX Runtime makes one Attention of.
  if (before.is('Unsqueeze') && node.is('Unsqueeze')) return;
  const { inference } = editor;
  const source = before.input(0)!;
  const [from, to] = [inference.shapeOf(source), inference.shapeOf(node.output(0)!)];
  const returns = from && to && from.length === to.length && from.every((dim, axis) => sameDim(dim, to[axis]!));
  if (returns && canBypass(node, source)) {
    editor.attempt('view', node, 'removed: it restores the shape from before', () => bypass(node, source));
    return;
  }
  const target = node.is('Reshape') ? editor.constant(node.input(1), node.graph!) : undefined;
  const allowsZero = node.int('allowzero', 0) !== 0;
  // A 0 copies a dimension of the input, which would be another one.
  const copies = target?.dataType !== 'int64' || toBigInts('int64', target.bytes(), target.size).includes(0n);
  if (target && (allowsZero || !copies)) {
    editor.attempt('view', node, `reads past ${before.opType} ${before.label}`, () => node.setInput(0, source));
    return;
  }
  const elements = to && !allowsZero && editor.model.opset >= 5 ? literalTarget(to, from) : undefined;
  if (!elements || !editor.servesOnly(node.input(0)!, node)) return;
  editor.attempt('view', node, `one Reshape with ${before.opType} ${before.label}`, () => {
    node.opType = 'Reshape';
    for (const name of ['axis', 'axes', 'shape', 'perm']) node.attributes.delete(name);
    node.setInput(1, addTarget(node.graph!, node, elements));
    node.setInput(0, source);
  });
}

const reductions = /^(Reduce(Sum|Mean|Max|Min|Prod|L1|L2|LogSum|LogSumExp|SumSquare)|ArgMax|ArgMin)$/;

/** ReduceMean without the axis, then Unsqueeze or Reshape to have it back: the reduction can keep it. */
function keepReducedAxes(editor: Editor, node: Node): void {
  const before = node.input(0)?.producer;
  const output = node.output(0);
  if (!before || !output || before.domain !== '' || before.graph !== node.graph) return;
  if (!reductions.test(before.opType) || before.int('keepdims', 1) !== 0) return;
  const { inference } = editor;
  const [source, to] = [before.input(0) && inference.shapeOf(before.input(0)!), inference.shapeOf(output)];
  const axes = reducedAxes(editor, before, source?.length);
  if (!source || !axes || to?.length !== source.length) return;
  const restored = to.every((dim, axis) => (axes.includes(axis) ? dim === 1 : sameDim(dim, source[axis]!)));
  const reduced = node.input(0)!;
  if (!restored || !editor.servesOnly(reduced, node) || !canBypass(node, reduced)) return;
  editor.attempt('view', node, `${before.opType} ${before.label} keeps the axis instead`, () => {
    before.setAttribute(Attribute.int('keepdims', 1));
    // A fresh value: neither what was declared nor what was inferred of the smaller one holds for it.
    const kept = node.graph!.newValue(reduced.name);
    before.setOutput(0, kept);
    bypass(node, kept);
  });
}

/** Unsqueeze of an expanded constant: the constant can have the axes from the start, and is folded with them. */
function swapWithExpand(editor: Editor, node: Node): void {
  const expand = node.input(0)?.producer;
  const constant = expand?.is('Expand') ? editor.constant(expand.input(0), expand.graph!) : undefined;
  if (!node.is('Unsqueeze') || !expand || !constant || constant.data.kind === 'strings') return;
  const output = node.output(0)!;
  const [to, from] = [editor.inference.shapeOf(output), editor.inference.shapeOf(node.input(0)!)];
  const graph = node.graph!;
  if (expand.graph !== graph || !editor.servesOnly(node.input(0)!, node) || !canBypass(node, node.input(0))) return;
  if (!to?.every((dim) => typeof dim === 'number') || from === undefined) return;
  const axes = node.ints('axes') ?? constantAxes(editor, node);
  const added = axes?.map((axis) => (axis < 0 ? axis + to.length : axis));
  if (added?.length !== to.length - from.length) return;
  const aligned = [...new Array<number>(from.length - constant.shape.length).fill(1), ...constant.shape];
  const shape = to.map((_, axis) => (added.includes(axis) ? 1 : aligned.shift()!));
  editor.attempt('view', node, `its axes went into Expand ${expand.label}`, () => {
    const name = graph.uniqueName(expand.input(0)!.name);
    const bytes = constant.bytes();
    expand.setInput(0, graph.addInitializer(Tensor.ofBytes(name, constant.dataType, shape, bytes)));
    expand.setInput(1, addTarget(graph, expand, to));
    const widened = graph.newValue(output.name);
    expand.setOutput(0, widened);
    bypass(node, widened);
  });
}

function constantAxes(editor: Editor, node: Node): number[] | undefined {
  const tensor = editor.constant(node.input(1), node.graph!);
  return tensor?.dataType === 'int64' ? toBigInts('int64', tensor.bytes(), tensor.size).map(Number) : undefined;
}

function reducedAxes(editor: Editor, node: Node, rank: number | undefined): number[] | undefined {
  if (rank === undefined) return undefined;
  const whole = (axes: readonly number[]): number[] => axes.map((axis) => (axis < 0 ? axis + rank : axis));
  if (node.opType.startsWith('Arg')) return whole([node.int('axis', 0)]);
  const attribute = node.ints('axes');
  if (attribute) return whole(attribute);
  if (!node.input(1)) return node.int('noop_with_empty_axes', 0) === 0 ? [...Array(rank).keys()] : undefined;
  const axes = constantAxes(editor, node);
  return axes && axes.length > 0 ? whole(axes) : undefined;
}

/** A slice of a slice along other axes is one slice (opset 10 on: the bounds are inputs). */
function fuseSlices(editor: Editor, node: Node): void {
  const before = node.input(0)?.producer;
  if (!before?.is('Slice') || before.graph !== node.graph || editor.model.opset < 10) return;
  const rank = editor.inference.shapeOf(node.output(0)!)?.length;
  if (rank === undefined || !before.input(0) || !editor.servesOnly(node.input(0)!, node)) return;
  const [inner, outer] = [boundsOf(editor, before, rank), boundsOf(editor, node, rank)];
  if (!inner || !outer || inner.some(({ axis }) => outer.some((other) => other.axis === axis))) return;
  const all = [...inner, ...outer];
  editor.attempt('view', node, `one Slice with ${before.label}`, () => {
    const graph = node.graph!;
    const lists = { starts: all.map((b) => b.start), ends: all.map((b) => b.end) };
    const rest = { axes: all.map((b) => BigInt(b.axis)), steps: all.map((b) => b.step) };
    Object.entries({ ...lists, ...rest }).forEach(([name, list], index) => {
      const data = bytesOf(BigInt64Array.from(list));
      const tensor = Tensor.ofBytes(graph.uniqueName(`${node.label}_${name}`), 'int64', [all.length], data);
      node.setInput(index + 1, graph.addInitializer(tensor));
    });
    node.setInput(0, before.input(0));
  });
}

interface Bounds {
  readonly axis: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly step: bigint;
}

function boundsOf(editor: Editor, node: Node, rank: number): Bounds[] | undefined {
  const read = (value: Value | undefined): bigint[] | undefined => {
    const tensor = editor.constant(value, node.graph!);
    if (!tensor || (tensor.dataType !== 'int64' && tensor.dataType !== 'int32')) return undefined;
    return toBigInts(tensor.dataType, tensor.bytes(), tensor.size);
  };
  const [starts, ends] = [read(node.input(1)), read(node.input(2))];
  if (!starts || ends?.length !== starts.length) return undefined;
  const axes = node.input(3) ? read(node.input(3))?.map(Number) : [...starts.keys()];
  const steps = node.input(4) ? read(node.input(4)) : starts.map(() => 1n);
  if (axes?.length !== starts.length || steps?.length !== starts.length) return undefined;
  return starts.map((start, index) => {
    const axis = axes[index]!;
    return { axis: axis < 0 ? axis + rank : axis, start, end: ends[index]!, step: steps[index]! };
  });
}
