/** Compares rewritten models with the original on random inputs. */
import { type Model } from '../../graph/model';
import { encodeModel } from '../../graph/toOnnx';
import { type PassContext } from '../context';
import { LapidaryError } from '../../protocol/errors';
import { type InferenceRuntime, type InferenceSession } from '../../runtime/port';
import { randomNode } from '../../operators/purity';
import { type Reference, referencesOf } from './references';
import { agreement, nudged, type Verdict, verdictOn } from './verdict';

/** Below this (dB) nothing passes as rounding. */
const least = 40;
/** One rounding at the inputs stands for one in every layer (dB). */
const margin = 10;

/** Random inputs and what the original makes of them. */
export class Judge {
  /** Bytes of the original and of the model compared last, as files with their weights inside. */
  readonly fileBytes = { before: 0, after: 0 };
  /** dB that were enough for a model whose own outputs change by more when its inputs are rounded once. */
  settledFor?: number;
  private readonly ownAgreements = new Map<Reference, Promise<number>>();

  private constructor(
    private readonly model: Model,
    private readonly runtime: InferenceRuntime | undefined,
    private readonly references: readonly Reference[],
    private readonly minSqnr: number,
    /** Why nothing can be compared; undefined when it can. */
    readonly reason?: string,
  ) {}

  /** Runs the original on two sets of inputs, of different sizes where dimensions are dynamic. */
  static async of(model: Model, context: PassContext, minSqnr: number): Promise<Judge> {
    const { runtime } = context;
    const drawing = randomNode(model);
    if (drawing) return new Judge(model, undefined, [], minSqnr, `node "${drawing}" draws random numbers`);
    if (!runtime) return new Judge(model, undefined, [], minSqnr, 'there is no runtime');
    try {
      const bytes = encodeModel(model);
      const session = await runtime.open(bytes, { optimization: 'basic' });
      try {
        const references = await referencesOf(session, model, context);
        const reason = await restless(session, references, minSqnr);
        const judge = reason
          ? new Judge(model, undefined, [], minSqnr, reason)
          : new Judge(model, runtime, references, minSqnr);
        judge.fileBytes.before = bytes.length;
        return judge;
      } finally {
        await session.close();
      }
    } catch (thrown) {
      const error = LapidaryError.from(thrown);
      if (error.code === 'cancelled' || error.code === 'internal') throw error;
      return new Judge(
        model,
        undefined,
        [],
        minSqnr,
        `the original does not run here, ${error.message.split('\n')[0]}`,
      );
    }
  }

  /** A model that no longer runs differs. */
  private async compare(model: Model): Promise<Verdict> {
    if (!this.runtime) return 'unknown';
    try {
      const bytes = encodeModel(model);
      this.fileBytes.after = bytes.length;
      const session = await this.runtime.open(bytes, { optimization: 'basic' });
      try {
        for (const reference of this.references) {
          const actual = await session.run(reference.feeds);
          const verdict = verdictOn(reference.outputs, actual, this.minSqnr);
          if (verdict === 'equal') continue;
          const enough = await this.enoughFor(this.runtime, reference);
          if (enough >= this.minSqnr || verdictOn(reference.outputs, actual, enough) !== 'equal') return verdict;
          this.settledFor = Math.min(this.settledFor ?? enough, enough);
        }
        return 'equal';
      } finally {
        await session.close();
      }
    } catch (thrown) {
      const error = LapidaryError.from(thrown);
      if (error.code === 'cancelled' || error.code === 'internal') throw error;
      return error.message.split('\n')[0]!;
    }
  }

  /** How the outputs of `model` differ from the original's; undefined when they do not, or nothing could be compared. */
  async differenceOf(model: Model): Promise<string | undefined> {
    const verdict = await this.compare(model);
    return verdict === 'equal' || verdict === 'unknown' ? undefined : verdict;
  }

  /**
   * What a rewrite must reach where the model magnifies rounding: the agreement of the original with itself when its
   * inputs move by their last bit, less what a few more roundings on the way cost.
   */
  private async enoughFor(runtime: InferenceRuntime, reference: Reference): Promise<number> {
    let own = this.ownAgreements.get(reference);
    if (!own) this.ownAgreements.set(reference, (own = this.ownAgreement(runtime, reference)));
    return Math.max(least, (await own) - margin);
  }

  private async ownAgreement(runtime: InferenceRuntime, { feeds, outputs }: Reference): Promise<number> {
    const session = await runtime.open(encodeModel(this.model), { optimization: 'basic' });
    try {
      return agreement(outputs, await session.run(nudged(feeds)));
    } finally {
      await session.close();
    }
  }
}

/** Why the original cannot be compared with: it gives something else every time it runs. */
async function restless(
  session: InferenceSession,
  references: readonly Reference[],
  minSqnr: number,
): Promise<string | undefined> {
  const [first] = references;
  // A second run costs what it costs; random operators show in small models as well as in large ones.
  if (!first || first.milliseconds > 500) return undefined;
  const verdict = verdictOn(first.outputs, await session.run(first.feeds), minSqnr);
  return verdict === 'equal' ? undefined : 'the original gives other outputs each time it runs';
}
