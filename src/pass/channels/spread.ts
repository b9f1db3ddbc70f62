/** Mean and standard deviation of each channel of a value, over all samples. */
import { countElements } from '../../graph/shape';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { type RuntimeTensor } from '../../runtime/port';

/** How the values of each channel are spread. */
export interface Spread {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** Smallest value that was seen; undefined where only statistics are known. */
  readonly lowest?: Float64Array;
}

/** Sums over samples, from which the spread follows. */
export class SpreadMeter {
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private readonly lowest: Float64Array;
  private count = 0;

  constructor(
    /** Axis of the channels; negative counts from the end. */
    private readonly axis: number,
    private readonly channels: number,
  ) {
    this.sums = new Float64Array(channels);
    this.squares = new Float64Array(channels);
    this.lowest = new Float64Array(channels).fill(Infinity);
  }

  /** Takes in a sample; one that has another number of channels is passed over. */
  add({ dataType, shape, data }: RuntimeTensor): void {
    const axis = this.axis < 0 ? this.axis + shape.length : this.axis;
    if (!ArrayBuffer.isView(data) || shape[axis] !== this.channels) return;
    const values = toFloat32(dataType, bytesOf(data), data.length);
    const inner = countElements(shape.slice(axis + 1));
    for (let start = 0, row = 0; start < values.length; start += inner, row++) {
      const channel = row % this.channels;
      let [sum, square, low] = [0, 0, this.lowest[channel]!];
      for (let i = start; i < start + inner; i++) {
        const value = values[i]!;
        sum += value;
        square += value * value;
        if (value < low) low = value;
      }
      this.sums[channel] = this.sums[channel]! + sum;
      this.squares[channel] = this.squares[channel]! + square;
      this.lowest[channel] = low;
    }
    this.count += values.length / this.channels;
  }

  /** Undefined when there was no sample. */
  result(): Spread | undefined {
    const { count } = this;
    if (count === 0) return undefined;
    const mean = this.sums.map((sum) => sum / count);
    const deviation = this.squares.map((square, channel) =>
      Math.sqrt(Math.max(0, square / count - mean[channel]! ** 2)),
    );
    return { mean, deviation, lowest: this.lowest };
  }
}
