/** A tensor by channels, and walks through pieces of it along which the channel changes in a simple way. */

/** A tensor as [outer, channels, inner]: channel c of row o holds `inner` neighbours. Per tensor: channels = 1. */
export interface ChannelLayout {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** Layout for one scale per index of `axis` (negative counts from the end); without an axis, one for all. */
export function channelLayout(shape: readonly number[], axis?: number): ChannelLayout {
  const product = (dims: readonly number[]): number => dims.reduce((total, dim) => total * dim, 1);
  if (axis === undefined) return { outer: 1, channels: 1, inner: product(shape) };
  const at = axis < 0 ? axis + shape.length : axis;
  return { outer: product(shape.slice(0, at)), channels: shape[at] ?? 1, inner: product(shape.slice(at + 1)) };
}

/**
 * Cuts the flat range [start, start + count) into runs within which the channel is constant (stride 0), or, when
 * channels are the last axis, counts up by one (stride 1). `from` and `to` index the piece, not the tensor.
 */
export function forEachRun(
  layout: ChannelLayout,
  start: number,
  count: number,
  run: (from: number, to: number, channel: number, stride: 0 | 1) => void,
): void {
  forEachStretch(layout, start, count, (from, rows, columns, channel, stride) => {
    for (let row = 0; row < rows; row++) run(from + row * columns, from + (row + 1) * columns, channel, stride);
  });
}

/**
 * The same with as few calls as can be: runs that begin at the same channel come as `rows` rows of `columns` values, one
 * after the other. Only where channels are the last axis are there several.
 */
export function forEachStretch(
  { channels, inner }: ChannelLayout,
  start: number,
  count: number,
  stretch: (from: number, rows: number, columns: number, channel: number, stride: 0 | 1) => void,
): void {
  if (channels === 1) return stretch(0, 1, count, 0, 0);
  const length = inner === 1 ? channels : inner;
  for (let from = 0; from < count;) {
    const flat = start + from;
    const offset = flat % length;
    const columns = Math.min(count - from, length - offset);
    const rows = inner === 1 && offset === 0 ? Math.max(1, Math.floor((count - from) / channels)) : 1;
    if (inner === 1) stretch(from, rows, columns, offset, 1);
    else stretch(from, 1, columns, Math.floor(flat / inner) % channels, 0);
    from += rows * columns;
  }
}
