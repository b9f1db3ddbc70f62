/**
 * Weights of what is not computed in 8 bits (recurrent layers, transposed convolutions, embeddings, layers that are
 * faster in float), stored in 8 bits all the same: the runtime restores them once, when it loads the model, so that the
 * file gets smaller and nothing slower. Kept where the outputs stay close, as measured.
 */
import { type Model } from '../../graph/model';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { matchesName, parseOptions } from '../../pass/option';
import { type Fidelity, Reference, type ReferenceOptions } from '../../pass/reference';
import { type RoundedWeights } from '../../pass/outputRounding';
import { type PassResult } from '../../pass/result';
import { samplesOrReason } from '../../pass/samples';
import { candidatesOf } from '../../pass/weights/candidates';
import { LapidaryError } from '../../protocol/errors';
import { type ChangedLayer } from '../../protocol/report';
import { formatDecibels } from '../../report/format';
import { type InferenceRuntime } from '../../runtime/port';
import { storeWeights } from '../quantize-weights/apply';
import { declaration as weightsDeclaration } from '../quantize-weights/declaration';
import { originalNames } from './originalNames';
import { leastStored } from './rounding';
import { formatsOf, type Options } from './settings';
import { inHand, targetOf } from './target';

/** Where no floor is kept, outputs that are this close, dB, are taken for the same, whatever they were before. */
const closeDb = 30;
/** What storing may cost where they are not. */
const mostLossDb = 1;
/** Samples that outputs are compared on: some positions of some samples may make all of the error (PP-OCR recognition). */
const comparedSamples = 64;
const comparing = { ms: 6_000, least: 16 };
/** The share of the weights from which on they are compared for all that time; less of it for less gain. */
const wholeShare = 0.1;
/** Layers that are measured one by one when all together lose too much. */
const mostMeasured = 48;
/** Less of the model's weights than this share is not worth running the model. */
const leastShare = 0.005;

/**
 * `result` with these weights stored in 8 bits. `base` is its model, or a float one as good as the original where it
 * changed nothing; `original` is what the outputs are compared with. `rounded`: weights that were rounded beforehand.
 */
export async function storeOtherWeights(
  original: Model,
  base: Model,
  result: PassResult,
  options: Options,
  context: PassContext & { readonly runtime: InferenceRuntime },
  rounded?: RoundedWeights,
): Promise<PassResult> {
  const share = shareOf(base, options);
  if (share <= leastShare) return result;
  context.progress({ fraction: 0.97, message: 'Storing the weights of layers that stay in float' });
  const store = (kept: readonly string[]): Promise<PassResult> => stored(base, kept, options, context, rounded);
  const all = await store([]);
  if (all.changed.length === 0) return result;
  const samples = await samplesOrReason(original, context);
  if (typeof samples === 'string') return noted(result, `Other weights stay in float: ${samples}`);
  const budget = { ...comparing, ms: comparing.ms * Math.min(1, share / wholeShare) };
  const search = await Search.start(original, base, { samples, budget }, options, context);
  if (typeof search === 'string') return noted(result, `Other weights stay in float: ${search}`);
  const chosen = await search.choose(all, store);
  return chosen ? merged(original, base, result, chosen) : noted(result, search.refusal);
}

/** How much of the model's weights would be stored in 8 bits that is not. */
function shareOf(model: Model, { exclude }: Options): number {
  let [worth, total] = [0, 0];
  for (const { constant, decision } of candidatesOf(model)) {
    const { size, byteLength } = constant.tensor;
    total += byteLength;
    const isOut = decision.readers.some(({ label }) => matchesName(label, exclude));
    if (decision.reason === undefined && size >= leastStored && !isOut) worth += byteLength;
  }
  for (const { constant } of model.graph.initializers.values()) {
    if (constant?.dataType === 'int8' || constant?.dataType === 'uint8') total += 4 * constant.size;
  }
  return total === 0 ? 0 : worth / total;
}

function stored(
  model: Model,
  kept: readonly string[],
  options: Options,
  context: PassContext,
  rounded?: RoundedWeights,
): Promise<PassResult> {
  const values = parseOptions(weightsDeclaration.options, {
    // What accelerators read, they read as DequantizeLinear; ONNX Runtime would execute that in every run.
    form: formatsOf(options).forCpu ? 'cast-mul' : 'dequantize-linear',
    granularity: options.perChannel ? 'channel' : 'tensor',
    exclude: [...options.exclude, ...kept],
    minElements: leastStored,
  });
  return storeWeights(model, values, { ...context, progress: () => undefined }, rounded);
}

/** Which layers can be stored without the outputs suffering. */
class Search {
  private constructor(
    private readonly reference: Reference,
    private readonly before: Fidelity,
    private readonly options: Options,
    private readonly context: PassContext,
  ) {}

  static async start(
    original: Model,
    quantized: Model,
    { samples, budget }: Pick<ReferenceOptions, 'samples' | 'budget'>,
    options: Options,
    context: PassContext & { readonly runtime: InferenceRuntime },
  ): Promise<Search | string> {
    const { runtime, signal } = context;
    try {
      const reference = await Reference.of(original, {
        runtime,
        samples,
        count: comparedSamples,
        budget,
        signal,
      });
      return new Search(reference, await reference.measure(quantized), options, context);
    } catch (thrown) {
      const error = LapidaryError.from(thrown);
      if (error.code !== 'unsupported' && error.code !== 'data' && error.code !== 'runtime-failed') throw error;
      return error.message;
    }
  }

  get refusal(): string {
    return `Other weights stay in float: in 8 bits they would cost the outputs more than ${formatDecibels(mostLossDb)}.`;
  }

  async choose(
    all: PassResult,
    store: (kept: readonly string[]) => Promise<PassResult>,
  ): Promise<{ result: PassResult; note: string } | undefined> {
    const whole = await this.measure(all);
    if (this.holds(whole)) return { result: all, note: this.note(whole, 0) };
    const labels = all.changed.map(({ node }) => node);
    if (labels.length > mostMeasured) return undefined;
    const losses: { label: string; db: number }[] = [];
    for (const label of labels) {
      const alone = await this.measure(await store(labels.filter((other) => other !== label)), comparing.least);
      losses.push({ label, db: alone.sqnrDb });
    }
    losses.sort((a, b) => a.db - b.db);
    // The shortest head of that list whose absence is enough.
    let [fails, meets] = [0, labels.length];
    let best: { result: PassResult; note: string } | undefined;
    while (meets - fails > 1) {
      const middle = (fails + meets) >> 1;
      const result = await store(losses.slice(0, middle).map(({ label }) => label));
      const fidelity = await this.measure(result);
      if (this.holds(fidelity)) [meets, best] = [middle, { result, note: this.note(fidelity, middle) }];
      else fails = middle;
    }
    return best;
  }

  private measure({ model }: PassResult, most = Infinity): Promise<Fidelity> {
    throwIfCancelled(this.context.signal);
    return this.reference.measure(model, most);
  }

  private holds({ sqnrDb, accuracy }: Fidelity): boolean {
    const { minSqnr, maxDrop } = this.options;
    if (accuracy && maxDrop < 100 && 100 * (accuracy.before - accuracy.after) > maxDrop) return false;
    if (this.before.sqnrDb >= minSqnr && sqnrDb < minSqnr) return false;
    return sqnrDb >= this.enough || sqnrDb >= this.before.sqnrDb - mostLossDb;
  }

  /**
   * What is close whatever the outputs were before: the floor that int8 is held to anyway, where there is one. Nothing was
   * chosen by these samples, and rounding is as good on others.
   */
  private get enough(): number {
    const { isFloor, minSqnr } = targetOf(this.options, this.reference);
    return isFloor && minSqnr > 0 ? minSqnr + inHand.heldOut : Math.max(closeDb, minSqnr);
  }

  private note({ sqnrDb }: Fidelity, kept: number): string {
    const { size, random } = this.reference;
    const shown = (db: number): string => (Number.isFinite(db) ? formatDecibels(db) : 'exact');
    const on = `${size} ${random ? 'random ' : ''}${size === 1 ? 'sample' : 'samples'}`;
    const rest =
      kept === 0 ? '' : ` Those of ${kept} ${kept === 1 ? 'layer' : 'layers'} stay in float: 8 bits would cost more.`;
    return `Weights of layers that compute in float are stored in 8 bits; outputs: ${shown(this.before.sqnrDb)} → ${shown(sqnrDb)} on ${on}.${rest}`;
  }
}

const noted = (result: PassResult, note: string): PassResult => ({ ...result, notes: [...result.notes, note] });

/** One account of both: a layer whose weights are stored says why it computes in float. */
function merged(
  original: Model,
  base: Model,
  before: PassResult,
  { result: after, note }: { readonly result: PassResult; readonly note: string },
): PassResult {
  const nodes = [...base.graph.allNodes()].map((node) => ({
    node,
    outputs: node.outputs.filter((value) => value !== undefined),
  }));
  const named = originalNames(after.changed, nodes, original);
  const already = new Set(before.changed.map(({ node }) => node));
  const reasons = new Map(before.skipped.map(({ node, reason }) => [node, reason]));
  const added = named
    .filter(({ node }) => !already.has(node))
    .map((layer): ChangedLayer => {
      if (layer.bytesBefore === undefined) return layer; // it shares what is said of another
      const reason = reasons.get(layer.node);
      const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
      return { ...layer, what: `${layer.what} in the file, computed in float${why}` };
    });
  const names = new Set(added.map(({ node }) => node));
  return {
    model: after.model,
    changed: [...before.changed, ...added],
    skipped: before.skipped.filter(({ node }) => !names.has(node)),
    notes: [...before.notes, note],
  };
}
