/** Samples for calibration and evaluation, read lazily one by one. */
import { type Feeds } from '../runtime/port';

/** One sample: an entry for every input of the model. */
export interface Sample {
  /** File name or index: names the sample in errors. */
  readonly name: string;
  readonly feeds: Feeds;
  /** Class index, when the data has labels. */
  readonly label?: number;
  /** True where a recording, or whatever is read in order, begins: state from before it is not carried on. */
  readonly begins?: boolean;
}

/** A data set bound to the inputs of a model. */
export interface DataSource {
  /** What it is, for reports: "436 images from imagenet/", "8 random samples". */
  readonly description: string;
  /** The description when only the first `count` samples were used: for sources that a job may cut short. */
  readonly describe?: (count: number) => string;
  /** Random data is marked as such: no claim about quality rests on it alone. */
  readonly random: boolean;
  readonly labelled: boolean;
  /** Number of classes, when the labels tell: a model with another number of scores has other classes. */
  readonly classes?: number;
  /** Recurrent state: outputs that become inputs of the next sample, by name; see CarriedState. */
  readonly state?: Readonly<Record<string, string>>;
  /** Number of samples. */
  readonly size: number;
  /** Samples from `start`, at most `count`. Each iteration starts anew and reads lazily. */
  samples(start?: number, count?: number): AsyncIterable<Sample>;
}

/** The first sample; undefined when none can be read. */
export async function firstSample(source: Pick<DataSource, 'samples'>): Promise<Sample | undefined> {
  for await (const sample of source.samples(0, 1)) return sample;
  return undefined;
}
