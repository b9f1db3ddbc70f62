/** Replaces layers by chains of thinner ones. */
import { setImmediate } from 'node:timers/promises';
import { cloneModel } from '../../graph/clone';
import { bitsOf } from '../../graph/dataType';
import { type Model } from '../../graph/model';
import { type Multiply } from '../../numerics/linear/matrix';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { matrixProducts } from '../../pass/matrixProducts';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { allocate, type Choice } from './allocate';
import { candidatesOf, problemsOf } from './candidates';
import { chainOf } from './chains';
import { type declaration } from './declaration';
import { findLayers, type FoundLayers, type Layer } from './layers';
import { rewriteLayer } from './rewrite';
import { type Candidate, describe } from './schemes';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** A candidate with what it saves of the cost that counts. */
interface Offer extends Choice {
  readonly candidate: Candidate;
}

/** Factorizes what is worth it. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const copy = cloneModel(model);
  const found = findLayers(copy, options.exclude, context.dims);
  const products = matrixProducts(context.runtime);
  try {
    const offers = await offersFor(found.layers, options, products.multiply, context);
    const chosen = choose(offers, found, options);
    const changed: ChangedLayer[] = [];
    const skipped: SkippedLayer[] = [...found.skipped];
    for (const [index, layer] of found.layers.entries()) {
      const place = { node: layer.node.label, opType: layer.node.opType };
      const offer = chosen[index];
      if (!offer) {
        skipped.push({ ...place, reason: reasonToLeave(offers[index]!) });
        continue;
      }
      await breathe(context, 0.6 + (0.4 * index) / found.layers.length, `Factorizing ${place.node}`, place.node);
      await factorize(layer, offer.candidate, products.multiply);
      changed.push({ ...place, ...accountOf(layer, offer.candidate) });
    }
    if (changed.length === 0) return { model, changed, skipped, notes: [] };
    return { model: copy, changed, skipped, notes: notesOf(found, chosen, options) };
  } finally {
    await products.close();
  }
}

async function offersFor(
  layers: readonly Layer[],
  options: Settings,
  multiply: Multiply,
  context: PassContext,
): Promise<Offer[][]> {
  const offers: Offer[][] = [];
  for (const [index, layer] of layers.entries()) {
    await breathe(context, (0.6 * index) / layers.length, `Decomposing ${layer.node.label}`, layer.node.label);
    const before = layer.tensor.size * (options.cost === 'macs' ? layer.positions : 1);
    const candidates = await candidatesOf(layer, problemsOf(layer), options, multiply);
    offers.push(
      candidates.map((candidate) => ({ candidate, loss: candidate.loss, saving: before - candidate[options.cost] })),
    );
  }
  return offers;
}

function choose(offers: readonly Offer[][], found: FoundLayers, options: Settings): (Offer | undefined)[] {
  if (options.rankBy === 'ratio') return allocate(offers, (1 - options.ratio) * found[options.cost]);
  const limit = options.rankBy === 'energy' ? 1 - options.energy : options.maxError;
  return offers.map((choices) => {
    const good = choices.filter(({ loss }) => loss <= limit);
    return good.reduce<Offer | undefined>(
      (best, other) => (best && best.saving >= other.saving ? best : other),
      undefined,
    );
  });
}

const reasonToLeave = (offers: readonly Offer[]): string =>
  offers.length === 0
    ? 'No rank makes it cheaper and keeps within the error allowed.'
    : 'Other layers save the same for less error.';

async function factorize(layer: Layer, { scheme, ranks }: Candidate, multiply: Multiply): Promise<void> {
  const chains = [];
  for (const problem of problemsOf(layer)) chains.push(await chainOf(problem, scheme, ranks, multiply));
  rewriteLayer(layer, scheme, ranks, chains);
}

function accountOf(layer: Layer, candidate: Candidate): Omit<ChangedLayer, 'node' | 'opType'> {
  const bytes = bitsOf(layer.dataType) / 8;
  return {
    what: `${describe(layer, candidate.scheme, candidate.ranks)}; ${(100 * candidate.loss).toPrecision(2)} % of the weights' energy lost`,
    bytesBefore: layer.tensor.size * bytes,
    bytesAfter: candidate.parameters * bytes,
    weightSqnrDb: candidate.loss > 0 ? -10 * Math.log10(candidate.loss) : null,
  };
}

function notesOf(found: FoundLayers, chosen: readonly (Offer | undefined)[], options: Settings): string[] {
  const total = found[options.cost];
  const saved = chosen.reduce((sum, offer) => sum + (offer?.saving ?? 0), 0);
  const left = 1 - saved / total;
  const what = options.cost === 'macs' ? 'multiply-accumulates' : 'parameters';
  const notes = [`${(100 * left).toFixed(1)} % of the ${what} remain.`];
  if (options.rankBy === 'ratio' && left > options.ratio * 1.001) {
    notes.push(`No more can be saved than that, so the ratio of ${options.ratio} is not reached.`);
  }
  return notes;
}

async function breathe(context: PassContext, fraction: number, message: string, node: string): Promise<void> {
  context.progress({ fraction, message, node });
  await setImmediate();
  throwIfCancelled(context.signal);
}
