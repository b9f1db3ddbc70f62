/** Where a layer adds its bias, so that the mean of an error can be put there. */
import { constantSource, removeUnused } from '../graph/constants';
import { Node } from '../graph/node';
import { Tensor } from '../graph/tensor';
import { type Value } from '../graph/value';
import { fromNumbers, toFloat64 } from '../numerics/elements';
import { type LinearLayer } from './linearLayer';

/** A vector that a node adds to the outputs of a layer; `value` is absent where a Conv or Gemm has none yet. */
interface BiasSlot {
  readonly node: Node;
  readonly index: number;
  readonly value?: Value;
}

/** True where `shiftBias` adds no node: there is a bias, or room for one in the node itself. */
export const hasBias = (layer: LinearLayer): boolean => slotOf(layer) !== undefined;

/** Adds `shift` (one number for each output channel) to the bias; a MatMul without one gets an Add behind it. */
export function shiftBias(layer: LinearLayer, shift: Float64Array): void {
  const slot = slotOf(layer) ?? (layer.kind === 'MatMul' ? addition(layer) : undefined);
  const graph = layer.node.graph!;
  if (!slot) return;
  const source = slot.value && constantSource(slot.value, graph);
  const before = source && toFloat64(source.tensor.dataType, source.tensor.bytes(), source.tensor.size);
  const values = shift.map((value, index) => value + (before?.[index] ?? 0));
  const shape = source?.tensor.shape ?? [shift.length];
  const base = slot.value?.name ?? `${layer.weight.name}_bias`;
  const own = slot.value && slot.value.useCount === 1 && graph.initializers.get(base) === slot.value;
  const name = own ? base : graph.uniqueName(base);
  const bias = Tensor.ofBytes(name, layer.dataType, shape, fromNumbers(layer.dataType, values));
  if (own) {
    graph.setInitializer(slot.value, bias);
    return;
  }
  slot.node.setInput(slot.index, graph.addInitializer(bias));
  if (slot.value) removeUnused(slot.value, graph);
}

/** What the node itself adds to its outputs: zeros for a MatMul, and where there is no bias. */
export function ownBias(layer: LinearLayer): Float64Array {
  const slot = layer.kind === 'MatMul' ? undefined : slotOf(layer);
  const source = slot?.value && constantSource(slot.value, layer.node.graph!);
  if (!source) return new Float64Array(layer.outputs * layer.groups);
  return toFloat64(source.tensor.dataType, source.tensor.bytes(), source.tensor.size);
}

function slotOf(layer: LinearLayer): BiasSlot | undefined {
  const { node, kind } = layer;
  const channels = layer.outputs * layer.groups;
  if (kind === 'Conv') {
    const value = node.input(2);
    return value ? constantSlot(node, 2, channels) : { node, index: 2 };
  }
  if (kind === 'Gemm') {
    if (node.float('beta', 1) !== 1) return undefined;
    return node.input(2) ? constantSlot(node, 2, channels) : { node, index: 2 };
  }
  const output = node.output(0)!;
  const [next] = output.consumers();
  if (output.useCount !== 1 || !next?.is('Add') || next.graph !== node.graph) return undefined;
  return constantSlot(next, next.input(0) === output ? 1 : 0, channels);
}

/** A new Add behind the layer, which takes over the name of its output. */
function addition({ node }: LinearLayer): BiasSlot {
  const graph = node.graph!;
  const output = node.output(0)!;
  const product = graph.newValue(`${output.name}_product`, output.type);
  node.setOutput(0, product);
  const name = node.name && `${node.name}_bias`;
  const add = new Node({ opType: 'Add', name, inputs: [product], outputs: [output], metadata: node.metadata });
  graph.insertAfter(node, add);
  return { node: add, index: 1 };
}

/** A constant that is one number for each channel along the last axis (or the only one). */
function constantSlot(node: Node, index: number, channels: number): BiasSlot | undefined {
  const value = node.input(index);
  const source = value && constantSource(value, node.graph!);
  if (!source || source.perm) return undefined;
  const { shape, size, dataType } = source.tensor;
  const isVector = size === channels && shape.at(-1) === channels;
  return isVector && dataType.startsWith('float') ? { node, index, value } : undefined;
}
