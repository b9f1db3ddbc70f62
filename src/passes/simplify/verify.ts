/** Compares rewritten models with the original on random inputs. */
import { type Model } from '../../graph/model';
import { encodeModel } from '../../graph/toOnnx';
import { bytesOf, toFloat64 } from '../../numerics/elements';
import { differencePower, sqnrDb } from '../../numerics/quantize';
import { type PassContext } from '../../pass/context';
import { LapidaryError } from '../../protocol/errors';
import { type Feeds, type InferenceRuntime, type RuntimeTensor } from '../../runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../runtime/randomFeeds';

type Outputs = Readonly<Record<string, RuntimeTensor>>;

/** What a comparison says: `equal` up to rounding, `unknown` when nothing could be run, or how they differ. */
export type Verdict = string;

/** Random inputs and what the original makes of them. */
export class Judge {
  /** Bytes of the original and of the model compared last, as files with their weights inside. */
  readonly fileBytes = { before: 0, after: 0 };

  private constructor(
    private readonly runtime: InferenceRuntime | undefined,
    private readonly references: readonly { feeds: Feeds; outputs: Outputs }[],
    private readonly minSqnr: number,
    /** Why nothing can be compared; undefined when it can. */
    readonly reason?: string,
  ) {}

  /** Runs the original twice: with every dynamic dimension 1, and with another size where that is possible. */
  static async of(model: Model, context: PassContext, minSqnr: number): Promise<Judge> {
    const { runtime } = context;
    if (!runtime) return new Judge(undefined, [], minSqnr, 'there is no runtime');
    try {
      const ports = inputPorts(model);
      const bounds = indexBounds(model);
      const symbols = new Set(ports.flatMap(({ shape }) => shape ?? []).filter((dim) => typeof dim === 'string'));
      const bytes = encodeModel(model);
      const session = await runtime.open(bytes, { optimization: 'basic' });
      try {
        const references = [];
        for (const [seed, size] of [[1, 1], ...(symbols.size > 0 ? [[2, 2]] : [[2, 1]])] as [number, number][]) {
          const dims = Object.fromEntries([...symbols].map((symbol) => [symbol, size]));
          const feeds = randomFeeds(ports, { seed, dims, bounds });
          try {
            references.push({ feeds, outputs: await session.run(feeds) });
          } catch (thrown) {
            // Not every model runs at every size; one reference is enough.
            if (references.length === 0) throw thrown;
            context.log(`Simplify: no second comparison, ${LapidaryError.from(thrown).message}`);
          }
        }
        const judge = new Judge(runtime, references, minSqnr);
        judge.fileBytes.before = bytes.length;
        return judge;
      } finally {
        await session.close();
      }
    } catch (thrown) {
      const error = LapidaryError.from(thrown);
      if (error.code === 'cancelled' || error.code === 'internal') throw error;
      return new Judge(undefined, [], minSqnr, `the original does not run here, ${error.message}`);
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
          const verdict = this.judge(outputs, await session.run(feeds));
          if (verdict !== 'equal') return verdict;
        }
        return 'equal';
      } finally {
        await session.close();
      }
    } catch (thrown) {
      const error = LapidaryError.from(thrown);
      if (error.code === 'cancelled' || error.code === 'internal') throw error;
      return error.message;
    }
  }

  private judge(expected: Outputs, actual: Outputs): Verdict {
    for (const [name, reference] of Object.entries(expected)) {
      const other = actual[name];
      if (!other) return `output "${name}" is missing`;
      if (other.dataType !== reference.dataType || other.shape.join() !== reference.shape.join()) {
        return `output "${name}" has another type or shape`;
      }
      const sqnr = similarity(reference, other);
      if (sqnr < this.minSqnr) return `output "${name}" agrees to ${sqnr.toFixed(0)} dB`;
    }
    return 'equal';
  }
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
