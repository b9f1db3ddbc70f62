/** What a layer reads: the range of each channel over all samples, and a few samples to try scales on. */
import { countElements } from '../../graph/shape';
import { bytesOf, toFloat32 } from '../../numerics/elements';
import { type GroupSide } from '../../pass/channels/groups';
import { type RuntimeTensor } from '../../runtime/port';

/** Elements that are kept of one value, at most; one sample is kept whatever its size. */
const mostKept = 1 << 17;

/** Values of a tensor with its shape. */
export interface Sampled {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Ranges of the channels of one value. */
export class Ranges {
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Samples of the first shape that came by. */
  readonly samples: Sampled[] = [];
  private kept = 0;

  constructor(
    private readonly axis: number,
    private readonly channels: number,
  ) {
    this.low = new Float32Array(channels);
    this.high = new Float32Array(channels);
  }

  /** For the value that a layer reads. */
  static of({ axis, roots }: GroupSide): Ranges {
    return new Ranges(axis, roots.length);
  }

  add({ dataType, shape, data }: RuntimeTensor): void {
    if (!ArrayBuffer.isView(data) || shape[this.axis] !== this.channels) return;
    const values = toFloat32(dataType, bytesOf(data), data.length);
    const inner = countElements(shape.slice(this.axis + 1));
    const { low, high, channels } = this;
    for (let start = 0, row = 0; start < values.length; start += inner, row++) {
      const channel = row % channels;
      for (let i = start; i < start + inner; i++) {
        const value = values[i]!;
        if (value < low[channel]!) low[channel] = value;
        if (value > high[channel]!) high[channel] = value;
      }
    }
    const fits = this.samples.length === 0 || this.kept + values.length <= mostKept;
    if (!fits) return;
    this.kept += values.length;
    this.samples.push({ shape: [...shape], values: values.slice() });
  }

  /** Largest magnitude of a channel. */
  most(channel: number): number {
    return Math.max(-this.low[channel]!, this.high[channel]!);
  }
}
