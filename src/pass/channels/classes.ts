/** Channels that can only be scaled together: union-find over the channels of all values. */

/** Why channels cannot be scaled, and the node at which they cannot. */
export interface Frozen {
  readonly node: string;
  readonly reason: string;
}

/** Classes of channels; each channel of a value is the id of one. Ids of one class share a root. */
export class ChannelClasses {
  private readonly parents: number[] = [];
  private readonly frozen = new Map<number, Frozen>();

  get count(): number {
    return this.parents.length;
  }

  /** Ids for `count` channels that nothing is known of. */
  fresh(count: number): Int32Array {
    const start = this.parents.length;
    for (let id = start; id < start + count; id++) this.parents.push(id);
    return Int32Array.from({ length: count }, (_, index) => start + index);
  }

  /** The root that stands for the class of `id`. */
  find(id: number): number {
    let root = id;
    while (this.parents[root] !== root) root = this.parents[root]!;
    for (let at = id; at !== root;) {
      const next = this.parents[at]!;
      this.parents[at] = root;
      at = next;
    }
    return root;
  }

  /** Makes channel i of `a` and of `b` one class, for every i. */
  unite(a: Int32Array, b: Int32Array): void {
    for (let index = 0; index < a.length; index++) {
      const [to, from] = [this.find(a[index]!), this.find(b[index]!)];
      if (to === from) continue;
      this.parents[from] = to;
      const why = this.frozen.get(from);
      if (why && !this.frozen.has(to)) this.frozen.set(to, why);
    }
  }

  /** Marks channels that must stay as they are; the first reason is kept. */
  freeze(ids: Int32Array, why: Frozen): void {
    for (const id of ids) {
      const root = this.find(id);
      if (!this.frozen.has(root)) this.frozen.set(root, why);
    }
  }

  /** Why the class of `id` must stay as it is. */
  whyFrozen(id: number): Frozen | undefined {
    return this.frozen.get(this.find(id));
  }
}
