/** Ranges of channels and linear quantization by the kernels, tile by tile. */
import { type ChannelLayout, forEachRun } from '../channels';
import { kernels, tileValues } from './module';

/** Part of a piece whose values, and whose channels, fit into the kernels' memory. */
interface Tile {
  /** Of the piece. */
  readonly from: number;
  readonly count: number;
  /** Channels that it may touch. */
  readonly firstChannel: number;
  readonly channels: number;
}

/** Cuts a piece of a tensor that starts at flat index `start` into tiles. */
function* tilesOf({ channels, inner }: ChannelLayout, start: number, size: number): Generator<Tile> {
  const all = channels <= tileValues;
  for (let from = 0; from < size;) {
    const flat = start + from;
    // Of many channels, only those of a stretch that does not wrap around.
    const firstChannel = all ? 0 : Math.floor(flat / inner) % channels;
    const room = all ? tileValues : Math.min(tileValues, inner * (channels - firstChannel) - (flat % inner));
    const count = Math.min(room, size - from);
    yield { from, count, firstChannel, channels: all ? channels : Math.min(count, channels - firstChannel) };
    from += count;
  }
}

/** Widens `min` and `max` of each channel to hold `values`, which start at flat index `start`. NaN is passed over. */
export function widenRanges(
  layout: ChannelLayout,
  values: Float32Array,
  start: number,
  min: Float32Array,
  max: Float32Array,
): void {
  const { input, first, second, ...kernel } = kernels();
  for (const { from, count, firstChannel, channels } of tilesOf(layout, start, values.length)) {
    const lastChannel = firstChannel + channels;
    input.floats.set(values.subarray(from, from + count));
    first.floats.set(min.subarray(firstChannel, lastChannel));
    second.floats.set(max.subarray(firstChannel, lastChannel));
    forEachRun(layout, start + from, count, (begin, end, channel, stride) => {
      const range = 4 * (channel - firstChannel);
      const widen = stride === 0 ? kernel.rangeOfRun : kernel.rangeOfChannels;
      widen(input.at + 4 * begin, end - begin, first.at + range, second.at + range);
    });
    min.set(first.floats.subarray(0, channels), firstChannel);
    max.set(second.floats.subarray(0, channels), firstChannel);
  }
}

/** Parameters of linear quantization, one per channel, and the codes in use. */
export interface LinearParameters {
  /** 1 / scale. */
  readonly inverse: Float64Array;
  readonly scale: Float64Array;
  readonly zero: Float64Array;
  readonly range: { readonly qmin: number; readonly qmax: number };
}

/**
 * Quantizes `values`, which start at flat index `start`, to 8 or 16 bits, as `out` has; returns Σ x² and Σ (x − x̂)². Without
 * `out`, only that.
 */
export function quantizeLinear(
  layout: ChannelLayout,
  { inverse, scale, zero, range: { qmin, qmax } }: LinearParameters,
  values: Float32Array,
  start: number,
  out?: Int8Array | Uint8Array | Int16Array | Uint16Array,
): { readonly signal: number; readonly noise: number } {
  const { input, output, first, second, third, sums, ...kernel } = kernels();
  const width = out?.BYTES_PER_ELEMENT ?? 1;
  const target = out && new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  sums.doubles.fill(0, 0, 2);
  for (const { from, count, firstChannel, channels } of tilesOf(layout, start, values.length)) {
    const lastChannel = firstChannel + channels;
    input.floats.set(values.subarray(from, from + count));
    first.doubles.set(inverse.subarray(firstChannel, lastChannel));
    second.doubles.set(scale.subarray(firstChannel, lastChannel));
    third.doubles.set(zero.subarray(firstChannel, lastChannel));
    forEachRun(layout, start + from, count, (begin, end, channel, stride) => {
      const [read, write, size] = [input.at + 4 * begin, output.at + width * begin, end - begin];
      const at = 8 * (channel - firstChannel);
      if (stride === 0) {
        const [factor, step, middle] = [inverse[channel]!, scale[channel]!, zero[channel]!];
        kernel.quantizeRun(read, write, size, width, factor, step, middle, qmin, qmax, sums.at);
      } else {
        const [factors, steps, middles] = [first.at + at, second.at + at, third.at + at];
        kernel.quantizeChannels(read, write, size, width, factors, steps, middles, qmin, qmax, sums.at);
      }
    });
    target?.set(output.bytes.subarray(0, width * count), width * from);
  }
  const [signal, noise] = sums.doubles;
  return { signal: signal!, noise: noise! };
}
