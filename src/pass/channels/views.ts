/** Where the channels of a value are after operators that only move them. */
import { type Shape } from '../../graph/shape';

/** The channels of a value: index i along `axis` is the class `ids[i]`. */
export interface Carried {
  readonly axis: number;
  readonly rank: number;
  readonly ids: Int32Array;
}

/** Product of dimensions from `start` on; undefined unless all are numbers. */
function sizeFrom(shape: Shape, start: number): number | undefined {
  let size = 1;
  for (const dim of shape.slice(start)) {
    if (typeof dim !== 'number') return undefined;
    size *= dim;
  }
  return size;
}

/**
 * The channels after a Reshape, Flatten, Squeeze or Unsqueeze from `from` to `to`, by strides: C channels of `inner`
 * elements each become an axis of C, or of C·k with k of those elements side by side. Undefined when channels end up on
 * several axes, or shapes are not known.
 */
export function reshapedChannels(carried: Carried, from: Shape, to: Shape): Carried | undefined {
  const { axis, ids } = carried;
  const inner = sizeFrom(from, axis + 1);
  if (inner === undefined) return undefined;
  for (let target = to.length - 1, after = 1; target >= 0; target--) {
    const dim = to[target];
    if (typeof dim !== 'number') return undefined;
    const copies = dim / ids.length;
    if (dim > 1 && Number.isInteger(copies) && copies >= 1 && copies * after === inner) {
      const spread = new Int32Array(dim);
      for (let index = 0; index < dim; index++) spread[index] = ids[Math.floor(index / copies)]!;
      return { axis: target, rank: to.length, ids: spread };
    }
    after *= dim;
    if (after > inner * ids.length) return undefined;
  }
  return undefined;
}

/** The channels after a Transpose. */
export function transposedChannels(carried: Carried, perm: readonly number[] | undefined): Carried {
  const order = perm ?? Array.from({ length: carried.rank }, (_, axis) => carried.rank - 1 - axis);
  return { ...carried, axis: order.indexOf(carried.axis) };
}
