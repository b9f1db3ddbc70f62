/** Static 8-bit quantization: see README.md. */
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { firstFeeds } from '../../pass/observe';
import { type RoundedWeights } from '../../pass/outputRounding';
import { type PassResult } from '../../pass/result';
import { samplesFor } from '../../pass/samples';
import { LapidaryError } from '../../protocol/errors';
import { type Calibration, calibrate, rangesBy } from './calibrate';
import { compareModels } from '../../runtime/compareModels';
import { openModelIn } from '../../runtime/runnable';
import { chooseUnits } from './choose';
import { emitStatic } from './emit';
import { chooseMethod, triedSamples } from './method';
import { storeOtherWeights } from './otherWeights';
import { type Ranges } from './parameters';
import { originalNames } from './originalNames';
import { planStatic, type StaticPlan } from './plan';
import { toQOperators } from './qoperator';
import { remembered } from './remember';
import { roundWeights } from './rounding';
import { withoutBodies, withoutUnseen } from './seen';
import { type Options } from './settings';
import { checkTarget } from './target';
import { comparison, type TrialContext } from './trial';

/**
 * Makes a model whose layers run in 8 bits. Throws `unsupported` when the model cannot be raised to the opset that Q/DQ
 * needs, `data` when no sample can be read, `runtime-missing` where there is nothing to run the samples with.
 */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const { runtime } = context;
  if (!runtime) throw new LapidaryError('runtime-missing', 'Static quantization runs the model, and nothing here can.');
  const { prepared = model, stored, ...result } = await quantizeWhatRuns(model, options, { ...context, runtime });
  if (options.otherWeights !== 'int8') return result;
  const base = result.changed.length > 0 ? result.model : await faster(model, prepared, { ...context, runtime });
  return storeOtherWeights(model, base, result, options, { ...context, runtime }, stored);
}

/** What attention that is not fused costs is far more than this share of the time. */
const noticeable = 0.05;

/** Simplified models are smaller, and their weights are rounded; but the runtime may know the original's way to write attention, and fuse only that. */
async function faster(
  original: Model,
  prepared: Model,
  context: PassContext & Pick<TrialContext, 'runtime'>,
): Promise<Model> {
  const feeds = prepared === original ? undefined : await firstFeeds(await samplesFor(original, context));
  if (!feeds) return original;
  const least = 1 - noticeable;
  const models = { before: original, after: prepared };
  const how = comparison(context.signal, { ratio: least });
  const { speedup, significant } = await compareModels(context.runtime, models, feeds, how);
  return significant && speedup < least ? original : prepared;
}

/** Once more without layers of bodies where ONNX Runtime fails over them: see README.md. */
async function quantizeWhatRuns(
  model: Model,
  options: Options,
  context: PassContext & Pick<TrialContext, 'runtime'>,
): ReturnType<typeof quantizeLayers> {
  try {
    return await quantizeLayers(model, options, context);
  } catch (thrown) {
    const error = LapidaryError.from(thrown);
    if (error.code !== 'runtime-failed' || ![...model.graph.nodes()].some(({ bodies }) => bodies.length > 0))
      throw error;
    if (!(await runsInFloat(model, context))) throw error;
    const [said = ''] = error.message.split('\n');
    return quantizeLayers(
      model,
      options,
      context,
      `The runtime fails with 8-bit layers in its body: ${said.slice(0, 160).replace(/\.$/, '')}.`,
    );
  }
}

/** False where the model fails on its samples whatever the number format of its layers. */
async function runsInFloat(model: Model, context: PassContext & Pick<TrialContext, 'runtime'>): Promise<boolean> {
  try {
    await mustRun(model, await samplesFor(model, context), context);
    return true;
  } catch (thrown) {
    if (LapidaryError.from(thrown).code !== 'runtime-failed') throw thrown;
    return false;
  }
}

/** Throws what loading and running the model on some samples throws: what is in bodies breaks in the run, if at all. */
async function mustRun(
  model: Model,
  samples: DataSource,
  { runtime, signal }: PassContext & Pick<TrialContext, 'runtime'>,
): Promise<void> {
  const session = await openModelIn(runtime, model, { threads: 0 });
  try {
    for await (const { feeds } of samples.samples(0, triedSamples)) {
      throwIfCancelled(signal);
      await session.run(feeds);
    }
  } finally {
    await session.close();
  }
}

/**
 * `prepared`: the float model, simplified, where no layer is to run in 8 bits; `stored`: what weights of layers that
 * compute in float were rounded to.
 */
async function quantizeLayers(
  model: Model,
  options: Options,
  context: PassContext & Pick<TrialContext, 'runtime'>,
  bodiesInFloat?: string,
): Promise<PassResult & { readonly prepared?: Model; readonly stored?: RoundedWeights }> {
  const { runtime } = context;
  let plan = await planStatic(model, options, context);
  if (bodiesInFloat !== undefined) plan = withoutBodies(plan, bodiesInFloat);
  if (!plan.units.some(({ rule }) => rule.role === 'layer')) {
    return { model, changed: [], skipped: plan.skipped, notes: [bodiesInFloat ?? nothingHere(model)] };
  }
  const samples = remembered(await samplesFor(model, context), options.method === 'auto' ? triedSamples : 1);
  checkTarget(options, samples);
  const histograms = options.method !== 'minmax' && options.method !== 'moving-average';
  const { calibrationSamples: count } = options;
  const calibration = await calibrate(plan, { ...context, runtime, samples, count, histograms });
  plan = withoutUnseen(plan, rangesBy('minmax', calibration, plan, options.percentile));
  plan = await roundWeights(plan, samples, options, { ...context, runtime });
  const notes = [...plan.notes, ...notesOn(calibration)];
  const { ranges, closeness, note } = await rangesFor(plan, calibration, samples, options, context);
  if (note !== undefined) notes.push(note);
  const storing = plan.stored && { stored: plan.stored };
  const choice = await chooseUnits(plan, ranges, samples, options, context, closeness);
  notes.push(...choice.notes);
  if (choice.wholeInFloat !== undefined) {
    const reason = choice.wholeInFloat;
    const reverted = plan.units
      .filter(({ rule }) => rule.role === 'layer')
      .map(({ node, key }) => ({ node: node.label, opType: node.opType, reason: choice.excluded.get(key) ?? reason }));
    const left = originalNames([...plan.skipped, ...reverted], plan.units, model, plan.renamed);
    return { model, changed: [], skipped: left, notes: [...notes, reason], prepared: plan.model, ...storing };
  }
  const { model: result, changed, skipped } = emitStatic(plan, ranges, choice.excluded);
  if (options.format === 'qoperator') toQOperators(result);
  if (plan.units.some(({ node }) => node.graph !== plan.model.graph)) await mustRun(result, samples, context);
  return {
    model: changed.length > 0 ? result : model,
    changed: originalNames(changed, plan.units, model, plan.renamed),
    skipped: originalNames(skipped, plan.units, model, plan.renamed),
    notes,
    ...storing,
  };
}

/** Ranges by the method asked for; with several tried, how close the best came, dB, and what to say of it. */
async function rangesFor(
  plan: StaticPlan,
  calibration: Calibration,
  samples: DataSource,
  { method, percentile }: Options,
  context: PassContext & Pick<TrialContext, 'runtime'>,
): Promise<{ ranges: Ranges; closeness?: number; note?: string }> {
  if (method !== 'auto') return { ranges: rangesBy(method, calibration, plan, percentile) };
  const { ranges, ...chosen } = await chooseMethod(plan, calibration, percentile, samples, context.runtime, context);
  const tried = [...chosen.tried].map(([name, db]) => `${name} ${db === Infinity ? 'exact' : `${db.toFixed(1)} dB`}`);
  const note = `Calibrated by ${chosen.method}; SQNR of the outputs: ${tried.join(', ')}.`;
  return { ranges, closeness: chosen.tried.get(chosen.method)!, note };
}

function notesOn({ samples, description, random, observations }: Calibration): string[] {
  const notes = [`Ranges were learnt from ${samples} ${samples === 1 ? 'sample' : 'samples'} (${description}).`];
  if (random) notes.push('Random inputs say little about the ranges of real ones: calibrate with typical data.');
  const odd = [...observations].filter(([, { nonFinite }]) => nonFinite > 0).map(([name]) => name);
  if (odd.length > 0) notes.push(`Infinities or NaN were seen and passed over in: ${odd.slice(0, 5).join(', ')}.`);
  return notes;
}

function nothingHere(model: Model): string {
  const quantized = [...model.graph.allNodes()].some(
    ({ opType }) => opType === 'DequantizeLinear' || opType.startsWith('QLinear'),
  );
  return quantized
    ? 'The model is quantized already, or what is left of it in float cannot run in 8 bits.'
    : 'The model has no layer in float32 that could run in 8 bits.';
}
