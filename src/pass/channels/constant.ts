/** Float constants as a node reads them, and putting new numbers in their place. */
import { constantSource, removeUnused } from '../../graph/constants';
import { type Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { transpose } from '../../numerics/transpose';

/** A float32 constant that an input of a node reads: its shape now, its numbers when asked for. */
export interface ConstantInput {
  readonly value: Value;
  /** As the node reads it. */
  readonly shape: readonly number[];
  /** True when other nodes read the same numbers: to change them here would store them twice. */
  readonly shared: boolean;
  /** The numbers, row-major, in an array of the caller's own. */
  read(): Float32Array;
}

/** The float32 constant at input `index`; undefined when it is computed or of another type. */
export function constantInput(node: Node, index: number): ConstantInput | undefined {
  const value = node.input(index);
  const source = value && node.graph && constantSource(value, node.graph);
  if (!source || source.tensor.dataType !== 'float') return undefined;
  const { tensor, root, perm } = source;
  // What a body gets from outside wins over an initializer of the same name.
  if (source.graph.parent !== undefined && source.graph.inputs.includes(root)) return undefined;
  const isOutput = source.graph.outputs.includes(root) || node.graph!.outputs.includes(value);
  return {
    value,
    shape: perm ? perm.map((axis) => tensor.shape[axis]!) : tensor.shape,
    shared: value.useCount > 1 || root.useCount > 1 || isOutput,
    read: () => {
      const stored = toFloat32('float', tensor.bytes(), tensor.size);
      return perm ? transpose(stored, tensor.shape, perm) : stored.slice();
    },
  };
}

/**
 * Makes input `index` of `node` read a tensor of these numbers. An initializer that nobody else reads keeps its name,
 * so that later passes find it again; what served only the old numbers goes.
 */
export function setConstantInput(node: Node, index: number, tensor: Tensor, fallbackName = 'constant'): void {
  const graph = node.graph!;
  const old = node.input(index);
  const isOwn = old !== undefined && graph.initializers.get(old.name) === old && old.useCount === 1;
  if (isOwn && !graph.outputs.includes(old)) {
    // One that is listed as an input could still be replaced by whoever runs the model.
    const listed = graph.inputs.indexOf(old);
    if (listed >= 0) graph.inputs.splice(listed, 1);
    graph.setInitializer(old, tensor);
    return;
  }
  node.setInput(index, graph.addInitializer(tensor.with({ name: graph.uniqueName(old?.name ?? fallbackName) })));
  if (old) removeUnused(old, graph);
}

/** A float32 tensor of these numbers. */
export function floatTensor(shape: readonly number[], values: ArrayLike<number>, name = ''): Tensor {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  return Tensor.ofBytes(name, 'float', shape, bytesOf(floats));
}
