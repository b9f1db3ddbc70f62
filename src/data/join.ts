/** Joins the samples of all inputs into one DataSource, with labels and a policy for samples that cannot be read. */
import { LapidaryError } from '../protocol/errors';
import { type Feeds } from '../runtime/port';
import { type Labels } from './labels';
import { type SampleSet } from './sampleSet';
import { type InputSlot } from './slot';
import { type DataSource, type Sample } from './source';
import { sweep } from './sweep';

/** How to join. */
export interface JoinOptions {
  readonly slots: readonly InputSlot[];
  /** What reports call the data, in place of its files. */
  readonly name?: string;
  readonly labels?: Labels;
  readonly skip?: number;
  readonly samples?: number;
  readonly onBadSample: 'stop' | 'skip';
  readonly log?: (message: string) => void;
  /** Outputs that become inputs of the next sample. */
  readonly state?: Readonly<Record<string, string>>;
}

/** One DataSource from the sets of all inputs. Throws when an input has no data or the sets differ in length. */
export function joinSets(sets: readonly SampleSet[], options: JoinOptions): DataSource {
  const { slots, labels, skip = 0, samples = Infinity, state } = options;
  const fed = new Set(sets.flatMap((set) => set.inputs));
  const hungry = slots.find((slot) => !fed.has(slot.name));
  if (hungry) {
    throw new LapidaryError('data', `There is no data for the input "${hungry.name}".`, {
      tensor: hungry.name,
      hint: 'Describe every input in a *.data.json; { "fill": 0 } gives one a constant.',
    });
  }
  const size = sizeOf(sets);
  if (labels && labels.classes.length !== size) {
    throw new LapidaryError('data', `There are ${labels.classes.length} labels (${labels.from}) for ${size} samples.`);
  }
  const kept = Math.max(0, Math.min(size - skip, samples));
  if (kept === 0) {
    throw new LapidaryError('data', `No sample is left: there are ${size}, of which ${skip} are skipped.`);
  }
  const read = async (index: number): Promise<Sample> => {
    const feeds: Record<string, Feeds[string]> = {};
    for (const set of sets) Object.assign(feeds, await set.read(set.constant || set.size === 1 ? 0 : index));
    const leading = sets.find((set) => set.size === size) ?? sets[0]!;
    const label = labels && { label: labels.classes[index] };
    return { name: leading.name(index), feeds, ...label, ...(leading.begins?.(index) && { begins: true }) };
  };
  return {
    description: descriptionOf(sets, options, size, kept),
    random: false,
    labelled: labels !== undefined,
    size: kept,
    ...(state && { state }),
    ...(labels?.count !== undefined && { classes: labels.count }),
    async *samples(start = 0, count = kept) {
      const end = skip + Math.min(kept, start + count);
      for (let index = skip + start; index < end; index++) {
        sweep();
        const sample = await readOrSkip(() => read(index), options);
        if (sample) yield sample;
      }
    },
  };
}

async function readOrSkip(read: () => Promise<Sample>, options: JoinOptions): Promise<Sample | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (options.onBadSample === 'stop' || !(thrown instanceof LapidaryError) || thrown.code !== 'data') throw thrown;
    options.log?.(`Skipped: ${thrown.message}`);
    return undefined;
  }
}

/** The length that all sets share; a set of one goes with every sample of the others. */
function sizeOf(sets: readonly SampleSet[]): number {
  const size = Math.max(0, ...sets.map((set) => set.size));
  const odd = sets.find((set) => set.size !== size && set.size !== 1);
  if (!odd) return size;
  throw new LapidaryError('data', `The inputs have different numbers of samples: ${odd.size} and ${size}.`, {
    tensor: odd.inputs[0],
  });
}

function descriptionOf(
  sets: readonly SampleSet[],
  { name, labels, skip = 0 }: JoinOptions,
  size: number,
  kept: number,
): string {
  const what = name === undefined ? [...new Set(sets.map((set) => set.what))].join(', ') : `${size} samples of ${name}`;
  const part = kept === size ? what : `${kept} of ${what}`;
  const after = skip > 0 ? `, from number ${skip + 1} on` : '';
  return `${part}${after}${labels ? `, labelled by ${labels.from}` : ''}`;
}
