/**
 * A histogram of numbers that come in portions and whose range is not known beforehand. When a number lies outside,
 * bins double their width and merge in pairs, so memory stays what it is and no number is looked at twice. Widths are
 * powers of two: indices are exact, and merging moves no number across an edge.
 */

/** Bins in memory. Widths double, so at least a quarter of them, 2048, covers what was seen. */
export const histogramBins = 8192;

/** A finished histogram: bin i counts numbers in [start + i·width, start + (i + 1)·width). */
export interface HistogramView {
  /** Counts of the bins from the first to the last one that is not empty. */
  readonly counts: Float64Array;
  readonly start: number;
  readonly width: number;
  /** Smallest and largest number seen; 0 and 0 when none was. */
  readonly min: number;
  readonly max: number;
  /** How many numbers were counted. */
  readonly total: number;
}

/** Counts numbers as they come; infinities and NaN are counted apart. */
export class Histogram {
  private counts?: Float64Array;
  /** Index of the first bin in units of the width: bin k covers [k·width, (k + 1)·width). */
  private first = 0;
  private width = 0;
  /** Zeros that came before anything else: they do not tell what width to begin with. */
  private zeros = 0;
  private low = Infinity;
  private high = -Infinity;
  private counted = 0;
  /** Infinities and NaN that were passed over. */
  nonFinite = 0;

  /** `binned` false: only the smallest and the largest number are kept, which is quicker. */
  constructor(private readonly binned = true) {}

  get min(): number {
    return this.counted > 0 ? this.low : 0;
  }

  get max(): number {
    return this.counted > 0 ? this.high : 0;
  }

  /** Numbers counted so far. */
  get total(): number {
    return this.counted;
  }

  /** Takes in `values`; returns the smallest and the largest of them, undefined when none is finite. */
  add(values: Float32Array): readonly [min: number, max: number] | undefined {
    let low = Infinity;
    let high = -Infinity;
    let hasNaN = false;
    for (let i = 0; i < values.length; i++) {
      const x = values[i]!;
      // Rarely true: of a mix of zeros and others, the processor would guess `x < low` wrongly every other time.
      if (!(x >= low)) {
        if (x < low) low = x;
        else hasNaN = true;
      }
      if (x > high) high = x;
    }
    if (values.length === 0) return undefined;
    if (!(low > -Infinity && high < Infinity) || hasNaN) {
      const finite = values.filter(Number.isFinite);
      this.nonFinite += values.length - finite.length;
      return this.add(finite);
    }
    this.low = Math.min(this.low, low);
    this.high = Math.max(this.high, high);
    this.counted += values.length;
    if (this.binned) this.count(values, low, high);
    return [low, high];
  }

  /** The histogram so far, cut to what is in use. */
  view(): HistogramView {
    const { min, max, total, counts } = this;
    if (!counts) return { counts: Float64Array.of(this.zeros), start: 0, width: 1, min, max, total };
    let from = 0;
    let to = counts.length;
    while (from < to - 1 && counts[from] === 0) from++;
    while (to > from + 1 && counts[to - 1] === 0) to--;
    const start = (this.first + from) * this.width;
    return { counts: counts.slice(from, to), start, width: this.width, min, max, total };
  }

  private count(values: Float32Array, low: number, high: number): void {
    if (!this.counts) {
      if (low === 0 && high === 0) {
        this.zeros += values.length;
        return;
      }
      this.begin(low, high);
    }
    this.cover(low, high);
    const counts = this.counts!;
    const inverse = 1 / this.width;
    const { first } = this;
    for (let i = 0; i < values.length; i++) {
      // Never negative, so cutting off is rounding down.
      const bin = (values[i]! * inverse - first) | 0;
      counts[bin] = counts[bin]! + 1;
    }
  }

  /** A width with which the numbers, and 0, take up to half of the bins. */
  private begin(low: number, high: number): void {
    const span = Math.max(high, 0) - Math.min(low, 0);
    this.width = 2 ** Math.max(-1000, Math.ceil(Math.log2(span / (histogramBins / 2))));
    this.first = Math.floor(Math.min(low, 0) / this.width);
    this.counts = new Float64Array(histogramBins);
    if (this.zeros > 0) this.counts[-this.first] = this.zeros;
  }

  private cover(low: number, high: number): void {
    for (;;) {
      const [from, to] = [Math.floor(low / this.width), Math.floor(high / this.width)];
      if (from >= this.first && to < this.first + histogramBins) return;
      this.double(from);
    }
  }

  private double(from: number): void {
    const old = this.counts!;
    const merged = new Float64Array(histogramBins);
    const oldFirst = Math.floor(this.first / 2);
    // New room goes to the side that needs it.
    const lastUsed = Math.floor((this.first + histogramBins - 1) / 2);
    const first = from < this.first ? lastUsed - histogramBins + 1 : oldFirst;
    for (let i = 0; i < histogramBins; i++) {
      if (old[i] === 0) continue;
      const bin = Math.floor((this.first + i) / 2) - first;
      merged[bin] = merged[bin]! + old[i]!;
    }
    this.counts = merged;
    this.first = first;
    this.width *= 2;
  }
}
