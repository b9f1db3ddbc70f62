/** Ranges of channels and linear quantization by the kernels, tile by tile. */
import { type ChannelLayout, forEachStretch } from '../channels';
import { kernels, type Region, tileValues } from './module';

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
    forEachStretch(layout, start + from, count, (begin, rows, columns, channel, stride) => {
      const [at, range] = [input.at + 4 * begin, 4 * (channel - firstChannel)];
      const [low, high] = [first.at + range, second.at + range];
      if (stride === 0) kernel.rangeOfRun(at, columns, low, high);
      else kernel.rangeOfRows(at, rows, columns, low, high);
    });
    min.set(first.floats.subarray(0, channels), firstChannel);
    max.set(second.floats.subarray(0, channels), firstChannel);
  }
}

/** Parameters of linear quantization, one per channel, and the codes in use. */
export interface LinearParameters {
  readonly scale: Float32Array;
  readonly zero: Float64Array;
  /** 1 / scale. */
  readonly inverse: Float64Array;
  /** What areOrdinary() says of the scales. */
  readonly ordinary: boolean;
  readonly range: { readonly qmin: number; readonly qmax: number };
}

/** Arrays that codes go to. */
export type Codes = Int8Array | Uint8Array | Int16Array | Uint16Array;

/** Sums of squares: of what was quantized, and of what was lost. */
interface Sums {
  readonly signal: number;
  readonly noise: number;
}

/**
 * Quantizes `values`, which start at flat index `start`, to 8 or 16 bits, as `out` has; returns Σ x² and Σ (x − x̂)². Without
 * `out`, only that.
 */
export function quantizeLinear(
  layout: ChannelLayout,
  parameters: LinearParameters,
  values: Float32Array,
  start: number,
  out?: Codes,
): Sums {
  const { ordinary, range } = parameters;
  if (!ordinary || range.qmax - range.qmin > 255 || (out && out.BYTES_PER_ELEMENT > 1)) {
    return quantizeWide(layout, parameters, values, start, out);
  }
  const sums = quantizeBytes(layout, parameters, values, start, out);
  // Squares of huge numbers are infinite in float32; NaN and infinities stay what they are in float64 too.
  return Number.isFinite(sums.signal + sums.noise) ? sums : quantizeWide(layout, parameters, values, start, out);
}

/** True for scales whose codes float32 can be trusted with (kernels/bytes.as). */
export const areOrdinary = (scales: Float32Array): boolean => scales.every((scale) => scale > 1e-12 && scale < 1e12);

function quantizeBytes(
  layout: ChannelLayout,
  { inverse, scale, zero, range: { qmin, qmax } }: LinearParameters,
  values: Float32Array,
  start: number,
  out?: Codes,
): Sums {
  const { input, output, first, second, third, sums, ...kernel } = kernels();
  const target = out && new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  sums.doubles.fill(0, 0, 2);
  for (const { from, count, firstChannel, channels } of tilesOf(layout, start, values.length)) {
    const lastChannel = firstChannel + channels;
    input.floats.set(values.subarray(from, from + count));
    if (layout.inner === 1) {
      first.floats.set(inverse.subarray(firstChannel, lastChannel));
      second.floats.set(scale.subarray(firstChannel, lastChannel));
      third.floats.set(zero.subarray(firstChannel, lastChannel));
    }
    forEachStretch(layout, start + from, count, (begin, rows, columns, channel, stride) => {
      const [read, write] = [input.at + 4 * begin, output.at + begin];
      if (stride === 0) {
        kernel.quantizeByteRun(read, write, columns, scale[channel]!, zero[channel]!, qmin, qmax, sums.at);
      } else {
        const at = 4 * (channel - firstChannel);
        const [inverses, scales, zeros] = [first.at + at, second.at + at, third.at + at];
        kernel.quantizeByteRows(read, write, rows, columns, inverses, scales, zeros, qmin, qmax, sums.at);
      }
    });
    target?.set(output.bytes.subarray(0, count), from);
  }
  return sumsIn(sums);
}

/** All in float64: for codes of 16 bits and for scales beyond what float32 can square. */
function quantizeWide(
  layout: ChannelLayout,
  { inverse, scale, zero, range: { qmin, qmax } }: LinearParameters,
  values: Float32Array,
  start: number,
  out?: Codes,
): Sums {
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
    forEachStretch(layout, start + from, count, (begin, rows, columns, channel, stride) => {
      const at = 8 * (channel - firstChannel);
      for (let row = 0; row < rows; row++) {
        const place = begin + row * columns;
        const [read, write] = [input.at + 4 * place, output.at + width * place];
        if (stride === 0) {
          const [factor, step, middle] = [inverse[channel]!, scale[channel]!, zero[channel]!];
          kernel.quantizeRun(read, write, columns, width, factor, step, middle, qmin, qmax, sums.at);
        } else {
          const [factors, steps, middles] = [first.at + at, second.at + at, third.at + at];
          kernel.quantizeChannels(read, write, columns, width, factors, steps, middles, qmin, qmax, sums.at);
        }
      }
    });
    target?.set(output.bytes.subarray(0, width * count), width * from);
  }
  return sumsIn(sums);
}

const sumsIn = ({ doubles: [signal, noise] }: Region): Sums => ({ signal: signal!, noise: noise! });
