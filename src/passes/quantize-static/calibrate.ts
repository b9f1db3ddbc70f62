/** Learns ranges of activations by running the float model on samples: histograms, nothing else, are kept. */
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import {
  clippedTo,
  entropyRange,
  leastErrorRange,
  percentileRange,
  type RealRange,
  wholeRange,
} from '../../numerics/calibration';
import { Histogram, type HistogramView } from '../../numerics/histogram';
import { type PassContext } from '../../pass/context';
import { extremesIn, withExtremes } from '../../pass/extremes';
import { observeValues, type ObserveOptions } from '../../pass/observe';
import { LapidaryError } from '../../protocol/errors';
import { type InferenceRuntime, type RuntimeTensor } from '../../runtime/port';
import { observedValues, type StaticPlan } from './plan';
import { type Ranges } from './parameters';
import { rangeThatMatters } from './saturating';

/** What is computed between the values that are looked at may be fused. */
const quickest = { optimization: 'all' } as const;

/** Share of a new sample in the moving average of the smallest and the largest value (ONNX Runtime's default). */
const averaging = 0.01;

/** What was seen of one value. */
export interface Observation {
  readonly histogram: HistogramView;
  /** Moving average over samples of the smallest and the largest value. */
  readonly average: RealRange;
  /** Infinities and NaN that were passed over. */
  readonly nonFinite: number;
}

/** What was seen of every value, by name; each method makes its own ranges from it. */
export interface Calibration {
  readonly observations: ReadonlyMap<string, Observation>;
  /** Samples that were run. */
  readonly samples: number;
  readonly description: string;
  readonly random: boolean;
}

class Observer {
  private readonly histogram: Histogram;
  private average?: { min: number; max: number };

  constructor(binned: boolean) {
    this.histogram = new Histogram(binned);
  }

  see(values: Float32Array): void {
    const range = this.histogram.add(values);
    if (!range) return;
    const [min, max] = range;
    const { average } = this;
    if (!average) this.average = { min, max };
    else {
      average.min += averaging * (min - average.min);
      average.max += averaging * (max - average.max);
    }
  }

  result(): Observation {
    const { min, max } = this.average ?? { min: 0, max: 0 };
    const average = { min: Math.min(min, 0), max: Math.max(max, 0) };
    return { histogram: this.histogram.view(), average, nonFinite: this.histogram.nonFinite };
  }
}

/** How to calibrate. */
export interface CalibrateOptions extends Pick<PassContext, 'signal' | 'progress'> {
  readonly runtime: InferenceRuntime;
  readonly samples: DataSource;
  /** Samples to run, at most. */
  readonly count: number;
  /** False where only ranges will be asked for, by 'minmax' or 'moving-average': saves the histograms. */
  readonly histograms?: boolean;
}

/** Runs the plan's float model on the samples, once, and keeps a histogram of each value that may be quantized. */
export async function calibrate(plan: StaticPlan, options: CalibrateOptions): Promise<Calibration> {
  const { samples, count, histograms = true, progress } = options;
  const observers = new Map<string, Observer>();
  const names = observedValues(plan).map(({ name }) => name);
  const total = Math.min(count, samples.size);
  let seen = 0;
  const watched: Watched = {
    ...options,
    count: total,
    see: (name, numbers, sample) => {
      seen = Math.max(seen, sample + 1);
      let observer = observers.get(name);
      if (!observer) observers.set(name, (observer = new Observer(histograms)));
      if (numbers) observer.see(numbers);
    },
    onProgress: (fraction, sample) =>
      progress({ fraction: 0.15 + 0.6 * fraction, message: `Calibrating, sample ${sample + 1} of ${total}` }),
  };
  const rest = histograms ? names : await seeExtremes(plan, names, watched, (name) => observers.delete(name));
  if (rest.length > 0) await seeWhole(plan.model, rest, watched);
  if (seen === 0) throw new LapidaryError('data', 'Not one sample could be read to calibrate with.');
  const observations = new Map([...observers].map(([name, observer]) => [name, observer.result()]));
  return { observations, samples: seen, description: samples.description, random: samples.random };
}

interface Watched extends Pick<ObserveOptions, 'runtime' | 'samples' | 'count' | 'signal' | 'onProgress'> {
  /** Told the numbers of a value, or its two extremes; undefined for what is not float32. */
  readonly see: (name: string, numbers: Float32Array | undefined, sample: number) => void;
}

/** Shows every number of the values. */
function seeWhole(model: Model, names: readonly string[], { see, ...options }: Watched): Promise<void> {
  const onValue = (name: string, { data }: RuntimeTensor, sample: number): void =>
    see(name, data instanceof Float32Array ? data : undefined, sample);
  return observeValues(model, names, onValue, { ...options, session: quickest });
}

/**
 * Shows the extremes of the values, which the runtime finds faster than it hands all numbers over. Gives the names of
 * the values that have to be seen whole, after `forget` was called for them: those with infinities, NaN, or no elements.
 */
async function seeExtremes(
  plan: StaticPlan,
  names: readonly string[],
  { see, ...options }: Watched,
  forget: (name: string) => void,
): Promise<readonly string[]> {
  const neverBelow0 = plan.units.flatMap(({ clip, outputs }) => (clip && clip[0] >= 0 ? outputs[0]!.name : []));
  const { model: extended, output, places } = withExtremes(plan.model, names, new Set(neverBelow0));
  const odd = new Set(names);
  for (const { name } of places) odd.delete(name);
  const onExtremes = (_: string, { data }: RuntimeTensor, sample: number): void => {
    for (const each of places) {
      const extremes = extremesIn(data as Float32Array, each);
      if (!extremes) odd.add(each.name);
      else if (!odd.has(each.name)) see(each.name, extremes, sample);
    }
  };
  try {
    await observeValues(extended, output === undefined ? [] : [output], onExtremes, { ...options, session: quickest });
  } catch (thrown) {
    // A value without elements has no extremes.
    if (!(thrown instanceof LapidaryError) || thrown.code !== 'runtime-failed') throw thrown;
    names.forEach(forget);
    return names;
  }
  odd.forEach(forget);
  return [...odd];
}

/** Ways to get a range from what was seen. */
export type CalibrationMethod = 'minmax' | 'moving-average' | 'percentile' | 'entropy' | 'mse';

/** Ranges of all values by one method, fixed ones included. */
export function rangesBy(
  method: CalibrationMethod,
  { observations }: Pick<Calibration, 'observations'>,
  plan: Pick<StaticPlan, 'formats' | 'units' | 'model'>,
  percentile: number,
): Ranges {
  const { formats, units } = plan;
  const use = { range: formats.activationRange, symmetric: formats.symmetric };
  const ranges = new Map<string, RealRange>();
  const limits = new Map(observedValues(plan).map((value) => [value.name, rangeThatMatters(value)]));
  for (const [name, { histogram: whole, average }] of observations) {
    const limit = limits.get(name);
    const histogram = limit ? clippedTo(whole, limit) : whole;
    switch (method) {
      case 'minmax':
        ranges.set(name, wholeRange(histogram));
        break;
      case 'moving-average':
        ranges.set(name, average);
        break;
      case 'percentile':
        ranges.set(name, percentileRange(histogram, percentile));
        break;
      case 'entropy':
        ranges.set(name, entropyRange(histogram, use));
        break;
      case 'mse':
        ranges.set(name, leastErrorRange(histogram, use));
        break;
    }
  }
  for (const { rule, tail, outputs } of units) {
    if (!rule.fixedRange || tail) continue;
    const [min, max] = rule.fixedRange;
    for (const { name } of outputs) ranges.set(name, { min, max });
  }
  // A value that is only moved has the range of what it was.
  for (const { rule, node, outputs } of units) {
    const source = rule.role === 'move' ? ranges.get(node.input(0)!.name) : undefined;
    if (source) for (const { name } of outputs) ranges.set(name, source);
  }
  return ranges;
}
