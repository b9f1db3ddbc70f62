/** How far two models' outputs are apart, streamed: sums are kept, outputs are not. */
import { bitsOf, familyOf } from '../graph/dataType';
import { float32FromBfloat16, float32FromFloat16 } from '../numerics/half';
import { type OutputQuality } from '../protocol/report';
import { type PortInfo, type RuntimeTensor, type TensorElements } from '../runtime/port';

type Numbers = Exclude<TensorElements, readonly string[] | BigInt64Array | BigUint64Array>;

/** Reported in place of an infinite signal-to-noise ratio that is bad: signal none, noise some. JSON has no infinity. */
const worstSqnr = -200;

/** Rows longer than this are signals, not class scores. */
const mostClasses = 50_000;

/** True for outputs that can be fetched and compared as numbers. */
export function isComparable({ dataType }: PortInfo): boolean {
  if (dataType === undefined) return false;
  return bitsOf(dataType) >= 8 && ['float', 'int', 'uint', 'bool'].includes(familyOf(dataType));
}

/** Running comparison of one output over all samples. */
export class OutputMeter {
  private signal = 0;
  private noise = 0;
  private other = 0;
  private product = 0;
  private largest = 0;
  private samples = 0;
  private agreeing = 0;
  private labelled = 0;
  private largestLabel = -1;
  private readonly hits = { before: 0, after: 0 };
  private classes: number | undefined;
  private classLike = true;
  /** Elements that are NaN or infinite on one side and different on the other. */
  private nonFinite = { before: 0, after: 0 };
  /** Samples for which the two models gave outputs of different shapes. */
  private misshapen = 0;

  constructor(readonly name: string) {}

  /** Compares the outputs of one sample; `label` is its class, where known. */
  add(before: RuntimeTensor, after: RuntimeTensor, label?: number): void {
    if (before.shape.join() !== after.shape.join()) {
      this.misshapen++;
      return;
    }
    this.samples++;
    const [x, y] = [numbersOf(before), numbersOf(after)];
    this.compare(x, y);
    this.compareClasses(x, y, before.shape, label);
  }

  /** The figures so far. SQNR = 20·log10(‖x‖/‖x−y‖); cosine = x·y/(‖x‖‖y‖), both over all samples at once. */
  result(): OutputQuality {
    const norms = Math.sqrt(this.signal) * Math.sqrt(this.other);
    const cosine = norms === 0 ? 0 : Math.min(1, Math.max(-1, this.product / norms));
    const { before, after } = this.nonFinite;
    return {
      name: this.name,
      cosine: this.noise === 0 ? 1 : cosine,
      sqnrDb: this.noise === 0 ? null : Math.max(worstSqnr, 10 * Math.log10(this.signal / this.noise)),
      maxAbsError: this.largest,
      ...(this.looksLikeClasses && { top1Agreement: this.agreeing / this.samples }),
      ...(before + after > 0 && { nonFinite: this.nonFinite }),
      ...(this.misshapen > 0 && { misshapenSamples: this.misshapen }),
    };
  }

  /** Sums of squares so far: of the outputs, and of what they are apart. */
  get power(): { readonly signal: number; readonly noise: number } {
    return { signal: this.signal, noise: this.noise };
  }

  /** Whether every sample so far was one row of at least two scores. */
  get looksLikeClasses(): boolean {
    return this.classLike && this.samples > 0;
  }

  /** How many scores there are, when they look like classes. */
  get classCount(): number | undefined {
    return this.looksLikeClasses ? this.classes : undefined;
  }

  /** Shares of samples whose best score is at their label; undefined unless this output can score these labels. */
  get accuracy(): { readonly before: number; readonly after: number } | undefined {
    const { labelled, classCount, largestLabel, hits } = this;
    if (labelled === 0 || classCount === undefined || largestLabel >= classCount) return undefined;
    return { before: hits.before / labelled, after: hits.after / labelled };
  }

  private compare(x: Numbers, y: Numbers): void {
    let [signal, noise, other, product, largest] = [0, 0, 0, 0, this.largest];
    for (let i = 0; i < x.length; i++) {
      const [a, b] = [x[i]!, y[i]!];
      const error = a - b;
      // NaN or infinite on a side: counted, and kept out of sums that it would make meaningless.
      if (error - error !== 0) {
        if (Object.is(a, b)) continue; // the same infinity, or NaN, on both sides
        if (!Number.isFinite(a)) this.nonFinite.before++;
        if (!Number.isFinite(b)) this.nonFinite.after++;
        continue;
      }
      signal += a * a;
      noise += error * error;
      other += b * b;
      product += a * b;
      if (error > largest) largest = error;
      else if (-error > largest) largest = -error;
    }
    this.signal += signal;
    this.noise += noise;
    this.other += other;
    this.product += product;
    this.largest = largest;
  }

  private compareClasses(x: Numbers, y: Numbers, shape: readonly number[], label: number | undefined): void {
    const wide = shape.filter((dim) => dim !== 1);
    const count = wide[0];
    const stable = this.classes === undefined || this.classes === count;
    if (
      !this.classLike ||
      wide.length !== 1 ||
      count === undefined ||
      count < 2 ||
      count > mostClasses ||
      shape.length < 2 ||
      !stable
    ) {
      this.classLike = false;
      return;
    }
    this.classes = count;
    const [first, second] = [argMax(x), argMax(y)];
    if (first === second) this.agreeing++;
    if (label === undefined) return;
    this.labelled++;
    this.largestLabel = Math.max(this.largestLabel, label);
    if (first === label) this.hits.before++;
    if (second === label) this.hits.after++;
  }
}

/** Index of the largest number; the first of equals; NaN never wins. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    const [candidate, champion] = [values[i]!, values[best]!];
    if (candidate > champion || (Number.isNaN(champion) && !Number.isNaN(candidate))) best = i;
  }
  return best;
}

/** Elements as numbers, whatever they are stored as. */
export function numbersOf({ data, dataType }: RuntimeTensor): Numbers {
  if (dataType === 'float16') return float32FromFloat16(data as Uint16Array);
  if (dataType === 'bfloat16') return float32FromBfloat16(data as Uint16Array);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return data as Numbers;
}
