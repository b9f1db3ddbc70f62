/** Compares rewritten models with the original on random inputs. */
import { type Model } from '../../graph/model';
import { encodeModel } from '../../graph/toOnnx';
import { bytesOf, toFloat64 } from '../../numerics/elements';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { type InferenceRuntime, type InferenceSession, type RuntimeTensor } from '../../runtime/port';
import { randomNode } from './purity';
import { type Outputs, type Reference, referencesOf } from './references';

/** What a comparison says: `equal` up to rounding, `unknown` when nothing could be run, or how they differ. */
export type Verdict = string;

/** Random inputs and what the original makes of them. */
export class Judge {
  /** Bytes of the original and of the model compared last, as files with their weights inside. */
  readonly fileBytes = { before: 0, after: 0 };

  private constructor(
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
    if (drawing) return new Judge(undefined, [], minSqnr, `node "${drawing}" draws random numbers`);
    if (!runtime) return new Judge(undefined, [], minSqnr, 'there is no runtime');
    try {
      const bytes = encodeModel(model);
      const session = await runtime.open(bytes, { optimization: 'basic' });
      try {
        const references = await referencesOf(session, model, context);
        const reason = await restless(session, references, minSqnr);
        const judge = reason ? new Judge(undefined, [], minSqnr, reason) : new Judge(runtime, references, minSqnr);
        judge.fileBytes.before = bytes.length;
        return judge;
      } finally {
        await session.close();
      }
    } catch (thrown) {
      const error = LapidaryError.from(thrown);
      if (error.code === 'cancelled' || error.code === 'internal') throw error;
      return new Judge(undefined, [], minSqnr, `the original does not run here, ${error.message.split('\n')[0]}`);
    }
  }

  /** Whether `model` gives the original's outputs. A model that no longer runs differs. */
  async compare(model: Model): Promise<Verdict> {
    if (!this.runtime) return 'unknown';
    try {
      const bytes = encodeModel(model);
      this.fileBytes.after = bytes.length;
      const session = await this.runtime.open(bytes, { optimization: 'basic' });
      try {
        for (const { feeds, outputs } of this.references) {
          const verdict = verdictOn(outputs, await session.run(feeds), this.minSqnr);
          if (verdict !== 'equal') return verdict;
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
}

/** How the outputs differ, or `equal`. */
function verdictOn(expected: Outputs, actual: Outputs, minSqnr: number): Verdict {
  for (const [name, reference] of Object.entries(expected)) {
    const other = actual[name];
    if (!other) return `output "${name}" is missing`;
    if (other.dataType !== reference.dataType || other.shape.join() !== reference.shape.join()) {
      return `output "${name}" has another type or shape`;
    }
    const sqnr = similarity(reference, other);
    if (sqnr < minSqnr) return `output "${name}" agrees to ${sqnr.toFixed(0)} dB`;
  }
  return 'equal';
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

/** SQNR in dB; Infinity when equal, NaN and infinities included. */
function similarity(a: RuntimeTensor, b: RuntimeTensor): number {
  if (!ArrayBuffer.isView(a.data) || !ArrayBuffer.isView(b.data)) {
    return JSON.stringify(a.data) === JSON.stringify(b.data) ? Infinity : 0;
  }
  const [x, y] = [bytesOf(a.data), bytesOf(b.data)];
  if (Buffer.compare(x, y) === 0) return Infinity;
  const size = a.shape.reduce((product, dim) => product * dim, 1);
  const [p, q] = [a, b].map(({ dataType, data }) => toFloat64(dataType, bytesOf(data as Uint8Array), size));
  for (let i = 0; i < size; i++) {
    const [left, right] = [p![i]!, q![i]!];
    if (Number.isFinite(left) && Number.isFinite(right)) continue;
    if (!Object.is(left, right)) return 0;
    p![i] = q![i] = 0;
  }
  return sqnrDb(differencePower(p!, q!));
}
