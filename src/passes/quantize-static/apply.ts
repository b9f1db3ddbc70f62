/** Static 8-bit quantization: see README.md. */
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { type PassResult } from '../../pass/result';
import { samplesFor } from '../../pass/samples';
import { LapidaryError } from '../../protocol/errors';
import { formatMillisecondsPair } from '../../report/format';
import { type Feeds } from '../../runtime/port';
import { type Calibration, calibrate, rangesBy } from './calibrate';
import { emitStatic } from './emit';
import { chooseMethod, triedSamples } from './method';
import { storeOtherWeights } from './otherWeights';
import { type Ranges } from './parameters';
import { originalNames } from './originalNames';
import { planStatic, type StaticPlan } from './plan';
import { toQOperators } from './qoperator';
import { remembered } from './remember';
import { withoutUnseen } from './seen';
import { type Options } from './settings';
import { checkTarget, isTarget, meetTarget } from './target';
import { leaveOutSlower, leaveOutUnfused, type VerifyContext } from './verify';

/** Outputs that are nearer than this are taken for good, unless a person asks for more, dB. */
const closeDb = 20;

/**
 * Makes a model whose layers run in 8 bits. Throws `unsupported` when the model cannot be raised to the opset that Q/DQ
 * needs, `data` when no sample can be read, `runtime-missing` where there is nothing to run the samples with.
 */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const { runtime } = context;
  if (!runtime) throw new LapidaryError('runtime-missing', 'Static quantization runs the model, and nothing here can.');
  const result = await quantizeLayers(model, options, { ...context, runtime });
  return options.otherWeights === 'int8' ? storeOtherWeights(model, result, options, { ...context, runtime }) : result;
}

async function quantizeLayers(
  model: Model,
  options: Options,
  context: PassContext & Pick<VerifyContext, 'runtime'>,
): Promise<PassResult> {
  const { runtime } = context;
  let plan = await planStatic(model, options, context);
  if (!plan.units.some(({ rule }) => rule.role === 'layer')) {
    return { model, changed: [], skipped: plan.skipped, notes: [nothingHere(model)] };
  }
  const samples = remembered(await samplesFor(model, context), triedSamples);
  checkTarget(options, samples);
  const histograms = options.method !== 'minmax' && options.method !== 'moving-average';
  const { calibrationSamples: count } = options;
  const calibration = await calibrate(plan, { ...context, runtime, samples, count, histograms });
  plan = withoutUnseen(plan, rangesBy('minmax', calibration, plan, options.percentile));
  const notes = [...plan.notes, ...notesOn(calibration)];
  const ranges = await rangesFor(plan, calibration, samples, options, { ...context, runtime }, notes);
  const verified = await verify(plan, ranges, samples, options, { ...context, runtime }, notes);
  if (typeof verified === 'string') {
    const reverted = plan.units
      .filter(({ rule }) => rule.role === 'layer')
      .map(({ node }) => ({ node: node.label, opType: node.opType, reason: verified }));
    return { model, changed: [], skipped: [...plan.skipped, ...reverted], notes: [...notes, verified] };
  }
  let excluded = verified;
  if (isTarget(options)) {
    const asked = { target: options, samples, calibration: options.calibrationSamples };
    const met = await meetTarget(plan, ranges, verified, asked, { ...context, runtime });
    notes.push(...met.notes);
    excluded = met.excluded;
  }
  const { model: result, changed, skipped } = emitStatic(plan, ranges, excluded);
  if (options.format === 'qoperator') toQOperators(result);
  return {
    model: changed.length > 0 ? result : model,
    changed: originalNames(changed, plan.units, model, plan.renamed),
    skipped: originalNames(skipped, plan.units, model, plan.renamed),
    notes,
  };
}

async function rangesFor(
  plan: StaticPlan,
  calibration: Calibration,
  samples: DataSource,
  { method, percentile, ...target }: Options,
  context: PassContext & Pick<VerifyContext, 'runtime'>,
  notes: string[],
): Promise<Ranges> {
  if (method !== 'auto') return rangesBy(method, calibration, plan, percentile);
  const chosen = await chooseMethod(plan, calibration, percentile, samples, context.runtime, context);
  const tried = [...chosen.tried].map(([name, db]) => `${name} ${db === Infinity ? 'exact' : `${db.toFixed(1)} dB`}`);
  notes.push(`Calibrated by ${chosen.method}; SQNR of the outputs: ${tried.join(', ')}.`);
  const best = chosen.tried.get(chosen.method)!;
  if (best < closeDb && !isTarget(target)) {
    notes.push(
      `No method came closer than ${best.toFixed(1)} dB: with --min-sqnr ${closeDb} the layers that lose most stay in float.`,
    );
  }
  return chosen.ranges;
}

/** Units that stay in float, or why the model as a whole does. */
async function verify(
  plan: StaticPlan,
  ranges: Ranges,
  samples: DataSource,
  { layers }: Options,
  context: VerifyContext,
  notes: string[],
): Promise<ReadonlyMap<string, string> | string> {
  if (layers === 'all' || !plan.formats.forCpu) return new Map();
  const fused = await leaveOutUnfused(plan, ranges, new Map(), context);
  const feeds = layers === 'faster' ? await firstFeeds(samples) : undefined;
  if (!feeds) return fused;
  const { excluded, whole } = await leaveOutSlower(plan, ranges, fused, feeds, context);
  if (!whole) return 'No layer is faster in 8 bits here, conversions included.';
  const times = formatMillisecondsPair(whole.before.medianMs, whole.after.medianMs);
  if (whole.speedup < 1 && whole.significant) return `The model as a whole is slower in 8 bits here: ${times}.`;
  notes.push(`Measured here on one thread: ${times}.`);
  return excluded;
}

async function firstFeeds(samples: DataSource): Promise<Feeds | undefined> {
  for await (const { feeds } of samples.samples(0, 1)) return feeds;
  return undefined;
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
