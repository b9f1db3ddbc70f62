/** Mean and standard deviation of each channel before a Relu. */
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { constantInput } from '../../pass/channels/constant';
import { type RuntimeTensor } from '../../runtime/port';
import { type Candidate } from './find';

/** How the values of each channel are spread. */
export interface Spread {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** What a batch norm says by itself: its outputs have mean β and deviation |γ|. */
export function normSpread({ value }: Candidate): Spread | undefined {
  const node = value.producer;
  if (!node?.is('BatchNormalization')) return undefined;
  const [gamma, beta] = [constantInput(node, 1), constantInput(node, 2)];
  if (!gamma || !beta) return undefined;
  return { mean: Float64Array.from(beta.read()), deviation: Float64Array.from(gamma.read(), Math.abs) };
}

/** Sums over samples, from which the spread follows. */
export class SpreadMeter {
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private count = 0;

  constructor(
    private readonly axis: number,
    private readonly channels: number,
  ) {
    this.sums = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  add({ dataType, shape, data }: RuntimeTensor): void {
    if (!ArrayBuffer.isView(data) || shape[this.axis] !== this.channels) return;
    const values = toFloat32(dataType, bytesOf(data), data.length);
    const inner = shape.slice(this.axis + 1).reduce((product, dim) => product * dim, 1);
    for (let start = 0, row = 0; start < values.length; start += inner, row++) {
      const channel = row % this.channels;
      let [sum, square] = [0, 0];
      for (let i = start; i < start + inner; i++) {
        const value = values[i]!;
        sum += value;
        square += value * value;
      }
      this.sums[channel] = this.sums[channel]! + sum;
      this.squares[channel] = this.squares[channel]! + square;
    }
    this.count += values.length / this.channels;
  }

  result(): Spread | undefined {
    const { count } = this;
    if (count === 0) return undefined;
    const mean = this.sums.map((sum) => sum / count);
    const deviation = this.squares.map((square, channel) =>
      Math.sqrt(Math.max(0, square / count - mean[channel]! ** 2)),
    );
    return { mean, deviation };
  }
}
