/** A value: an edge of the graph. It knows who makes it and who uses it. */
import { type Node } from './node';
import { type Residue } from './residue';
import { type ValueType } from './shape';
import { type Tensor } from './tensor';

/** One use of a value: input `index` of `node` (which may be in a subgraph below the value's own graph). */
export interface Use {
  readonly node: Node;
  readonly index: number;
}

/** Produced by a node, or a graph input, or an initializer (`constant`), or several of the last two. */
export class Value {
  /** Declared type (from value_info, inputs or outputs in the file); inference results are kept apart from it. */
  type?: ValueType;
  /** The initializer behind this value, if it is one. An overridable one is a graph input as well. */
  constant?: Tensor;
  docString?: string;
  metadata: Map<string, string> = new Map();
  residue?: Residue;

  private readonly usesByNode = new Map<Node, Set<number>>();
  private producerNode?: Node;
  private producerIndex = 0;

  constructor(
    /** Unique within its graph; passes rename through `Graph.rename`. */
    public name: string,
    type?: ValueType,
  ) {
    this.type = type;
  }

  /** The node that computes it; undefined for graph inputs, initializers. */
  get producer(): Node | undefined {
    return this.producerNode;
  }

  /** Which output of the producer it is. */
  get outputIndex(): number {
    return this.producerIndex;
  }

  /** Every use, in subgraphs too; graph outputs are not uses (see `Graph.outputs`). */
  uses(): Use[] {
    const all: Use[] = [];
    for (const [node, indices] of this.usesByNode) for (const index of indices) all.push({ node, index });
    return all;
  }

  /** Number of uses by nodes. */
  get useCount(): number {
    let count = 0;
    for (const indices of this.usesByNode.values()) count += indices.size;
    return count;
  }

  /** Nodes that use it, each once. */
  consumers(): Node[] {
    return [...this.usesByNode.keys()];
  }

  /** Makes every user read `other` instead. Graph outputs are untouched: see `Graph.replaceValue`. */
  replaceUsesWith(other: Value): void {
    for (const { node, index } of this.uses()) node.setInput(index, other);
  }

  /** Takes over what `other` is declared as, where this value says nothing itself. */
  inheritDeclaration(other: Value): void {
    this.type ??= other.type;
    this.docString ??= other.docString;
    this.residue ??= other.residue;
    for (const [key, text] of other.metadata) if (!this.metadata.has(key)) this.metadata.set(key, text);
  }

  /** Bookkeeping by Node alone. */
  addUse(node: Node, index: number): void {
    const indices = this.usesByNode.get(node);
    if (indices) indices.add(index);
    else this.usesByNode.set(node, new Set([index]));
  }

  /** Bookkeeping by Node alone. */
  removeUse(node: Node, index: number): void {
    const indices = this.usesByNode.get(node);
    indices?.delete(index);
    if (indices?.size === 0) this.usesByNode.delete(node);
  }

  /** Bookkeeping by Node alone. */
  setProducer(node: Node | undefined, index: number): void {
    this.producerNode = node;
    this.producerIndex = index;
  }
}
