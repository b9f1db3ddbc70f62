/** Finding the constant behind a value, and clearing away what is no longer used. */
import { bytesOf, toNumbers } from '../numerics/elements';
import { type Graph } from './graph';
import { type Node } from './node';
import { type Value } from './value';
import { Tensor } from './tensor';

/** A constant as a node reads it. */
export interface ConstantSource {
  /** As stored; under another shape when it is read through a Reshape. */
  readonly tensor: Tensor;
  /** The initializer, or the output of the Constant node, that holds it: its identity. */
  readonly root: Value;
  /** The graph that holds it. */
  readonly graph: Graph;
  /** Axis i as read is axis perm[i] as stored; undefined when they are the same. */
  readonly perm?: readonly number[];
}

/** The graph, `from` or one around it, in which a value lives: as initializer, input, or output of a node. */
export function owningGraph(value: Value, from: Graph): Graph {
  if (value.producer?.graph) return value.producer.graph;
  for (let graph: Graph | undefined = from; graph; graph = graph.parent) {
    if (graph.initializers.get(value.name) === value || graph.inputs.includes(value)) return graph;
  }
  return from;
}

/**
 * The dense constant that `value` stands for: an initializer or a Constant node, also behind Identity, Transpose and
 * Reshape.
 * `from` is the graph of the reader. An initializer that is listed as an input as well counts as
 * constant: that is how old exporters write weights. Undefined when the value is computed.
 */
export function constantSource(value: Value, from: Graph): ConstantSource | undefined {
  const { producer } = value;
  if (!producer) {
    if (!value.constant) return undefined;
    return { tensor: value.constant, root: value, graph: owningGraph(value, from) };
  }
  const graph = producer.graph ?? from;
  if (producer.is('Constant')) {
    const tensor = producer.tensor('value');
    return tensor && { tensor, root: value, graph };
  }
  const input = producer.input(0);
  if (!input || producer.domain !== '') return undefined;
  switch (producer.opType) {
    case 'Identity':
      return constantSource(input, graph);
    case 'Transpose':
      return transposed(producer, constantSource(input, graph));
    case 'Reshape':
      return reshaped(producer, constantSource(input, graph), graph);
    default:
      return undefined;
  }
}

function transposed(producer: Node, source: ConstantSource | undefined): ConstantSource | undefined {
  if (!source) return undefined;
  const inner = source.perm ?? source.tensor.shape.map((_, axis) => axis);
  const outer = producer.ints('perm') ?? [...inner.keys()].reverse();
  return { ...source, perm: outer.map((axis) => inner[axis]!) };
}

function reshaped(producer: Node, source: ConstantSource | undefined, graph: Graph): ConstantSource | undefined {
  const target = producer.input(1) && constantSource(producer.input(1)!, graph);
  // Reordered elements would have to be moved first: leave that to constant folding.
  if (!source || source.perm || !target || target.perm) return undefined;
  const { dataType, size } = target.tensor;
  if (dataType !== 'int64') return undefined;
  const given = toNumbers(dataType, target.tensor.bytes(), size);
  const shape = given.map((dim, axis) =>
    dim === 0 && producer.int('allowzero', 0) === 0 ? source.tensor.shape[axis]! : dim,
  );
  const rest = shape.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  const whole = shape.map((dim) => (dim === -1 ? source.tensor.size / rest : dim));
  return { ...source, tensor: source.tensor.with({ shape: whole }) };
}

/** Takes out what only served `value`: its initializer, or its producer and then, in turn, what only served that. */
export function removeUnused(value: Value, from: Graph): void {
  const graph = owningGraph(value, from);
  if (value.useCount > 0 || graph.outputs.includes(value)) return;
  const { producer } = value;
  if (!producer) {
    if (value.constant === undefined || graph.initializers.get(value.name) !== value) return;
    graph.removeInitializer(value);
    const input = graph.inputs.indexOf(value);
    if (input >= 0) graph.inputs.splice(input, 1);
    return;
  }
  const unused = (output: Value | undefined): boolean =>
    output === undefined || (output.useCount === 0 && !graph.outputs.includes(output));
  // A node with a body may read more than its inputs: leave it to a real dead-code pass.
  if (producer.bodies.length > 0 || !producer.outputs.every(unused)) return;
  const inputs = new Set(producer.inputs);
  graph.remove(producer);
  for (const input of inputs) if (input) removeUnused(input, graph);
}

/** The tensor of a Constant node in any of its forms but the sparse one. */
export function constantTensor(node: Node): Tensor | undefined {
  const dense = node.tensor('value');
  if (dense) return dense;
  const [int, ints] = ['value_int', 'value_ints'].map((name) => node.attributes.get(name)?.payload);
  const [float, floats] = [node.float('value_float'), node.floats('value_floats')];
  const whole = (values: readonly bigint[], shape: readonly number[]): Tensor =>
    Tensor.ofBytes('', 'int64', shape, bytesOf(BigInt64Array.from(values)));
  const real = (values: readonly number[], shape: readonly number[]): Tensor =>
    Tensor.ofBytes('', 'float', shape, bytesOf(Float32Array.from(values)));
  if (int?.kind === 'int') return whole([int.value], []);
  if (ints?.kind === 'ints') return whole(ints.value, [ints.value.length]);
  if (float !== undefined) return real([float], []);
  return floats && real(floats, [floats.length]);
}
