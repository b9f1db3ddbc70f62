/** Sums over rows of channels, of what a node reads (x) and of what it is to give (t): no memory but for them. */

/** Mean and variance over all rows. */
export interface Spread {
  readonly mean: number;
  readonly variance: number;
}

/** Σx, Σx², Σt, Σt², Σxt for each channel. */
export class ChannelSums {
  /** Rows so far. */
  count = 0;
  readonly x: Float64Array;
  readonly xx: Float64Array;
  readonly t: Float64Array;
  readonly tt: Float64Array;
  readonly xt: Float64Array;

  constructor(readonly channels: number) {
    const zeros = (): Float64Array => new Float64Array(channels);
    [this.x, this.xx, this.t, this.tt, this.xt] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  }

  /** Adds rows × channels of both. */
  add(inputs: ArrayLike<number>, targets: ArrayLike<number>): void {
    const { channels } = this;
    for (let at = 0; at < inputs.length; at++) {
      const [c, x, t] = [at % channels, inputs[at]!, targets[at]!];
      this.x[c]! += x;
      this.xx[c]! += x * x;
      this.t[c]! += t;
      this.tt[c]! += t * t;
      this.xt[c]! += x * t;
    }
    this.count += inputs.length / channels;
  }

  /** What channel `c` holds. */
  channel(c: number): { readonly input: Spread; readonly target: Spread } {
    return {
      input: spreadOf(this.x[c]!, this.xx[c]!, this.count),
      target: spreadOf(this.t[c]!, this.tt[c]!, this.count),
    };
  }

  /** Variance of the targets, summed over the channels. */
  spread(): number {
    return this.t.reduce((sum, _, c) => sum + this.channel(c).target.variance, 0);
  }

  /** E‖t − (slope·x + offset)‖², summed over the channels. */
  error(slope: Float64Array, offset: Float64Array): number {
    const { count, x, xx, t, tt, xt } = this;
    let sum = 0;
    for (let c = 0; c < this.channels; c++) {
      const [a, b] = [slope[c]!, offset[c]!];
      sum += tt[c]! + a * a * xx[c]! + 2 * a * b * x[c]! - 2 * a * xt[c]! - 2 * b * t[c]!;
    }
    return Math.max(0, sum / count + offset.reduce((squares, b) => squares + b * b, 0));
  }
}

/** The sums over the rows of both. */
export function togetherChannels(a: ChannelSums, b: ChannelSums): ChannelSums {
  const sums = new ChannelSums(a.channels);
  sums.count = a.count + b.count;
  for (const key of ['x', 'xx', 't', 'tt', 'xt'] as const) {
    sums[key].forEach((_, c) => (sums[key][c] = a[key][c]! + b[key][c]!));
  }
  return sums;
}

function spreadOf(sum: number, squares: number, count: number): Spread {
  const mean = sum / count;
  return { mean, variance: Math.max(0, squares / count - mean * mean) };
}
