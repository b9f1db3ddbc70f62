/** Figures of a weight in one pass over its elements, a few megabytes at a time. */
import { FloatReader } from '../../graph/floatPieces';
import { countElements } from '../../graph/shape';
import { type Tensor } from '../../graph/tensor';

/** Figures over the finite elements. */
export interface WeightStatistics {
  /** Elements that are NaN or infinite. */
  readonly nonFinite: number;
  readonly largest: number;
  /** Root of the mean square. */
  readonly rms: number;
  /** Fourth moment over the square of the second, about zero: 3 for normal numbers. */
  readonly kurtosis: number;
  /** largest / rms, of the output channel in which that is worst. */
  readonly worstChannelPeak: number;
}

/** Reads a float weight; `breathe` is awaited between pieces. */
export async function statisticsOf(
  tensor: Tensor,
  channelAxis: number,
  breathe: () => Promise<void>,
): Promise<WeightStatistics> {
  const { shape, size } = tensor;
  const inner = countElements(shape.slice(channelAxis + 1));
  const sums = new ChannelSums(shape[channelAxis] ?? 1, inner);
  for (const { values } of new FloatReader(tensor).pieces()) {
    if (inner === 1) sums.addColumns(values);
    else sums.addRuns(values);
    await breathe();
  }
  return sums.result(size);
}

/** Sums by output channel; elements come in the order of the tensor, in pieces of any length. */
class ChannelSums {
  private readonly squares: Float64Array;
  private readonly peaks: Float64Array;
  private readonly bad: Float64Array;
  private fourth = 0;
  /** The channel of the next element, and how many of its elements come in a row from there. */
  private channel = 0;
  private left: number;

  constructor(
    private readonly channels: number,
    private readonly inner: number,
  ) {
    [this.squares, this.peaks, this.bad] = [
      new Float64Array(channels),
      new Float64Array(channels),
      new Float64Array(channels),
    ];
    this.left = inner;
  }

  /** Where channels are the last axis, each element is of the next channel. */
  addColumns(values: Float32Array): void {
    const { squares, peaks, bad, channels } = this;
    let { channel, fourth } = this;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const square = value * value;
      // False for NaN, and for infinities alone: the square of a float32 is finite in float64.
      if (square < Infinity) {
        squares[channel]! += square;
        fourth += square * square;
        if (square > peaks[channel]!) peaks[channel] = square;
      } else bad[channel]!++;
      if (++channel === channels) channel = 0;
    }
    [this.channel, this.fourth] = [channel, fourth];
  }

  /** Where elements of a channel stand in a row. */
  addRuns(values: Float32Array): void {
    for (let done = 0; done < values.length;) {
      const end = Math.min(values.length, done + this.left);
      this.addRun(values, done, end);
      this.left -= end - done;
      done = end;
      if (this.left > 0) continue;
      this.channel = (this.channel + 1) % this.channels;
      this.left = this.inner;
    }
  }

  private addRun(values: Float32Array, start: number, end: number): void {
    let [sum, fourth, peak, bad] = [0, 0, this.peaks[this.channel]!, 0];
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      const square = value * value;
      if (square < Infinity) {
        sum += square;
        fourth += square * square;
        if (square > peak) peak = square;
      } else bad++;
    }
    this.squares[this.channel]! += sum;
    this.peaks[this.channel] = peak;
    this.bad[this.channel]! += bad;
    this.fourth += fourth;
  }

  /** The figures of a tensor of `size` elements, all of which were added. */
  result(size: number): WeightStatistics {
    const { squares, peaks, bad, channels } = this;
    const sum = (all: Float64Array): number => all.reduce((total, each) => total + each, 0);
    const nonFinite = sum(bad);
    const count = size - nonFinite;
    const square = count > 0 ? sum(squares) / count : 0;
    const ratios = peaks.map((peak, at) => (peak > 0 ? peak / (squares[at]! / (size / channels - bad[at]!)) : 0));
    return {
      nonFinite,
      largest: Math.sqrt(peaks.reduce((most, peak) => Math.max(most, peak), 0)),
      rms: Math.sqrt(square),
      kurtosis: square > 0 ? this.fourth / count / square ** 2 : 0,
      worstChannelPeak: Math.sqrt(ratios.reduce((most, ratio) => Math.max(most, ratio), 0)),
    };
  }
}
