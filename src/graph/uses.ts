/** Who uses a value. Nearly all values have one or two uses, a shared weight may have thousands. */
import { type Node } from './node';

/** One use of a value: input `index` of `node` (which may be in a subgraph below the value's own graph). */
export interface Use {
  readonly node: Node;
  readonly index: number;
}

/** Up to this many uses a list is smaller and quicker than maps. */
const mostListed = 8;

/** Uses in the order in which they came; adding and removing take constant time however many there are. */
export class Uses {
  private few: readonly Use[] = [];
  private many?: Map<Node, Set<number>>;

  /** The uses of a value that has no list of its own yet; never add to it. */
  static readonly none = new Uses();

  get count(): number {
    if (!this.many) return this.few.length;
    let count = 0;
    for (const indices of this.many.values()) count += indices.size;
    return count;
  }

  /** Every use; an array of the caller's own, since uses change under whoever edits them. */
  all(): Use[] {
    if (!this.many) return [...this.few];
    const all: Use[] = [];
    for (const [node, indices] of this.many) for (const index of indices) all.push({ node, index });
    return all;
  }

  /** Nodes with a use, each once. */
  nodes(): Node[] {
    if (this.many) return [...this.many.keys()];
    const nodes = this.few.map(({ node }) => node);
    return nodes.length < 2 ? nodes : [...new Set(nodes)];
  }

  add(node: Node, index: number): void {
    if (!this.many) {
      // A literal has no spare room, where growing an array makes room for 17.
      if (this.few.length < mostListed) this.few = [...this.few, { node, index }];
      else this.spread().addTo(node, index);
    } else this.addTo(node, index);
  }

  remove(node: Node, index: number): void {
    if (!this.many) {
      this.few = this.few.filter((use) => use.node !== node || use.index !== index);
      return;
    }
    const indices = this.many.get(node);
    indices?.delete(index);
    if (indices?.size === 0) this.many.delete(node);
  }

  private addTo(node: Node, index: number): void {
    const indices = this.many!.get(node);
    if (indices) indices.add(index);
    else this.many!.set(node, new Set([index]));
  }

  private spread(): this {
    this.many = new Map();
    for (const { node, index } of this.few) this.addTo(node, index);
    this.few = [];
    return this;
  }
}
