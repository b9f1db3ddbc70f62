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
  { channels, inner }: ChannelLayout,
  start: number,
  count: number,
  run: (from: number, to: number, channel: number, stride: 0 | 1) => void,
): void {
  if (channels === 1) return run(0, count, 0, 0);
  const length = inner === 1 ? channels : inner;
  for (let from = 0; from < count;) {
    const flat = start + from;
    const offset = flat % length;
    const to = Math.min(count, from + length - offset);
    if (inner === 1) run(from, to, offset, 1);
    else run(from, to, Math.floor(flat / inner) % channels, 0);
    from = to;
  }
}
