/**
 * What a model gives on samples, kept as the yardstick for candidates that are made of it: whoever searches measures
 * dozens of them, and must neither read the samples nor run the model anew each time.
 */
import { CarriedState } from '../data/carriedState';
import { type DataSource } from '../data/source';
import { type Model } from '../graph/model';
import { LapidaryError } from '../protocol/errors';
import { type OutputQuality } from '../protocol/report';
import { type Feeds, type InferenceRuntime, type InferenceSession, type RuntimeTensor } from '../runtime/port';
import { openModelIn } from '../runtime/runnable';
import { throwIfCancelled } from './context';
import { isComparable, OutputMeter } from './outputMeter';

/** Inputs and outputs that are kept, at most; further samples are left out. */
const mostBytes = 512e6;

/** Which samples, and what runs them. */
export interface ReferenceOptions {
  readonly runtime: InferenceRuntime;
  readonly samples: DataSource;
  /** The first sample to take, and how many at most. */
  readonly start?: number;
  readonly count?: number;
  /** Samples are taken for so long, but at least so many (as far as there are): all of `count` without. */
  readonly budget?: { readonly ms: number; readonly least: number };
  readonly signal: AbortSignal;
  /** Told with the number of each sample, from 1, and how many there will be at most. */
  readonly onSample?: (sample: number, of: number) => void;
}

/** How far a candidate is from the model. */
export interface Fidelity {
  /** Least signal-to-quantization-noise ratio of the outputs, dB; Infinity when they are equal. */
  readonly sqnrDb: number;
  readonly outputs: readonly OutputQuality[];
  /** Shares of samples that both models classify right; only where the samples have labels. */
  readonly accuracy?: { readonly before: number; readonly after: number };
}

/** Samples by which candidates are told apart before they are measured on all. */
export interface HardSamples {
  /** Among those kept, the hardest first. */
  readonly indices: readonly number[];
  /** Power of each output over all samples … */
  readonly signals: readonly number[];
  /** … and the share of the error that these samples make. */
  readonly share: number;
}

interface Kept {
  readonly feeds: Feeds;
  readonly begins?: boolean;
  readonly outputs: Readonly<Record<string, RuntimeTensor>>;
  readonly label?: number;
}

/** The model's outputs on samples. */
export class Reference {
  private constructor(
    private readonly options: ReferenceOptions,
    private readonly kept: readonly Kept[],
    private readonly names: readonly string[],
  ) {}

  /** Runs `model`; throws `data` when not one sample can be read, `unsupported` when no output can be compared. */
  static async of(model: Model, options: ReferenceOptions): Promise<Reference> {
    const { samples, start = 0, count = samples.size, budget, signal } = options;
    const total = Math.min(count, Math.max(0, samples.size - start));
    return withSession(model, options.runtime, async (session) => {
      const names = session.outputs.filter(isComparable).map(({ name }) => name);
      if (names.length === 0) throw new LapidaryError('unsupported', 'No output can be compared as numbers.');
      const kept: Kept[] = [];
      let bytes = 0;
      const state = new CarriedState(samples.state);
      const started = performance.now();
      for await (const { feeds, label, begins } of samples.samples(start, total)) {
        throwIfCancelled(signal);
        if (budget && kept.length >= budget.least && performance.now() - started > budget.ms) break;
        options.onSample?.(kept.length + 1, total);
        const { results: outputs } = await state.run(session, { feeds, begins }, names);
        bytes += bytesOf(feeds) + bytesOf(outputs);
        if (kept.length > 0 && bytes > mostBytes) break;
        kept.push({ feeds, outputs, ...(begins && { begins }), ...(label !== undefined && { label }) });
      }
      if (kept.length === 0) throw new LapidaryError('data', 'Not one sample could be read.');
      return new Reference(options, kept, names);
    });
  }

  /** Samples that candidates are measured on. */
  get size(): number {
    return this.kept.length;
  }

  /** True when the inputs are made up: no claim about quality rests on them. */
  get random(): boolean {
    return this.options.samples.random;
  }

  /** Whether some samples have labels. */
  get labelled(): boolean {
    return this.kept.some(({ label }) => label !== undefined);
  }

  /** Inputs of the first sample. */
  get feeds(): Feeds {
    return this.kept[0]!.feeds;
  }

  /** Runs a candidate with the same inputs and outputs, as it would be run in earnest, and compares: on `most` samples. */
  async measure(candidate: Model, most = Infinity): Promise<Fidelity> {
    return this.fidelityOf(await this.compare(candidate, this.kept.slice(0, most)));
  }

  /** `measure` on all samples, and those that make most of the error: what candidates like this one fail on. */
  async measureWithHardest(candidate: Model, count: number): Promise<{ fidelity: Fidelity; hardest: HardSamples }> {
    const before = this.names.map(() => 0);
    const added: number[][] = [];
    const meters = await this.compare(candidate, this.kept, (each) => {
      added.push(each.map(({ power: { noise } }, output) => noise - before[output]!));
      each.forEach(({ power: { noise } }, output) => (before[output] = noise));
    });
    const signals = meters.map(({ power }) => power.signal);
    const worst = (noises: readonly number[]): number =>
      noises.reduce((most, noise, output) => Math.max(most, noise === 0 ? 0 : noise / signals[output]!), 0);
    const order = this.kept.map((_, index) => index);
    // Whoever carries a state from sample to sample cannot be run on some of them.
    if (!this.options.samples.state) order.sort((a, b) => worst(added[b]!) - worst(added[a]!));
    const indices = order.slice(0, count);
    const part = this.names.map((_, output) => indices.reduce((sum, index) => sum + added[index]![output]!, 0));
    const share = worst(part) / Math.max(worst(before), Number.MIN_VALUE);
    return { fidelity: this.fidelityOf(meters), hardest: { indices, signals, share } };
  }

  /** Whether a candidate keeps so many dB, as far as some samples tell: stops at the first that is too much. */
  async keeps(candidate: Model, sqnrDb: number, { indices, signals, share }: HardSamples): Promise<boolean> {
    const most = share * 10 ** (-sqnrDb / 10);
    let holds = true;
    await this.compare(
      candidate,
      indices.map((index) => this.kept[index]!),
      (meters) => {
        holds = meters.every(({ power: { noise } }, output) => noise <= most * signals[output]!);
        return holds;
      },
    );
    return holds;
  }

  /** Compares outputs sample by sample; `onSample` may end it with false. */
  private async compare(
    candidate: Model,
    kept: readonly Kept[],
    onSample: (meters: readonly OutputMeter[]) => boolean | void = () => true,
  ): Promise<readonly OutputMeter[]> {
    const meters = this.names.map((name) => new OutputMeter(name));
    await withSession(candidate, this.options.runtime, async (session) => {
      const state = new CarriedState(this.options.samples.state);
      for (const { feeds, begins, outputs, label } of kept) {
        throwIfCancelled(this.options.signal);
        const { results } = await state.run(session, { feeds, begins }, this.names);
        for (const meter of meters) meter.add(outputs[meter.name]!, results[meter.name]!, label);
        if (onSample(meters) === false) break;
      }
    });
    return meters;
  }

  private fidelityOf(meters: readonly OutputMeter[]): Fidelity {
    const outputs = meters.map((meter) => meter.result());
    const accuracy = meters.map((meter) => meter.accuracy).find((each) => each !== undefined);
    const sqnrDb = Math.min(...outputs.map((output) => output.sqnrDb ?? Infinity));
    return { sqnrDb, outputs, ...(accuracy && { accuracy }) };
  }
}

async function withSession<T>(
  model: Model,
  runtime: InferenceRuntime,
  use: (session: InferenceSession) => Promise<T>,
): Promise<T> {
  const session = await openModelIn(runtime, model, { threads: 0 });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

function bytesOf(tensors: Readonly<Record<string, RuntimeTensor>>): number {
  let bytes = 0;
  for (const { data } of Object.values(tensors)) bytes += 'byteLength' in data ? data.byteLength : 16 * data.length;
  return bytes;
}
