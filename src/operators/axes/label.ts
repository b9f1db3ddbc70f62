/** Which channels lie along an axis of a tensor. */
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';

/**
 * A constant along one axis: what is cut when channels leave. `produces`: the constant makes the channels (rows of a
 * weight, a bias); `consumes`: it reads them (columns of the next weight). Neither: it only goes along (a divisor).
 */
export interface Slot {
  readonly value: Value;
  readonly axis: number;
  readonly ids: Int32Array;
  /** Nodes that make channels of it, and nodes that read channels by it. */
  readonly produces: Set<Node>;
  readonly consumes: Set<Node>;
}

/**
 * Channels along an axis of `outer · ids.length · inner` elements: element e belongs to channel
 * `ids[⌊e / inner⌋ mod ids.length]`. Flattening C×H×W gives inner = H·W; four gates of H units give outer = 4.
 */
export interface Label {
  readonly ids: Int32Array;
  readonly outer: number;
  readonly inner: number;
  /** True when a channel whose producers are set to zero is zero here, so that whoever sums over it loses nothing. */
  readonly zero: boolean;
  /** True when its elements are copies of one: of several axes that merge, another carries the channels. */
  readonly uniform?: boolean;
  /** The constants that this label came from, as long as it is nothing but them, or parts of them, in another order. */
  readonly slots?: readonly Slot[];
}

/** An axis: its channels, or undefined when it cannot shrink. */
export type AxisLabel = Label | undefined;

/** Axes longer than this are not spelled out element by element. */
const MAX_DENSE = 1 << 22;

/** Number of elements along the axis. */
export const sizeOfLabel = ({ ids, outer, inner }: Label): number => outer * ids.length * inner;

/** A label of plain channels. */
export const plainLabel = (ids: Int32Array, zero = true): Label => ({ ids, outer: 1, inner: 1, zero });

/** The label with another opinion on zeros, and no longer a bare constant. */
export function computed(label: AxisLabel, zero: boolean): AxisLabel {
  if (!label) return undefined;
  const { ids, outer, inner } = label;
  return { ids, outer, inner, zero };
}

/** The channel of every element; undefined for an axis that is too long. */
export function denseIds({ ids, outer, inner }: Label): Int32Array | undefined {
  if (outer === 1 && inner === 1) return ids;
  const size = outer * ids.length * inner;
  if (size > MAX_DENSE) return undefined;
  const dense = new Int32Array(size);
  for (let e = 0, at = 0; at < size; e = e + 1 === ids.length ? 0 : e + 1) {
    dense.fill(ids[e]!, at, at + inner);
    at += inner;
  }
  return dense;
}

/** True when both spell their channels out alike. */
export const sameStructure = (a: Label, b: Label): boolean =>
  a.outer === b.outer && a.inner === b.inner && a.ids.length === b.ids.length;
