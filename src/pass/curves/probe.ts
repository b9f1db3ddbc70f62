/**
 * Tries changes of a model one after the other and measures what each does to its outputs. Values before a change are
 * calculated once per sample and kept; only what comes after runs again, in one session for all levels of a change.
 */
import { partOf } from '../../data/part';
import { type DataSource } from '../../data/source';
import { bitsOf } from '../../graph/dataType';
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { tensorType } from '../../graph/shape';
import { type Value } from '../../graph/value';
import { LapidaryError } from '../../protocol/errors';
import { type Feeds, type InferenceRuntime, type RuntimeTensor } from '../../runtime/port';
import { openModelIn } from '../../runtime/runnable';
import { throwIfCancelled } from '../context';
import { firstFeeds, observeValues, sizesOf, valuesOf } from '../observe';
import { isComparable, OutputMeter } from '../outputMeter';
import { type Fidelity } from '../reference';
import { suffixOf, type Suffix } from './suffix';

/** A change that can be made in several degrees. */
export interface Probe {
  /** Label of the node where it begins, for progress and errors. */
  readonly node: string;
  /** Edits a copy of the model so that inputs that it adds to the graph decide on the degree; gives those inputs. */
  readonly edit: (copy: Model) => readonly Value[];
  /** Those inputs for each degree; made when they are needed. */
  readonly levels: readonly (() => Feeds | Promise<Feeds>)[];
}

/** What a probe found: a comparison for each level, or why there is none, as a sentence. */
export type Probed = readonly Fidelity[] | string;

/** How to measure. */
export interface ProbeOptions {
  readonly runtime: InferenceRuntime;
  readonly samples: DataSource;
  readonly count: number;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number, node: string | undefined) => void;
  /** Milliseconds after which no further probe is begun. */
  readonly budgetMs?: number;
  /** Bytes of values that are kept at a time. */
  readonly keptBytes?: number;
}

const defaultKept = 256e6;

/** Measures each probe on its own, in the order given: those that matter most come first, should the time run out. */
export async function measureProbes(
  model: Model,
  probes: readonly Probe[],
  options: ProbeOptions,
): Promise<readonly Probed[]> {
  const { samples, keptBytes = defaultKept, budgetMs = Infinity } = options;
  const first = await firstFeeds(samples);
  if (!first) throw new LapidaryError('data', 'Not one sample could be read.');
  const count = Math.min(options.count, samples.size);
  const values = valuesOf(model);
  const sizeOf = sizesOf(model, values, first);
  const results: (Probed | undefined)[] = probes.map(() => undefined);
  const deadline = performance.now() + budgetMs;
  for (let at = 0; at < probes.length;) {
    throwIfCancelled(options.signal);
    if (at > 0 && performance.now() > deadline) break;
    const portion: Opened[] = [];
    const names = new Set<string>();
    let bytes = 0;
    for (; at < probes.length; at++) {
      const suffix = suffixFor(model, probes[at]!);
      if (typeof suffix === 'string') {
        results[at] = suffix;
        continue;
      }
      const own = [...suffix.boundary.map(({ name }) => name), ...suffix.outputs].filter((name) => !names.has(name));
      const more = own.reduce((sum, name) => sum + sizeOf(name), 0);
      if (portion.length > 0 && (bytes + more) * count > keptBytes) break;
      for (const name of own) names.add(name);
      bytes += more;
      portion.push({ index: at, probe: probes[at]!, suffix, meters: undefined });
    }
    const batch = samples.state ? count : Math.max(1, Math.min(count, Math.floor(keptBytes / Math.max(1, bytes))));
    for (let start = 0; start < count; start += batch) {
      const kept = await Kept.of(model, [...names], partOf(samples, start, Math.min(batch, count - start)), options);
      for (const opened of portion) {
        const isLate = opened.index > 0 && performance.now() > deadline;
        if (opened.meters === undefined && (start > 0 || isLate)) continue;
        options.onProgress(opened.index / probes.length, opened.probe.node);
        await measureOne(opened, kept, options);
      }
    }
    for (const { index, meters } of portion) if (meters) results[index] = meters.map(fidelityOf);
  }
  return results.map((result) => result ?? 'The time that was given ran out before it could be measured.');
}

/** A probe with its part of the model and what was measured so far: for each level, by the name of the output. */
interface Opened {
  readonly index: number;
  readonly probe: Probe;
  readonly suffix: Suffix;
  meters: ReadonlyMap<string, OutputMeter>[] | undefined;
}

/** The part of a model that a probe changes, or why it cannot be taken apart there. */
function suffixFor(model: Model, probe: Probe): Suffix | string {
  const copy = cloneModel(model);
  const suffix = suffixOf(copy, probe.edit(copy));
  if (suffix.outputs.length === 0) return 'No output of the model depends on it.';
  const strange = suffix.boundary.find(
    ({ type }) => type && (type.kind !== 'tensor' || bitsOf(type.dataType) < 8 || type.dataType === 'string'),
  );
  return strange ? `"${strange.name}", which it needs, cannot be taken out of the model.` : suffix;
}

/** Values of some samples. */
class Kept {
  private constructor(
    readonly samples: readonly ReadonlyMap<string, RuntimeTensor>[],
    readonly labels: readonly (number | undefined)[],
  ) {}

  static async of(
    model: Model,
    names: readonly string[],
    samples: DataSource,
    { runtime, signal }: ProbeOptions,
  ): Promise<Kept> {
    const kept: Map<string, RuntimeTensor>[] = [];
    const labels: (number | undefined)[] = [];
    const watched: DataSource = {
      ...samples,
      async *samples(start, count) {
        labels.length = 0;
        for await (const sample of samples.samples(start, count)) {
          labels.push(sample.label);
          yield sample;
        }
      },
    };
    const keep = (name: string, tensor: RuntimeTensor, sample: number): void => {
      (kept[sample] ??= new Map<string, RuntimeTensor>()).set(name, tensor);
    };
    await observeValues(model, names, keep, { runtime, samples: watched, signal, portionBytes: Infinity });
    return new Kept(kept, labels);
  }

  /** Element type and the dimensions that are the same in all samples. */
  typeOf(name: string): ReturnType<typeof tensorType> {
    const all = this.samples.map((values) => values.get(name)!);
    const [{ dataType, shape }] = all as [RuntimeTensor];
    const dims = shape.map((dim, axis) => (all.every((other) => other.shape[axis] === dim) ? dim : null));
    return tensorType(dataType, dims);
  }
}

async function measureOne(opened: Opened, kept: Kept, { runtime, signal }: ProbeOptions): Promise<void> {
  const { probe, suffix } = opened;
  for (const value of suffix.boundary) value.type = kept.typeOf(value.name);
  const session = await openModelIn(runtime, suffix.model, { threads: 0 });
  try {
    const names = session.outputs.filter(isComparable).map(({ name }) => name);
    opened.meters ??= probe.levels.map(() => new Map(names.map((name) => [name, new OutputMeter(name)])));
    for (const [level, feedsOf] of probe.levels.entries()) {
      const extra = await feedsOf();
      for (const [index, values] of kept.samples.entries()) {
        throwIfCancelled(signal);
        const before = Object.fromEntries(suffix.boundary.map(({ name }) => [name, values.get(name)!]));
        const results = await session.run({ ...before, ...extra }, names);
        for (const [name, meter] of opened.meters[level]!) {
          meter.add(values.get(name)!, results[name]!, kept.labels[index]);
        }
      }
    }
  } finally {
    await session.close();
  }
}

function fidelityOf(meters: ReadonlyMap<string, OutputMeter>): Fidelity {
  const all = [...meters.values()];
  const outputs = all.map((meter) => meter.result());
  const accuracy = all.map((meter) => meter.accuracy).find((each) => each !== undefined);
  const sqnrDb = Math.min(...outputs.map((output) => output.sqnrDb ?? Infinity));
  return { sqnrDb, outputs, ...(accuracy && { accuracy }) };
}
