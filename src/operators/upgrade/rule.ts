/** What an upgrade rule is and what it works with. */
import { Attribute } from '../../graph/attribute';
import { codeOfDataType, type DataType } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { type Shape, tensorType, type ValueType } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf, fromNumbers, toNumbers } from '../../numerics/elements';
import { type TypeLookup } from './types';

/** Rewrites a node of the version before `step.version` into one of that version; throws CannotUpgrade if it cannot. */
export type Rule = (node: Node, step: Step) => void;

/** Rules of operators by the version they lead to. A version without a rule changed nothing that a model can notice. */
export type Rules = Readonly<Record<string, Readonly<Record<number, Rule>>>>;

/** Thrown by a rule that has no equivalent; the message completes "cannot be raised: …". */
export class CannotUpgrade extends Error {
  override readonly name = 'CannotUpgrade';
}

/** One step from a version to the next over one graph: what rules need to look up and to build. */
export class Step {
  constructor(
    /** The version this step leads to. */
    readonly version: number,
    /** The version that the model ends at. */
    readonly target: number,
    private readonly types: TypeLookup,
    /** Bodies of functions cannot hold initializers. */
    private readonly inFunction: boolean,
    /** Constants made so far, by graph and contents. */
    private readonly shared: Map<Graph, Map<string, Value>>,
    private readonly addNote: (node: Node, text: string) => void,
  ) {}

  /** Something a person should know about how a node was carried over. */
  note(node: Node, text: string): void {
    this.addNote(node, text);
  }

  typeOf(value: Value | undefined): ValueType | undefined {
    return value && this.types.typeOf(value);
  }

  shapeOf(value: Value | undefined): Shape | undefined {
    const type = this.typeOf(value);
    return type?.kind === 'tensor' ? type.shape : undefined;
  }

  /** Rank of a value; a rule that cannot do without it fails with a reason. */
  rankOf(value: Value | undefined): number {
    const rank = this.shapeOf(value)?.length;
    if (rank === undefined) throw new CannotUpgrade(`the rank of "${value?.name ?? ''}" is unknown`);
    return rank;
  }

  /** Element type of a value; a rule that cannot do without it fails with a reason. */
  dataTypeOf(value: Value | undefined): DataType {
    const type = this.typeOf(value);
    if (type?.kind !== 'tensor') throw new CannotUpgrade(`the element type of "${value?.name ?? ''}" is unknown`);
    return type.dataType;
  }

  /** The constant behind a value: an initializer that nobody can override, or a Constant node's tensor. */
  constantOf(value: Value | undefined): Tensor | undefined {
    if (!value) return undefined;
    const { producer } = value;
    if (producer) return producer.is('Constant') ? producer.tensor('value') : undefined;
    return this.types.isOverridable(value) ? undefined : value.constant;
  }

  /** The numbers of a constant, or undefined when the value is computed. */
  numbersOf(value: Value | undefined): number[] | undefined {
    const tensor = this.constantOf(value);
    return tensor && toNumbers(tensor.dataType, tensor.bytes(), tensor.size);
  }

  /** The attribute that makes a Cast give the element type of `value`. */
  castTo(value: Value | undefined): Attribute {
    return Attribute.int('to', codeOfDataType(this.dataTypeOf(value)));
  }

  /** A new constant tensor for the use of `node`, as an initializer, or within functions as a Constant node. */
  constant(node: Node, base: string, dataType: DataType, numbers: readonly number[], shape = [numbers.length]): Value {
    return this.constantBytes(node, base, dataType, fromNumbers(dataType, numbers), shape);
  }

  /** As `constant`, for int64 values that need all their bits. */
  int64s(node: Node, base: string, values: readonly bigint[], shape = [values.length]): Value {
    return this.constantBytes(node, base, 'int64', bytesOf(BigInt64Array.from(values)), shape);
  }

  /** Small constants are shared within a graph: hundreds of Squeeze nodes have the same axes. */
  private constantBytes(node: Node, base: string, type: DataType, bytes: Uint8Array, shape: readonly number[]): Value {
    const graph = graphOf(node);
    if (this.inFunction) return this.constantNode(node, base, type, bytes, shape);
    const key = `${base} ${type} ${shape.join()} ${bytes.join()}`;
    const shared = this.sharedOf(graph);
    const known = shared.get(key);
    if (known && graph.initializers.get(known.name) === known) return known;
    const value = graph.addInitializer(Tensor.ofBytes(graph.uniqueName(`upgrade_${base}`), type, shape, bytes));
    shared.set(key, value);
    return value;
  }

  private sharedOf(graph: Graph): Map<string, Value> {
    let shared = this.shared.get(graph);
    if (!shared) this.shared.set(graph, (shared = new Map<string, Value>()));
    return shared;
  }

  private constantNode(node: Node, base: string, type: DataType, bytes: Uint8Array, shape: readonly number[]): Value {
    const graph = graphOf(node);
    const tensor = Tensor.ofBytes(graph.uniqueName(`${nameOf(node)}_${base}`), type, shape, bytes);
    const value = graph.newValue(tensor.name, tensorType(type, shape));
    const attributes = [Attribute.tensor('value', tensor)];
    graph.insertBefore(node, new Node({ opType: 'Constant', inputs: [], outputs: [value], attributes }));
    return value;
  }

  /** Puts a new node in front of `node` and returns its output. */
  insert(
    node: Node,
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: readonly Attribute[] = [],
    type?: ValueType,
  ): Value {
    const graph = graphOf(node);
    const base = `${nameOf(node)}_${opType}`;
    const output = graph.newValue(base, type);
    // Two of a kind must not share a name; the outputs' names differ already.
    const name = node.name === '' ? '' : `${node.name}/${opType}${output.name.slice(base.length)}`;
    graph.insertBefore(node, new Node({ opType, name, inputs, outputs: [output], attributes }));
    return output;
  }

  /** Hands output `index` of `node` to a new node behind it: `opType` computes it from a fresh output of `node`. */
  appendAfter(
    node: Node,
    index: number,
    opType: string,
    attributes: readonly Attribute[],
    more: readonly Value[] = [],
    type?: ValueType,
  ): void {
    const graph = graphOf(node);
    const public_ = node.output(index);
    if (!public_) return;
    const inner = graph.newValue(`${public_.name}_before_${opType}`, type);
    node.setOutput(index, inner);
    graph.insertAfter(node, new Node({ opType, inputs: [inner, ...more], outputs: [public_], attributes }));
  }

  /**
   * Moves an int or ints attribute to input `index` as an int64 tensor (a scalar int becomes `[n]` unless `scalar`).
   * Within a function the attribute may stand for one of the call: a Constant passes it on. False when it was absent.
   */
  attributeToInput(node: Node, name: string, index: number, scalar = false): boolean {
    const attribute = node.attributes.get(name);
    if (!attribute) return false;
    node.attributes.delete(name);
    const { payload } = attribute;
    if (payload.kind === 'reference') {
      node.setInput(index, this.referenced(node, name, payload.refName, payload.type));
    } else if (payload.kind === 'ints') {
      node.setInput(index, this.int64s(node, name, payload.value));
    } else if (payload.kind === 'int') {
      node.setInput(index, this.int64s(node, name, [payload.value], scalar ? [] : [1]));
    } else {
      throw new CannotUpgrade(`attribute ${name} holds ${payload.kind}, not integers`);
    }
    return true;
  }

  private referenced(node: Node, name: string, refName: string, type: number): Value {
    // Constant takes plain values from opset 12 on; the model will be there, whatever this step is.
    if (this.target < 12) throw new CannotUpgrade(`attribute ${name} comes from the caller of the function`);
    const value = graphOf(node).newValue(`${nameOf(node)}_${name}`);
    const key = type === attributeTypeInt ? 'value_int' : 'value_ints';
    const attributes = [new Attribute(key, { kind: 'reference', refName, type })];
    graphOf(node).insertBefore(node, new Node({ opType: 'Constant', inputs: [], outputs: [value], attributes }));
    return value;
  }
}

/** AttributeProto.INT. */
const attributeTypeInt = 2;

/** The graph of a node that is being upgraded. */
export function graphOf(node: Node): Graph {
  if (!node.graph) throw new CannotUpgrade('the node is in no graph');
  return node.graph;
}

/** True when somebody reads the value: a node, or the caller of the graph. */
export function isRead(value: Value | undefined, graph: Graph): boolean {
  return value !== undefined && (value.useCount > 0 || graph.outputs.includes(value));
}

/** A name to build other names on. */
function nameOf(node: Node): string {
  return node.outputs.find((value) => value !== undefined)?.name ?? node.opType;
}
