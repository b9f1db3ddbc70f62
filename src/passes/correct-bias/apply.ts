/** Bias correction: see README.md. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type DataSource } from '../../data/source';
import { inferModel } from '../../operators/infer';
import { type Spread, SpreadMeter } from '../../pass/channels/spread';
import { type PassContext } from '../../pass/context';
import { observeValues } from '../../pass/observe';
import { matchesName, type ValuesOf } from '../../pass/option';
import { Reference } from '../../pass/reference';
import { type PassResult } from '../../pass/result';
import { withStateOf } from '../../pass/statefulSamples';
import { LapidaryError } from '../../protocol/errors';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { type InferenceRuntime } from '../../runtime/port';
import { type declaration } from './declaration';
import { closest, Counterparts, rootMeanSquare } from './match';
import { type Slot, slotsOf } from './slots';
import { Stages } from './stages';

type Options = ValuesOf<(typeof declaration)['options']>;

/** Errors of the mean below this share of the deviation are left: they are rounding. */
const negligible = 1e-3;

const nothingBefore =
  'No pass before it quantized the model: biases are corrected in one job with the quantization, after it (lapidary run, with a recipe of both).';

/**
 * Adds E[float] − E[quantized] of every output channel to the bias of its layer, layer after layer, each measured with
 * all layers before it corrected. Changes nothing where the float model is not at hand.
 */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const { runtime, data, signal } = context;
  const float = context.unquantized ?? context.original;
  if (!runtime || !data) throw new LapidaryError('usage', 'Correcting biases needs data and a runtime.');
  if (!float || float === model) return { model, changed: [], skipped: [], notes: [nothingBefore] };
  const copy = cloneModel(model);
  const found = slotsOf(copy, inferModel(copy));
  const skipped: SkippedLayer[] = [];
  const skip = (slot: Pick<Slot, 'layer'>, reason: string): void => {
    skipped.push({ node: slot.layer.label, opType: slot.layer.opType, reason });
  };
  const slots = found.filter((slot): slot is Slot => {
    if ('reason' in slot) skip(slot, slot.reason);
    else if (matchesName(slot.layer.label, options.exclude)) skip(slot, 'Excluded by name.');
    else return true;
    return false;
  });
  const count = Math.min(options.calibrationSamples, data.size);
  // Both models get the state that the float model carries: what is measured is the error of a step, not the drift.
  const samples = withStateOf(float, data, runtime);
  const work = { runtime, data: samples, count, context };
  const spreads = await floatSpreads(float, slots, work);
  const stages = new Stages(copy, new Set(slots.map(({ end }) => end)), {
    ...{ runtime, samples, count, signal, memory: options.memory * 1e6 },
  });
  const changed: ChangedLayer[] = [];
  for (let stage = 1; stage <= stages.count; stage++) {
    const fraction = 0.4 + (0.5 * stage) / stages.count;
    context.progress({ fraction, message: `Correcting biases, stage ${stage} of ${stages.count}` });
    const here = slots.filter(({ end }) => stages.stageOf(end) === stage);
    const meters = new Map(here.map((slot) => [slot.end.output(0)!.name, new SpreadMeter(slot.axis, slot.channels)]));
    await stages.run(stage, [...meters.keys()], (name, tensor) => meters.get(name)!.add(tensor));
    for (const slot of here) {
      const spread = meters.get(slot.end.output(0)!.name)!.result();
      const outcome = correct(slot, spread, spreads.get(slot) ?? []);
      if (typeof outcome === 'string') skip(slot, outcome);
      else changed.push(outcome);
    }
  }
  if (changed.length === 0) return { model, changed, skipped, notes: [] };
  return verdict({ model, copy, float, changed, skipped }, { ...work, data });
}

/** Moves one bias; returns what was done, or why nothing was. */
function correct(
  { layer, add }: Slot,
  spread: Spread | undefined,
  candidates: readonly Spread[],
): ChangedLayer | string {
  if (!spread) return 'No sample reached it.';
  if (candidates.length === 0) return 'The float model has no layer of this name.';
  const float = closest(spread, candidates);
  if (!float) return 'What it makes is too far from what the layer of this name makes in the float model.';
  const change = float.mean.map((mean, channel) => mean - spread.mean[channel]!);
  const share = rootMeanSquare(change) / (rootMeanSquare(float.deviation) || 1);
  if (!(share > negligible)) return 'Its means are those of the float model.';
  add(change);
  const percent = (100 * share).toPrecision(2);
  return { node: layer.label, opType: layer.opType, what: `means were off by ${percent} % of the deviation` };
}

interface Work {
  readonly runtime: InferenceRuntime;
  readonly data: DataSource;
  readonly count: number;
  readonly context: PassContext;
}

/** Spreads of everything in the float model that may be a slot's counterpart. */
async function floatSpreads(
  float: Model,
  slots: readonly Slot[],
  { runtime, data, count, context }: Work,
): Promise<ReadonlyMap<Slot, readonly Spread[]>> {
  const counterparts = new Counterparts(float);
  const meters = new Map<string, SpreadMeter>();
  const keyOf = (name: string, { axis, channels }: Slot): string => `${axis}/${channels}/${name}`;
  const names = new Map<Slot, readonly string[]>();
  const wanted = new Map<string, SpreadMeter[]>();
  for (const slot of slots) {
    const candidates = counterparts.candidates(slot);
    names.set(slot, candidates);
    for (const name of candidates) {
      const key = keyOf(name, slot);
      if (meters.has(key)) continue;
      const meter = new SpreadMeter(slot.axis, slot.channels);
      meters.set(key, meter);
      wanted.set(name, [...(wanted.get(name) ?? []), meter]);
    }
  }
  await observeValues(
    float,
    [...wanted.keys()],
    (name, tensor) => wanted.get(name)!.forEach((meter) => meter.add(tensor)),
    {
      ...{ runtime, samples: data, count, signal: context.signal },
      onProgress: (fraction) => context.progress({ fraction: 0.4 * fraction, message: 'Measuring the float model' }),
    },
  );
  const spreadsOf = (slot: Slot): Spread[] =>
    names.get(slot)!.flatMap((name) => meters.get(keyOf(name, slot))!.result() ?? []);
  return new Map(slots.map((slot) => [slot, spreadsOf(slot)]));
}

/** Keeps the corrected model only where its outputs are no further from the float model than before. */
async function verdict(
  {
    model,
    copy,
    float,
    changed,
    skipped,
  }: { model: Model; copy: Model; float: Model } & Pick<PassResult, 'changed' | 'skipped'>,
  { runtime, data, count, context }: Work,
): Promise<PassResult> {
  const reference = await Reference.of(float, { runtime, samples: data, count, signal: context.signal });
  const before = (await reference.measure(model)).sqnrDb;
  const after = (await reference.measure(copy)).sqnrDb;
  const figures = `${before.toFixed(1)} → ${after.toFixed(1)} dB to the float model`;
  if (after > before) return { model: copy, changed, skipped, notes: [`Outputs on the samples: ${figures}.`] };
  const reason = `Corrected, the outputs would be no better (${figures}).`;
  const undone = changed.map(({ node, opType }) => ({ node, opType, reason }));
  return { model, changed: [], skipped: [...skipped, ...undone], notes: [reason] };
}
