/**
 * Channels of a model as elements of a disjoint-set forest (union by size, path halving; Tarjan 1975): two channels in
 * one set can only leave the model together.
 */

/** Why channels must stay. */
export interface Frozen {
  /** A sentence about the channels: "They leave the model as "scores"." */
  readonly reason: string;
  /**
   * True when removing them is possible, but the rest would no longer compute what it did (a layer norm over them):
   * what is left is an approximation of the original with those channels at zero.
   */
  readonly inexact: boolean;
}

/** What a set of channels is to the network. */
export type ChannelKind = 'channels' | 'heads' | 'hidden';

/** The forest. Ids are handed out in ranges and never taken back. */
export class ChannelIds {
  private parents = new Int32Array(1024);
  private sizes = new Int32Array(1024);
  private count = 0;
  private readonly reasons = new Map<number, Frozen>();
  private readonly kinds = new Map<number, ChannelKind>();

  /** `count` new channels, each a set of its own. */
  allocate(count: number): Int32Array {
    const start = this.count;
    this.count += count;
    if (this.count > this.parents.length) {
      this.parents = grown(this.parents, this.count);
      this.sizes = grown(this.sizes, this.count);
    }
    const ids = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      ids[i] = start + i;
      this.parents[start + i] = start + i;
      this.sizes[start + i] = 1;
    }
    return ids;
  }

  /** How many there are. */
  get size(): number {
    return this.count;
  }

  /** The channel that stands for the set of `id`. */
  find(id: number): number {
    const { parents } = this;
    while (parents[id] !== id) {
      parents[id] = parents[parents[id]!]!;
      id = parents[id]!;
    }
    return id;
  }

  /** Joins two sets; one frozen set freezes the other. */
  union(a: number, b: number): void {
    let [large, small] = [this.find(a), this.find(b)];
    if (large === small) return;
    if (this.sizes[large]! < this.sizes[small]!) [large, small] = [small, large];
    this.parents[small] = large;
    this.sizes[large]! += this.sizes[small]!;
    const reason = this.reasons.get(small);
    if (reason) this.freezeRoot(large, reason);
    const kind = this.kinds.get(small);
    if (kind && !this.kinds.has(large)) this.kinds.set(large, kind);
  }

  /** Keeps the set of `id` in the model. The first reason counts, and one that is exact before one that is not. */
  freeze(id: number, reason: Frozen): void {
    this.freezeRoot(this.find(id), reason);
  }

  /** Why the set of `id` must stay; undefined when it may go. */
  frozen(id: number): Frozen | undefined {
    return this.reasons.get(this.find(id));
  }

  /** Says what the set of `id` is. */
  mark(id: number, kind: ChannelKind): void {
    this.kinds.set(this.find(id), kind);
  }

  /** What the set of `id` is. */
  kind(id: number): ChannelKind {
    return this.kinds.get(this.find(id)) ?? 'channels';
  }

  private freezeRoot(root: number, reason: Frozen): void {
    const known = this.reasons.get(root);
    if (!known || (known.inexact && !reason.inexact)) this.reasons.set(root, reason);
  }
}

function grown(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(least, array.length * 2));
  larger.set(array);
  return larger;
}
