/** High-bias absorption: see README.md. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { minMax } from '../../numerics/minMax';
import { inferModel } from '../../operators/infer';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { constantInput } from '../../pass/channels/constant';
import { responseTo } from '../../pass/channels/layer';
import { type Spread, SpreadMeter } from '../../pass/channels/spread';
import { type PassContext } from '../../pass/context';
import { observeValues } from '../../pass/observe';
import { matchesName, type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { type declaration } from './declaration';
import { type Candidate, candidatesOf } from './find';

type Options = ValuesOf<(typeof declaration)['options']>;

/** Lowers channels that stay far above zero before a Relu, and raises the biases of the layers that read them. */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const copy = cloneModel(model);
  raiseIrVersion(copy, 4);
  const found = candidatesOf(copy, copy.graph, inferModel(copy), options.padded);
  const changed = new Map<string, ChangedLayer>();
  const skipped: SkippedLayer[] = [];
  const candidates: Candidate[] = [];
  for (const each of found) {
    if ('reason' in each) {
      skipped.push({ node: each.node.label, opType: each.node.opType, reason: each.reason });
    } else if (isExcluded(each, options)) {
      const { label: node, opType } = each.maker.node;
      skipped.push({ node, opType, reason: 'Excluded by name.' });
    } else candidates.push(each);
  }
  const spreads = await spreadsOf(copy, candidates, options, context);
  for (const candidate of candidates) {
    const { label: node, opType } = candidate.maker.node;
    const shift = shiftOf(spreads.get(candidate), options);
    if (typeof shift === 'string') {
      skipped.push({ node, opType, reason: shift });
      continue;
    }
    const count = shift.filter((value) => value > 0).length;
    const most = minMax(shift).max.toPrecision(3);
    changed.set(node, { node, opType, what: `${count} of ${shift.length} channels lowered, by up to ${most}` });
    absorb(candidate, shift, changed);
  }
  const left = skipped.filter(({ node }) => !changed.has(node));
  if (changed.size === 0) return { model, changed: [], skipped: left, notes: [] };
  const random = context.data?.random ? ['The data is random: the channels of real data lie elsewhere.'] : [];
  return { model: copy, changed: [...changed.values()], skipped: left, notes: random };
}

const isExcluded = ({ maker, readers }: Candidate, { exclude }: Options): boolean =>
  [maker.node, ...readers.map(({ layer }) => layer.node)].some(({ label }) => matchesName(label, exclude));

/** max(0, mean − k · deviation) for each channel (Nagel et al. 2019, section 4.1.3); or why there is nothing to move. */
function shiftOf(spread: Spread | undefined, { deviations, cutting }: Options): Float64Array | string {
  if (!spread) return 'No batch norm tells how its values are spread: give data.';
  const shift = spread.mean.map((mean, channel) => {
    const deviation = spread.deviation[channel]!;
    const above = Math.min(mean - deviations * deviation, cutting ? Infinity : (spread.lowest?.[channel] ?? Infinity));
    return above > 1e-4 * (Math.abs(mean) + deviation) ? above : 0;
  });
  return shift.some((value) => value > 0) ? shift : 'No channel stays that far above zero.';
}

function absorb({ maker, readers }: Candidate, shift: Float64Array, changed: Map<string, ChangedLayer>): void {
  maker.add(shift.map((value) => -value));
  for (const { layer, slot, channels } of readers) {
    const input = Float64Array.from(channels, (channel) => shift[channel] ?? 0);
    slot.add(responseTo(layer, input));
    const { label: node, opType } = slot.node;
    if (!changed.has(node)) changed.set(node, { node, opType, what: 'its bias takes the shift back' });
  }
}

/** What a batch norm says by itself: its outputs have mean β and deviation |γ|. */
function normSpread({ value }: Candidate): Spread | undefined {
  const node = value.producer;
  const [gamma, beta] = node?.is('BatchNormalization') ? [constantInput(node, 1), constantInput(node, 2)] : [];
  if (!gamma || !beta) return undefined;
  return { mean: Float64Array.from(beta.read()), deviation: Float64Array.from(gamma.read(), Math.abs) };
}

async function spreadsOf(
  model: Model,
  candidates: readonly Candidate[],
  { calibrationSamples: samples }: Options,
  context: PassContext,
): Promise<ReadonlyMap<Candidate, Spread>> {
  const spreads = new Map<Candidate, Spread>();
  const meters = new Map<string, { candidate: Candidate; meter: SpreadMeter }>();
  for (const candidate of candidates) {
    const spread = normSpread(candidate);
    if (spread) spreads.set(candidate, spread);
    else {
      const meter = new SpreadMeter(candidate.axis, candidate.maker.channels);
      meters.set(candidate.value.name, { candidate, meter });
    }
  }
  const { runtime, data, signal } = context;
  if (!runtime || !data || meters.size === 0) return spreads;
  await observeValues(model, [...meters.keys()], (name, tensor) => meters.get(name)!.meter.add(tensor), {
    runtime,
    samples: data,
    count: Math.min(samples, data.size),
    signal,
    onProgress: (fraction) => context.progress({ fraction, message: 'Measuring channels before Relu' }),
  });
  for (const { candidate, meter } of meters.values()) {
    const spread = meter.result();
    if (spread) spreads.set(candidate, spread);
  }
  return spreads;
}
