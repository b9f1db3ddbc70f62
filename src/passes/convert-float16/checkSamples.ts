/** What a check runs on: the first samples, kept, since every conversion that is tried runs on them again. */
import { type DataSource, type Sample } from '../../data/source';
import { type Model } from '../../graph/model';
import { float32FromFloat16 } from '../../numerics/half';
import { type PassContext } from '../../pass/context';
import { samplesOrReason } from '../../pass/samples';
import { withStateOf } from '../../pass/statefulSamples';
import { type LapidaryError } from '../../protocol/errors';
import { type Feeds, type RuntimeTensor } from '../../runtime/port';

/** Samples that a check runs on. */
const sampleCount = 2;
/** Samples after which recurrent state is taken to have settled. */
const settledAfter = 32;
/** Weights beyond this are not copied into memory only to be checked. */
const largestModelBytes = 5e8;

/** A few samples in memory. */
export class CheckSamples implements DataSource {
  readonly labelled = false;

  constructor(
    private readonly kept: readonly Sample[],
    readonly description: string,
    readonly random: boolean,
  ) {}

  get size(): number {
    return this.kept.length;
  }

  /** Their inputs. */
  get feeds(): readonly Feeds[] {
    return this.kept.map(({ feeds }) => feeds);
  }

  samples(start = 0, count = this.size): AsyncIterable<Sample> {
    const chosen = this.kept.slice(start, start + count).values();
    return { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(chosen.next()) }) };
  }

  /** The first sample alone. */
  first(): CheckSamples {
    const description = this.size > 1 ? `the first of ${this.description}` : this.description;
    return new CheckSamples(this.kept.slice(0, 1), description, this.random);
  }

  /** No samples: a model is only loaded. */
  static readonly none = new CheckSamples([], 'nothing', true);
}

/** True when the weights alone rule out a run from memory. */
export function isTooLarge(model: Model): boolean {
  const { initializers } = model.graph;
  return [...initializers.values()].reduce((sum, { constant }) => sum + constant!.byteLength, 0) > largestModelBytes;
}

/** Inputs to check with: data when there is some, else random ones. A string says why there can be no check. */
export async function checkSamples(model: Model, context: PassContext): Promise<CheckSamples | string> {
  if (isTooLarge(model)) return 'it is too large to run within a pass';
  const source = await samplesOrReason(model, context, sampleCount);
  if (typeof source === 'string') return source;
  const samples: Sample[] = [];
  const { runtime } = context;
  if (source.state && runtime) {
    // The first, and one whose state has had time to grow.
    for await (const sample of withStateOf(model, source, runtime).samples(0, settledAfter)) samples[1] = sample;
    for await (const sample of source.samples(0, 1)) samples[0] = sample;
  } else for await (const sample of source.samples(0, sampleCount)) samples.push(sample);
  return new CheckSamples(samples, source.description, source.random);
}

/** Elements of a float tensor as float32. */
export function asFloats({ dataType, data }: RuntimeTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dataType === 'float16' && data instanceof Uint16Array) return float32FromFloat16(data);
  return new Float32Array();
}

/** The first line of a message, cut where it gets long: as part of a sentence. */
export function brief({ message }: LapidaryError): string {
  const [line = ''] = message.split('\n');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
