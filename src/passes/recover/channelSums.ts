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

  /** Between what channel `c` reads and what it is to give; 0 where one of them does not vary. */
  correlation(c: number): number {
    const { input, target } = this.channel(c);
    const covariance = this.xt[c]! / this.count - input.mean * target.mean;
    const scale = Math.sqrt(input.variance * target.variance);
    return scale > 0 ? covariance / scale : 0;
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
