/** Replaces layers by chains of thinner ones. */
import { setImmediate } from 'node:timers/promises';
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { difference, matrix, type Multiply } from '../../numerics/linear/matrix';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { hasBias, shiftBias } from '../../pass/layerBias';
import { matrixProducts } from '../../pass/matrixProducts';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { accountOf, inWords, notesOf } from './account';
import { allocate } from './allocate';
import { aboveNoise, candidatesOf } from './candidates';
import { type Chain, chainOf, product } from './chains';
import { type declaration } from './declaration';
import { type SeenProblem, visitLayers, type VisitOptions } from './inputs';
import { findLayers, type Layer } from './layers';
import { seenEnergy } from './lowRank';
import { mergePairs } from './merge';
import { Stopwatch } from './measure';
import { rewriteLayer } from './rewrite';
import { type Candidate } from './schemes';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** A candidate with what it saves of the cost that counts; `loss` is what the allocation adds up. */
export interface Offer {
  readonly candidate: Candidate;
  readonly saving: number;
  readonly loss: number;
}

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
    const offers = await offersFor(found.layers, options, visiting);
    const chosen = choose(offers, found[options.cost] - options.ratio * whole, options);
    const skipped: SkippedLayer[] = [...found.skipped];
    const changed: ChangedLayer[] = [...merged];
    for (const layer of found.layers) {
      if (chosen.has(layer)) continue;
      const { label: node, opType } = layer.node;
      skipped.push({ node, opType, reason: reasonToLeave(offers.get(layer)!) });
    }
    await visitLayers([...chosen.keys()], visiting, async (layer, problems) => {
      const { label: node, opType } = layer.node;
      await breathe(context, 0.6 + (0.4 * (changed.length - merged.length)) / chosen.size, `Factorizing ${node}`, node);
      const { candidate } = chosen.get(layer)!;
      const made = await madeOf(candidate, problems, products.multiply);
      const times = await stopwatch?.times(layer, candidate, made.chains);
      if (times && times.afterMs >= times.beforeMs) {
        chosen.delete(layer);
        skipped.push({ node, opType, reason: `Not faster here: ${inWords(candidate, layer, times)}.` });
        return;
      }
      // The bias is looked for behind the layer as it was.
      if (made.shifts.length > 0) shiftBias(layer, Float64Array.from(made.shifts));
      rewriteLayer(layer, candidate.scheme, candidate.ranks, made.chains);
      changed.push({ node, opType, ...accountOf(layer, { ...candidate, loss: made.loss }, problems, times) });
    });
    if (changed.length === 0) return { model, changed, skipped, notes: [] };
    const left = found[options.cost] - [...chosen.values()].reduce((sum, { saving }) => sum + saving, 0);
    const told = new Set(merged.map(({ node }) => node));
    const rest = skipped.filter(({ node }) => !told.has(node));
    return { model: copy, changed, skipped: rest, notes: notesOf(left / whole, options, context) };
  } finally {
    await products.close();
  }
}

async function offersFor(
  layers: readonly Layer[],
  options: Settings,
  visiting: VisitOptions,
): Promise<Map<Layer, Offer[]>> {
  const offers = new Map<Layer, Offer[]>();
  await visitLayers(layers, visiting, async (layer, problems) => {
    const { label } = layer.node;
    await breathe(visiting.context, (0.6 * offers.size) / layers.length, `Decomposing ${label}`, label);
    const before = layer.tensor.size * (options.cost === 'macs' ? layer.positions : 1);
    const all = await candidatesOf(layer, problems, options, visiting.multiply);
    const candidates = options.rankBy === 'evbmf' ? await aboveNoise(all, problems, visiting.multiply) : all;
    offers.set(
      layer,
      candidates.map((candidate) => {
        // Signals pass through one layer after the other: what is kept multiplies, its logarithms add up.
        const loss = -Math.log(Math.max(1e-9, 1 - candidate.loss));
        return { candidate, loss, saving: before - candidate[options.cost] };
      }),
    );
  });
  return offers;
}

function choose(offers: ReadonlyMap<Layer, Offer[]>, needed: number, options: Settings): Map<Layer, Offer> {
  const chosen = new Map<Layer, Offer>();
  if (options.rankBy === 'ratio') {
    const choices = allocate([...offers.values()], needed);
    [...offers.keys()].forEach((layer, index) => choices[index] && chosen.set(layer, choices[index]));
    return chosen;
  }
  const limit = options.rankBy === 'energy' ? 1 - options.energy : options.maxError;
  for (const [layer, choices] of offers) {
    const good = choices.filter(({ candidate }) => candidate.loss <= limit);
    if (good.length > 0)
      chosen.set(
        layer,
        good.reduce((best, other) => (other.saving > best.saving ? other : best)),
      );
  }
  return chosen;
}

const reasonToLeave = (offers: readonly Offer[]): string =>
  offers.length === 0
    ? 'No rank makes it cheaper and keeps within the error allowed.'
    : 'Other layers save the same for less error.';

/** What replaces one layer. */
interface Made {
  readonly chains: readonly Chain[];
  /** What the mean of the lost output adds to the bias; empty where nothing can be added. */
  readonly shifts: readonly number[];
  /** Noise over signal as it came out, from the factors themselves. */
  readonly loss: number;
}

async function madeOf(
  { scheme, ranks }: Candidate,
  problems: readonly SeenProblem[],
  multiply: Multiply,
): Promise<Made> {
  const chains: Chain[] = [];
  const shifts: number[] = [];
  let [noise, signal] = [0, 0];
  for (const problem of problems) {
    const chain = await chainOf(problem, scheme, ranks, multiply);
    const lost = difference(problem.weights, await product(problem, scheme, chain, multiply));
    chains.push(chain);
    if (problem.mean) shifts.push(...(await multiply(lost, matrix(problem.mean.length, 1, problem.mean))).data);
    noise += await seenEnergy(lost, problem.gram, multiply);
    signal += await seenEnergy(problem.weights, problem.gram, multiply);
  }
  return { chains, shifts, loss: signal === 0 ? 0 : noise / signal };
}

async function breathe(context: PassContext, fraction: number, message: string, node: string): Promise<void> {
  context.progress({ fraction, message, node });
  await setImmediate();
  throwIfCancelled(context.signal);
}
