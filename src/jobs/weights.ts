/** `weights`: what the numbers in some tensors look like. Reads these tensors, a few megabytes at a time. */
import { type Graph } from '../graph/graph';
import { type Tensor } from '../graph/tensor';
import { Histogram, type HistogramView } from '../numerics/histogram';
import { FloatReader } from '../pass/floatPieces';
import { constantsOf } from '../profile/parameters';
import { type WeightReport, type WeightsReport, type WeightsRequest } from '../protocol/weights';
import { type JobContext } from './context';
import { openModel } from './modelFile';
import { breathe } from '../pass/context';

/** Bins that are shown. */
const shownBins = 64;

/** Beyond so many standard deviations an element is an outlier. */
const outlierDeviations = 6;

/** Describes tensors of one model; names that it has not are left out. */
export async function weights({ path, names }: WeightsRequest, context: JobContext): Promise<WeightsReport> {
  const known = constantsByName(openModel(path).graph);
  const tensors: WeightReport[] = [];
  for (const name of names) {
    await breathe(context.signal);
    const tensor = known.get(name);
    if (tensor && tensor.size > 0 && hasNumbers(tensor)) tensors.push(describe(name, tensor));
  }
  return { tensors };
}

const hasNumbers = ({ data, dataType }: Tensor): boolean => data.kind !== 'strings' && !dataType.startsWith('complex');

/** Constants by name, bodies included; the first of equal names. */
function constantsByName(graph: Graph): ReadonlyMap<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const [{ name }, tensor] of constantsOf(graph)) if (!found.has(name)) found.set(name, tensor);
  return found;
}

/** Statistics of one tensor, in one pass over it. */
export function describe(name: string, tensor: Tensor): WeightReport {
  const histogram = new Histogram();
  let [sum, squares, zeros] = [0, 0, 0];
  for (const { values } of new FloatReader(tensor).pieces()) {
    histogram.add(values);
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      if (x === 0) zeros++;
      // NaN and infinities would spoil the sums; they are counted by the histogram.
      if (x - x !== 0) continue;
      sum += x;
      squares += x * x;
    }
  }
  const { min, max, total, nonFinite } = histogram;
  const mean = total > 0 ? sum / total : 0;
  const std = total > 0 ? Math.sqrt(Math.max(0, squares / total - mean * mean)) : 0;
  const view = histogram.view();
  return {
    name,
    min,
    max,
    mean,
    std,
    zeros: zeros / tensor.size,
    outliers: total > 0 ? beyond(view, mean, outlierDeviations * std) / total : 0,
    nonFinite,
    histogram: rebinned(view),
  };
}

/** Elements in bins that lie wholly further than `distance` from `mean`. */
function beyond({ counts, start, width }: HistogramView, mean: number, distance: number): number {
  let count = 0;
  for (let i = 0; i < counts.length; i++) {
    const [low, high] = [start + i * width, start + (i + 1) * width];
    if (low > mean + distance || high < mean - distance) count += counts[i]!;
  }
  return count;
}

/** Counts of a few bins from the smallest to the largest number. */
function rebinned({ counts, start, width, min, max }: HistogramView): number[] {
  const bins = new Array<number>(shownBins).fill(0);
  const span = max - min;
  for (let i = 0; i < counts.length; i++) {
    const middle = start + (i + 0.5) * width;
    const bin = span > 0 ? Math.floor(((middle - min) / span) * shownBins) : 0;
    const place = Math.min(shownBins - 1, Math.max(0, bin));
    bins[place] = bins[place]! + counts[i]!;
  }
  return bins;
}
