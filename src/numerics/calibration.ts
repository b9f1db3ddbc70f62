/** From what values were seen to the range that is worth 8 bits: percentile, entropy, least squared error. */
import { type HistogramView } from './histogram';
import { type QuantizedRange } from './quantize';

/** A range of real numbers. */
export interface RealRange {
  readonly min: number;
  readonly max: number;
}

/** What a range will be used for. */
export interface RangeUse {
  readonly range: QuantizedRange;
  /** ±absmax around 0. */
  readonly symmetric: boolean;
}

const widened = ({ min, max }: RealRange): RealRange => ({ min: Math.min(min, 0), max: Math.max(max, 0) });

/** The histogram as if every number beyond `limits` had been at the limit. */
export function clippedTo(view: HistogramView, limits: RealRange): HistogramView {
  const { start, width, counts } = view;
  if (limits.min <= view.min && limits.max >= view.max) return view;
  const [min, max] = [view.min, view.max].map((value) => Math.min(limits.max, Math.max(limits.min, value)));
  const binOf = (value: number): number =>
    Math.min(counts.length - 1, Math.max(0, Math.floor((value - start) / width)));
  const [from, to] = [binOf(min!), binOf(max!)];
  const kept = new Float64Array(to - from + 1);
  counts.forEach((count, bin) => (kept[Math.min(to, Math.max(from, bin)) - from]! += count));
  return { ...view, counts: kept, start: start + from * width, min: min!, max: max! };
}

/** Everything that was seen. */
export function wholeRange({ min, max }: HistogramView): RealRange {
  return widened({ min, max });
}

/** The range that leaves out (100 − percentile)/2 % of the numbers on each side. */
export function percentileRange(view: HistogramView, percentile: number): RealRange {
  const { counts, start, width, total } = view;
  const tail = (total * (1 - percentile / 100)) / 2;
  let below = 0;
  let from = 0;
  while (from < counts.length - 1 && below + counts[from]! <= tail) below += counts[from++]!;
  let above = 0;
  let to = counts.length - 1;
  while (to > from && above + counts[to]! <= tail) above += counts[to--]!;
  return widened({ min: Math.max(view.min, start + from * width), max: Math.min(view.max, start + (to + 1) * width) });
}

/** Parts of the whole range that are tried as limits. */
const fractions = Array.from({ length: 48 }, (_, index) => 1 - index / 50);

/**
 * The range with the least mean squared error: both limits are drawn in together, then each by itself. With more
 * levels than bins, rounding is taken for uniform noise.
 */
export function leastErrorRange(view: HistogramView, use: RangeUse): RealRange {
  const whole = wholeRange(view);
  const sparse = sparseOf(view);
  const errorOf = (range: RealRange): number => squaredError(sparse, view.width, range, use);
  const best = (candidates: readonly RealRange[]): RealRange => {
    let [chosen, least] = [candidates[0]!, Infinity];
    for (const candidate of candidates) {
      const error = errorOf(candidate);
      if (error < least) [chosen, least] = [candidate, error];
    }
    return chosen;
  };
  const together = best(fractions.map((part) => ({ min: whole.min * part, max: whole.max * part })));
  if (use.symmetric || whole.min === 0 || whole.max === 0) return together;
  const below = best(fractions.map((part) => ({ min: whole.min * part, max: together.max })));
  return best(fractions.map((part) => ({ min: below.min, max: whole.max * part })));
}

interface Sparse {
  readonly centres: Float64Array;
  readonly counts: Float64Array;
}

/** Bins that hold something: their centres, kept within what was seen. */
function sparseOf({ counts, start, width, min, max }: HistogramView): Sparse {
  const used = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const sparse = { centres: new Float64Array(used), counts: new Float64Array(used) };
  let at = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin]!;
    if (count === 0) continue;
    const centre = start + (bin + 0.5) * width;
    // Zeros fill a bin of their own in most activations, and are exact whatever the scale.
    sparse.centres[at] = start + bin * width === 0 && min === 0 ? 0 : Math.min(max, Math.max(min, centre));
    sparse.counts[at++] = count;
  }
  return sparse;
}

function squaredError({ centres, counts }: Sparse, width: number, given: RealRange, use: RangeUse): number {
  const { qmin, qmax } = use.range;
  let { min, max } = given;
  if (use.symmetric) {
    max = Math.max(max, -min);
    min = -max;
  }
  const scale = (max - min) / (qmax - qmin);
  if (!(scale > 0)) return Infinity;
  const inverse = 1 / scale;
  const smooth = scale < 2 * width;
  const rounding = (scale * scale) / 12;
  let error = 0;
  for (let i = 0; i < centres.length; i++) {
    const x = centres[i]!;
    let difference: number;
    if (x < min) difference = x - min;
    else if (x > max) difference = x - max;
    else if (smooth) {
      error += counts[i]! * rounding;
      continue;
    } else difference = x - Math.round(x * inverse) * scale;
    error += counts[i]! * difference * difference;
  }
  return error;
}

/**
 * The range with the least relative entropy between what was seen and what is left of it after clipping and
 * quantizing. Source: S. Migacz, 8-bit Inference with TensorRT (GTC 2017), on the bins of both signs.
 */
export function entropyRange(view: HistogramView, use: RangeUse): RealRange {
  const whole = wholeRange(view);
  const levels = use.range.qmax - use.range.qmin + 1;
  const smooth = withoutZeros(view);
  const reach = Math.max(-whole.min, whole.max);
  if (levels > view.counts.length || reach === 0) return whole;
  let [chosen, least] = [whole, Infinity];
  for (const part of fractions) {
    const limit = reach * part;
    const range = { min: Math.max(whole.min, -limit), max: Math.min(whole.max, limit) };
    const divergence = divergenceOf(smooth, range, levels);
    if (divergence < least) [chosen, least] = [range, divergence];
  }
  return chosen;
}

/** Zeros, which a Relu makes by the million, are exact whatever the range: their bin counts as much as its neighbours. */
function withoutZeros(view: HistogramView): HistogramView {
  const { counts, start, width } = view;
  const zero = Math.floor(-start / width);
  if (!(zero >= 0 && zero < counts.length)) return view;
  const usual = Math.max(counts[zero - 1] ?? 0, counts[zero + 1] ?? 0);
  if (counts[zero]! <= usual) return view;
  const smooth = counts.slice();
  smooth[zero] = usual;
  return { ...view, counts: smooth, total: view.total - counts[zero]! + usual };
}

/** Σ p·log(p/q) over the bins within the range; p holds what is clipped in its outermost bins. */
function divergenceOf({ counts, start, width, total }: HistogramView, range: RealRange, levels: number): number {
  const from = Math.max(0, Math.floor((range.min - start) / width));
  const to = Math.min(counts.length, Math.ceil((range.max - start) / width));
  const size = to - from;
  if (size < levels) return Infinity;
  const reference = counts.slice(from, to);
  let inside = 0;
  for (const count of reference) inside += count;
  const sums = new Float64Array(levels);
  const used = new Float64Array(levels);
  const levelOf = (bin: number): number => Math.min(levels - 1, Math.floor((bin * levels) / size));
  for (let bin = 0; bin < size; bin++) {
    const count = reference[bin]!;
    if (count === 0) continue;
    const level = levelOf(bin);
    sums[level] = sums[level]! + count;
    used[level] = used[level]! + 1;
  }
  let below = 0;
  for (let bin = 0; bin < from; bin++) below += counts[bin]!;
  reference[0] = reference[0]! + below;
  reference[size - 1] = reference[size - 1]! + (total - inside - below);
  let divergence = 0;
  for (let bin = 0; bin < size; bin++) {
    const p = reference[bin]! / total;
    if (p === 0) continue;
    const level = levelOf(bin);
    // A bin that only clipping filled has nothing in q: as if one number in a million were there.
    const q = used[level]! > 0 ? sums[level]! / used[level]! / inside : 1e-6 / levels;
    divergence += p * Math.log(p / q);
  }
  return divergence;
}
