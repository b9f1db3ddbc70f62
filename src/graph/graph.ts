/** A graph: nodes in an order that is kept topological, and the values they pass on. */
import { LapidaryError } from '../protocol/errors';
import { type SparseTensor } from './attribute';
import { Names } from './names';
import { Node } from './node';
import { type Residue } from './residue';
import { tensorType, type ValueType } from './shape';
import { type Tensor } from './tensor';
import { Value } from './value';

/** Quantization annotation of a tensor (ONNX TensorAnnotation): carried, not interpreted. */
export interface TensorAnnotation {
  readonly tensorName: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly residue?: Residue;
}

/** An initializer that the file stores sparse; its value has no dense constant. */
export interface SparseInitializer {
  readonly value: Value;
  readonly tensor: SparseTensor;
}

/** Nodes are a linked list, so that passes insert and remove in constant time at any size. */
export class Graph {
  docString?: string;
  metadata: Map<string, string> = new Map();
  residue?: Residue;
  /** Graph inputs in order. */
  readonly inputs: Value[] = [];
  /** Graph outputs in order; the same value may appear twice. */
  readonly outputs: Value[] = [];
  /** Values with a constant, by name, in the file's order. */
  readonly initializers = new Map<string, Value>();
  readonly sparseInitializers: SparseInitializer[] = [];
  annotations: TensorAnnotation[] = [];

  private first?: Node;
  private last?: Node;
  private count = 0;
  /** Names in use, shared with the graphs above and below. */
  private readonly names: Names;

  constructor(
    public name = '',
    /** The graph whose values this one may read, for a body of If, Loop, Scan. */
    readonly parent?: Graph,
  ) {
    this.names = parent?.names ?? new Names();
  }

  get nodeCount(): number {
    return this.count;
  }

  /** Nodes in order. Removing the node in hand, or inserting anywhere, is safe while iterating. */
  *nodes(): Generator<Node> {
    // A removed node keeps its links, so the walk finds its way back to the nodes that stayed.
    for (let node = this.first; node; node = node.next) if (node.graph === this) yield node;
  }

  /** Nodes from the last to the first. */
  *nodesReversed(): Generator<Node> {
    for (let node = this.last; node; node = node.previous) if (node.graph === this) yield node;
  }

  /** Every node of this graph and of the graphs inside its attributes, outer before inner. */
  *allNodes(): Generator<Node> {
    for (const node of this.nodes()) {
      yield node;
      for (const body of node.bodies) yield* body.allNodes();
    }
  }

  /** This graph and every graph inside its nodes' attributes, outer before inner. */
  *allGraphs(): Generator<Graph> {
    yield this;
    for (const node of this.nodes()) for (const body of node.bodies) yield* body.allGraphs();
  }

  /** Appends a node. */
  append(node: Node): Node {
    return this.link(node, this.last, undefined);
  }

  /** Puts a node right before another of this graph. */
  insertBefore(anchor: Node, node: Node): Node {
    this.mustOwn(anchor);
    return this.link(node, anchor.previous, anchor);
  }

  /** Puts a node right after another of this graph. */
  insertAfter(anchor: Node, node: Node): Node {
    this.mustOwn(anchor);
    return this.link(node, anchor, anchor.next);
  }

  /** Takes a node out and unhooks it from its values; its outputs must be unused by then. */
  remove(node: Node): void {
    this.mustOwn(node);
    for (const output of node.outputs) {
      if (output && (output.useCount > 0 || this.outputs.includes(output))) {
        throw new LapidaryError('internal', `Removing a node whose output "${output.name}" is still used.`, {
          node: node.label,
        });
      }
    }
    if (node.previous) node.previous.next = node.next;
    else this.first = node.next;
    if (node.next) node.next.previous = node.previous;
    else this.last = node.previous;
    node.graph = undefined;
    this.count--;
    node.detach();
  }

  /** Adds a graph input. */
  addInput(value: Value): Value {
    this.claim(value.name);
    this.inputs.push(value);
    return value;
  }

  /** Adds an initializer; its value is named after the tensor. One named like a graph input is the input's default. */
  addInitializer(tensor: Tensor): Value {
    const { name } = tensor;
    if (this.initializers.has(name)) {
      throw new LapidaryError('internal', `There is already an initializer "${name}".`, { tensor: name });
    }
    const input = this.names.has(name) ? this.inputs.find((candidate) => candidate.name === name) : undefined;
    const value = input ?? new Value(name, tensorType(tensor.dataType, tensor.shape));
    this.claim(name);
    value.constant = tensor;
    this.initializers.set(name, value);
    return value;
  }

  /** Replaces the tensor behind an initializer (name and declared type follow). */
  setInitializer(value: Value, tensor: Tensor): void {
    value.constant = tensor.name === value.name ? tensor : tensor.with({ name: value.name });
    value.type = tensorType(tensor.dataType, tensor.shape);
    this.initializers.set(value.name, value);
  }

  /** Removes an initializer; nothing may use it any more. */
  removeInitializer(value: Value): void {
    if (value.useCount > 0 || this.outputs.includes(value)) {
      throw new LapidaryError('internal', `Initializer "${value.name}" is still used.`, { tensor: value.name });
    }
    this.initializers.delete(value.name);
    value.constant = undefined;
  }

  /**
   * Makes users and graph outputs read `to` instead of `from`, except the producer of `to` and the nodes in `except`
   * (which go on reading `from`, as they must when `to` is computed from it). A graph output keeps its public name: the
   * two values swap names, or, where the name of `to` is public itself, an Identity carries it.
   */
  replaceValue(from: Value, to: Value, except: readonly Node[] = []): void {
    for (const { node, index } of from.uses()) {
      if (node !== to.producer && !except.includes(node)) node.setInput(index, to);
    }
    if (!this.outputs.includes(from)) return;
    const isPublic = to.producer?.graph !== this || this.inputs.includes(to) || this.outputs.includes(to);
    const replacement = isPublic ? this.carryPublicName(from, to) : this.swapNames(from, to);
    this.outputs.forEach((value, index) => {
      if (value === from) this.outputs[index] = replacement;
    });
  }

  private swapNames(from: Value, to: Value): Value {
    const publicName = from.name;
    this.setName(from, to.name);
    this.setName(to, publicName);
    to.inheritDeclaration(from);
    return to;
  }

  private carryPublicName(from: Value, to: Value): Value {
    const publicName = from.name;
    this.setName(from, this.uniqueName(`${publicName}_replaced`));
    const output = new Value(publicName);
    output.inheritDeclaration(from);
    this.append(new Node({ opType: 'Identity', name: `${publicName}_identity`, inputs: [to], outputs: [output] }));
    return output;
  }

  /** A value of a fresh name, for a node's output. */
  newValue(base: string, type?: ValueType): Value {
    return new Value(this.uniqueName(base), type);
  }

  /** `base`, or `base_1`, `base_2` …: a name that no value here, above or below has. The name is then taken. */
  uniqueName(base: string): string {
    return this.names.unique(base);
  }

  /** Marks a name as used by a value of this graph. */
  claim(name: string): void {
    this.names.claim(name);
  }

  /** Gives a value of this graph another name, which must be free. */
  rename(value: Value, name: string): void {
    if (name === value.name) return;
    if (this.names.has(name)) {
      throw new LapidaryError('internal', `There is already a value "${name}".`, { tensor: value.name });
    }
    this.names.claim(name);
    this.setName(value, name);
  }

  /** Gives a value of this graph a name that no other value here, above or below has, close to what it was. */
  renameApart(value: Value): void {
    this.setName(value, this.uniqueName(value.name));
  }

  private setName(value: Value, name: string): void {
    const isInitializer = this.initializers.get(value.name) === value;
    if (isInitializer) this.initializers.delete(value.name);
    value.name = name;
    if (isInitializer) this.initializers.set(name, value);
    if (value.constant) value.constant = value.constant.with({ name });
  }

  private link(node: Node, previous: Node | undefined, next: Node | undefined): Node {
    if (node.graph) throw new LapidaryError('internal', 'A node is in one graph only.', { node: node.label });
    node.graph = this;
    node.previous = previous;
    node.next = next;
    if (previous) previous.next = node;
    else this.first = node;
    if (next) next.previous = node;
    else this.last = node;
    this.count++;
    for (const output of node.outputs) if (output) this.claim(output.name);
    return node;
  }

  private mustOwn(node: Node): void {
    if (node.graph !== this) {
      throw new LapidaryError('internal', `Node is not in graph "${this.name}".`, { node: node.label });
    }
  }
}
