/** A value: an edge of the graph. It knows who makes it and who uses it. */
import { type Node } from './node';
import { type Residue } from './residue';
import { type ValueType } from './shape';
import { noMetadata } from './metadata';
import { type Tensor } from './tensor';
import { type Use, Uses } from './uses';

export { type Use } from './uses';

/** Produced by a node, or a graph input, or an initializer (`constant`), or several of the last two. */
export class Value {
  /** Declared type (from value_info, inputs or outputs in the file); inference results are kept apart from it. */
  type?: ValueType;
  /** The initializer behind this value, if it is one. An overridable one is a graph input as well. */
  constant?: Tensor;
  docString?: string;
  /** Replaced as a whole to change it: values without any share one empty map. */
  metadata: ReadonlyMap<string, string> = noMetadata;
  residue?: Residue;

  private usedBy = Uses.none;
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
    return this.usedBy.all();
  }

  /** Number of uses by nodes. */
  get useCount(): number {
    return this.usedBy.count;
  }

  /** Nodes that use it, each once. */
  consumers(): Node[] {
    return this.usedBy.nodes();
  }

  /** Makes every user read `other` instead. Graph outputs are untouched: see `Graph.replaceValue`. */
  replaceUsesWith(other: Value): void {
    for (const { node, index } of this.uses()) node.setInput(index, other);
  }

  /** Takes over what `other` is declared as, where this value says nothing itself or, of a tensor, not even its rank. */
  inheritDeclaration(other: Value): void {
    this.type ??= other.type;
    if (this.type?.kind === 'tensor' && this.type.shape === undefined && other.type?.kind === 'tensor') {
      if (this.type.dataType === other.type.dataType) this.type = other.type;
    }
    this.docString ??= other.docString;
    this.residue ??= other.residue;
    if (other.metadata.size > 0) this.metadata = new Map([...other.metadata, ...this.metadata]);
  }

  /** Bookkeeping by Node alone. */
  addUse(node: Node, index: number): void {
    if (this.usedBy === Uses.none) this.usedBy = new Uses();
    this.usedBy.add(node, index);
  }

  /** Bookkeeping by Node alone. */
  removeUse(node: Node, index: number): void {
    this.usedBy.remove(node, index);
  }

  /** Bookkeeping by Node alone. */
  setProducer(node: Node | undefined, index: number): void {
    this.producerNode = node;
    this.producerIndex = index;
  }
}
