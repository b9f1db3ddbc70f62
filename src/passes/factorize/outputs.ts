/**
 * What the loss of one layer does to the outputs of the model, tried on samples that no factor was fitted to: a percent
 * lost in one layer may matter thirty times as much as in another, and more where few samples span what it sees.
 */
import { partOf } from '../../data/part';
import { type DataSource } from '../../data/source';
import { cloneModel, twinOf } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { shiftBias } from '../../pass/layerBias';
import { linearLayerOf } from '../../pass/linearLayer';
import { Reference } from '../../pass/reference';
import { hullOf } from './allocate';
import { type Layer } from './layers';
import { type Made } from './made';
import { rewriteLayer } from './rewrite';
import { type Candidate } from './schemes';

/** Losses at the layer near which a chain is tried. */
const triedLosses = [0.003, 0.03, 0.2];
/** Samples that are kept apart to try on: a quarter of them, within bounds. */
const [fewestHeld, mostHeld] = [4, 16];
/** Seconds that trying may take, at a rate of multiply-accumulates that most machines reach. */
const [mostSeconds, macsPerSecond] = [60, 3e10];

/** Data that factors are fitted to, and outputs of the model on the rest. */
export interface HeldOut {
  readonly fitted: DataSource;
  readonly reference: Reference;
}

/** Keeps samples apart where there are enough of them, and where running the model so often takes no more than a minute. */
export async function holdOut(
  model: Model,
  layers: number,
  macs: number,
  { data, runtime, signal }: PassContext,
): Promise<HeldOut | undefined> {
  if (!data || data.random || !runtime) return undefined;
  const affordable = Math.floor((mostSeconds * macsPerSecond) / (Math.max(1, macs) * layers * triedLosses.length));
  const count = Math.min(mostHeld, affordable, Math.floor(data.size / 4));
  if (count < fewestHeld) return undefined;
  const size = data.size - count;
  const fitted = partOf(data, 0, size);
  return { fitted, reference: await Reference.of(model, { runtime, samples: data, start: size, count, signal }) };
}

/** Noise over signal at the outputs of `model` for each candidate of `layer`: tried for a few, read off for the others. */
export async function outputLosses(
  model: Model,
  layer: Layer,
  candidates: readonly (Candidate & { readonly saving: number })[],
  reference: Reference,
  make: (candidate: Candidate) => Promise<Made>,
): Promise<Map<Candidate, number>> {
  const corners = hullOf(candidates).filter(({ loss }) => loss > 0);
  const tried = triedLosses.map((wanted) =>
    corners.reduce<Candidate | undefined>((best, each) => {
      const distance = ({ loss }: Candidate): number => Math.abs(Math.log(loss / wanted));
      return !best || distance(each) < distance(best) ? each : best;
    }, undefined),
  );
  const points: { readonly loss: number; readonly gain: number }[] = [];
  for (const candidate of new Set(tried)) {
    if (!candidate) continue;
    const { sqnrDb } = await reference.measure(withChain(model, layer, candidate, await make(candidate)));
    const noise = Number.isNaN(sqnrDb) ? 1e9 : Math.max(1e-12, 10 ** (-sqnrDb / 10));
    points.push({ loss: candidate.loss, gain: noise / candidate.loss });
  }
  points.sort((a, b) => a.loss - b.loss);
  return new Map(candidates.map((candidate) => [candidate, candidate.loss * gainAt(candidate.loss, points)]));
}

/** How much of a loss reaches the outputs: between points on a logarithmic scale, beyond them as at the last. */
function gainAt(loss: number, points: readonly { readonly loss: number; readonly gain: number }[]): number {
  const above = points.findIndex((point) => point.loss >= loss);
  if (above === -1) return points.at(-1)?.gain ?? 1;
  const [low, high] = [points[above - 1], points[above]!];
  if (!low) return high.gain;
  const share = Math.log(loss / low.loss) / Math.log(high.loss / low.loss);
  return low.gain ** (1 - share) * high.gain ** share;
}

/** A copy in which one layer is replaced. */
function withChain(model: Model, layer: Layer, { scheme, ranks }: Candidate, { chains, shifts }: Made): Model {
  const copy = cloneModel(model);
  const twin = linearLayerOf(twinOf(layer.node, model, copy));
  if (typeof twin !== 'object') return copy;
  if (shifts.length > 0) shiftBias(twin, Float64Array.from(shifts));
  rewriteLayer({ ...layer, ...twin }, scheme, ranks, chains);
  return copy;
}
