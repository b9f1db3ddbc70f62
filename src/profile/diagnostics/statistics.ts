/** Figures of a weight in one pass over its elements, a few megabytes at a time. */
import { FloatReader } from '../../graph/floatPieces';
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
  /** Largest element of the widest channel over that of the median channel. */
  readonly channelSpread: number;
}

/** Reads a float weight; `breathe` is awaited between pieces. */
export async function statisticsOf(
  tensor: Tensor,
  channelAxis: number,
  breathe: () => Promise<void>,
): Promise<WeightStatistics> {
  const { shape, size } = tensor;
  const channels = shape[channelAxis] ?? 1;
  const inner = shape.slice(channelAxis + 1).reduce((product, dim) => product * dim, 1);
  const [squares, peaks] = [new Float64Array(channels), new Float64Array(channels)];
  const counts = new Float64Array(channels);
  let [nonFinite, fourth] = [0, 0];
  // Where in the tensor: which channel, and how far it is to the next.
  let [channel, left] = [0, inner];
  for (const { values } of new FloatReader(tensor).pieces()) {
    for (let done = 0; done < values.length;) {
      const end = Math.min(values.length, done + left);
      let [sum, peak, bad] = [0, peaks[channel]!, 0];
      for (let i = done; i < end; i++) {
        const value = values[i]!;
        // True for NaN and infinities alone.
        if (value - value !== 0) {
          bad++;
          continue;
        }
        const square = value * value;
        sum += square;
        fourth += square * square;
        if (value > peak) peak = value;
        else if (-value > peak) peak = -value;
      }
      squares[channel]! += sum;
      counts[channel]! += end - done - bad;
      peaks[channel] = peak;
      nonFinite += bad;
      left -= end - done;
      done = end;
      if (left === 0) [channel, left] = [(channel + 1) % channels, inner];
    }
    await breathe();
  }
  const count = size - nonFinite;
  const total = squares.reduce((sum, each) => sum + each, 0);
  const rms = count > 0 ? Math.sqrt(total / count) : 0;
  const ratios = peaks.map((peak, at) => (peak > 0 ? peak / Math.sqrt(squares[at]! / counts[at]!) : 0));
  const sorted = peaks.slice().sort();
  const median = sorted[sorted.length >> 1] ?? 0;
  const largest = sorted.at(-1) ?? 0;
  return {
    nonFinite,
    largest,
    rms,
    kurtosis: rms > 0 ? fourth / count / rms ** 4 : 0,
    worstChannelPeak: ratios.reduce((most, ratio) => Math.max(most, ratio), 0),
    channelSpread: median > 0 ? largest / median : 1,
  };
}
