/** Replaces layers by chains of thinner ones. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { breathe, type PassContext } from '../../pass/context';
import { hasBias, shiftBias } from '../../pass/layerBias';
import { matrixProducts } from '../../pass/matrixProducts';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { accountOf, inWords, notesOf } from './account';
import { aboveNoise, candidatesOf } from './candidates';
import { choose, type Offer } from './choose';
import { type declaration } from './declaration';
import { visitLayers, type VisitOptions } from './inputs';
import { findLayers, type Layer } from './layers';
import { type Made, madeOf } from './made';
import { mergePairs } from './merge';
import { Stopwatch } from './measure';
import { type HeldOut, holdOut, outputLosses } from './outputs';
import { rewriteLayer } from './rewrite';
import { type Candidate } from './schemes';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** Factorizes what is worth it. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const copy = cloneModel(model);
  const products = matrixProducts(context.runtime);
  const merged = options.merge ? await mergePairs(copy, options.exclude, products.multiply) : [];
  const found = findLayers(copy, options.exclude, context.dims);
  const whole =
    merged.length > 0 ? findLayers(model, options.exclude, context.dims)[options.cost] : found[options.cost];
  const { runtime } = context;
  const stopwatch =
    options.measure && runtime ? new Stopwatch(runtime, copy, found.inference, context.signal) : undefined;
  const visiting = {
    model: merged.length > 0 ? cloneModel(copy) : model,
    context,
    multiply: products.multiply,
    hasBias,
  };
  try {
    const held =
      options.rankBy === 'ratio' ? await holdOut(model, found.layers.length, found.macs, context) : undefined;
    const offers = await offersFor(copy, found.layers, options, visiting, held);
    const needed = found[options.cost] - options.ratio * whole;
    const { chosen, times, slower } = await choose(offers, needed, options, stopwatch);
    const skipped: SkippedLayer[] = [...found.skipped];
    const changed: ChangedLayer[] = [...merged];
    for (const layer of found.layers) {
      if (chosen.has(layer)) continue;
      const { label: node, opType } = layer.node;
      const slow = slower.get(layer);
      const reason = slow
        ? `Not faster here: ${inWords(slow.candidate, layer, slow.times)}.`
        : reasonToLeave(offers.get(layer)!);
      skipped.push({ node, opType, reason });
    }
    await visitLayers([...chosen.keys()], visiting, async (layer, problems) => {
      const { label: node, opType } = layer.node;
      const fraction = 0.6 + (0.4 * (changed.length - merged.length)) / chosen.size;
      context.progress({ fraction, message: `Factorizing ${node}`, node });
      await breathe(context.signal);
      const { candidate } = chosen.get(layer)!;
      const { chains, shifts, loss } = await madeOf(candidate, problems, products.multiply);
      // The bias is looked for behind the layer as it was.
      if (shifts.length > 0) shiftBias(layer, Float64Array.from(shifts));
      rewriteLayer(layer, candidate.scheme, candidate.ranks, chains);
      changed.push({ node, opType, ...accountOf(layer, { ...candidate, loss }, problems, times.get(layer)) });
    });
    if (changed.length === 0) return { model, changed, skipped, notes: [] };
    const left = found[options.cost] - [...chosen.values()].reduce((sum, { saving }) => sum + saving, 0);
    const told = new Set(merged.map(({ node }) => node));
    const rest = skipped.filter(({ node }) => !told.has(node));
    const notes = notesOf(left / whole, options, { ...context, tried: held?.reference.size });
    return { model: copy, changed, skipped: rest, notes };
  } finally {
    await products.close();
  }
}

async function offersFor(
  model: Model,
  layers: readonly Layer[],
  options: Settings,
  visiting: VisitOptions,
  held: HeldOut | undefined,
): Promise<Map<Layer, Offer[]>> {
  const offers = new Map<Layer, Offer[]>();
  const { context, multiply } = visiting;
  await visitLayers(layers, { ...visiting, samples: held?.fitted }, async (layer, problems) => {
    const { label } = layer.node;
    const fraction = (0.6 * offers.size) / layers.length;
    context.progress({ fraction, message: `Decomposing ${label}`, node: label });
    await breathe(context.signal);
    const before = layer.tensor.size * (options.cost === 'macs' ? layer.positions : 1);
    const all = await candidatesOf(layer, problems, options, multiply);
    const best = options.rankBy === 'evbmf' ? await aboveNoise(all, problems, multiply) : all;
    const candidates = best.map((candidate) => ({ ...candidate, saving: before - candidate[options.cost] }));
    const make = (candidate: Candidate): Promise<Made> => madeOf(candidate, problems, multiply);
    const losses = held && (await outputLosses(model, layer, candidates, held.reference, make));
    offers.set(
      layer,
      candidates.map((candidate) => {
        // Signals pass through one layer after the other: what is kept multiplies, its logarithms add up.
        const loss = losses?.get(candidate) ?? -Math.log(Math.max(1e-9, 1 - candidate.loss));
        return { candidate, loss, saving: candidate.saving };
      }),
    );
  });
  return offers;
}

const reasonToLeave = (offers: readonly Offer[]): string =>
  offers.length === 0
    ? 'No rank makes it cheaper and keeps within the error allowed.'
    : 'Other layers save the same for less error.';
