/** What could be done with a layer: every scheme at a few ranks, with its cost and what it loses. */
import { evbmfRank } from '../../numerics/linear/evbmf';
import { type Multiply } from '../../numerics/linear/matrix';
import { chainOf, type GroupProblem, lossCurve, product } from './chains';
import { channelStep } from '../../runtime/processor';
import { type Layer } from './layers';
import { lossOf, seenEnergy } from './lowRank';
import { type Candidate, costOf, type SchemeId, schemesFor } from './schemes';

/** What is looked for. */
export interface SearchOptions {
  readonly scheme: 'auto' | 'svd' | 'spatial' | 'tucker';
  /** 0 takes what the processor works on at a time. */
  readonly multipleOf: number;
  /** Chains are timed: what does not gain from a rank shows. */
  readonly measure: boolean;
  /** Candidates that lose more are not worth showing. */
  readonly maxError: number;
  readonly cost: 'macs' | 'parameters';
}

/** Depthwise filters run slowly for their MACs: only where they are nearly exact. */
const separableLoss = 0.01;
/** Ranks tried where every one has to be built to know its loss. */
const builtRanks = 5;

/** Candidates that are cheaper than the layer as it is, by falling cost within each scheme. */
export async function candidatesOf(
  layer: Layer,
  problems: readonly GroupProblem[],
  options: SearchOptions,
  multiply: Multiply,
): Promise<Candidate[]> {
  const wanted =
    options.scheme === 'auto' ? schemesFor(layer) : schemesFor(layer).filter((id) => id === options.scheme);
  // A 1×1 or a product has but one way.
  const schemes = wanted.length > 0 || options.scheme === 'svd' ? wanted : schemesFor(layer).slice(0, 1);
  const found: Candidate[] = [];
  for (const scheme of schemes) {
    const ranks = cheaperRanks(layer, scheme, options);
    if (ranks.length > 0) found.push(...(await evaluated(layer, problems, scheme, ranks, multiply)));
  }
  const limit = (scheme: SchemeId): number =>
    scheme === 'separable' ? Math.min(separableLoss, options.maxError) : options.maxError;
  return found.filter(({ scheme, loss }) => loss <= limit(scheme));
}

/**
 * The candidates that keep every component that stands out of noise in the weights; none where all do. Only for schemes
 * of one rank.
 */
export async function aboveNoise(
  candidates: readonly Candidate[],
  problems: readonly GroupProblem[],
  multiply: Multiply,
): Promise<Candidate[]> {
  const floors = new Map<SchemeId, number>();
  for (const scheme of new Set(candidates.map((candidate) => candidate.scheme))) {
    if (scheme === 'tucker' || scheme === 'separable') continue;
    const ranks: number[] = [];
    for (const { weights, channels, kernel } of problems) {
      const curve = await lossCurve({ weights, channels, kernel }, scheme, multiply);
      const longer = weights.data.length / curve.length;
      ranks.push(evbmfRank(curve.map(Math.sqrt), curve.length, longer));
    }
    floors.set(scheme, Math.max(...ranks));
  }
  return candidates.filter(({ scheme, ranks }) => ranks[0]! >= (floors.get(scheme) ?? Infinity));
}

/**
 * Steps of ranks: a convolution of 24 channels takes as long as one of 32 where the processor works on 16 at a time. Where
 * nothing is timed, and in narrow products, half of that lets the ratio be met with less loss.
 */
function stepFor({ kind, inputs, outputs }: Layer, { multipleOf, measure }: SearchOptions): number {
  if (multipleOf > 0) return multipleOf;
  const step = channelStep();
  const isNarrow = Math.min(inputs, outputs) < 3 * step;
  return isNarrow && (kind !== 'Conv' || !measure) ? step >> 1 : step;
}

/** Ranks in steps at which a scheme costs less than the layer. */
function cheaperRanks(layer: Layer, scheme: SchemeId, options: SearchOptions): (readonly number[])[] {
  const { cost } = options;
  const full = layer.tensor.size * (cost === 'macs' ? layer.positions : 1);
  const cheaper = (ranks: readonly number[]): boolean => costOf(layer, scheme, ranks)[cost] < 0.98 * full;
  const step = stepFor(layer, options);
  if (scheme === 'tucker') return tuckerRanks(layer, step).filter(cheaper);
  if (scheme === 'separable') return [1, 2, 3].map((count) => [count]).filter(cheaper);
  const all: (readonly number[])[] = [];
  for (let rank = step; rank < layer.inputs * layer.tensor.size && cheaper([rank]); rank += step) all.push([rank]);
  return all.reverse();
}

function tuckerRanks({ inputs, outputs }: Layer, step: number): (readonly number[])[] {
  const snap = (size: number, share: number): number => Math.max(step, Math.round((size * share) / step) * step);
  const pairs = [0.75, 0.625, 0.5, 0.375, 0.25].map((share) => [snap(inputs, share), snap(outputs, share)] as const);
  const fitting = pairs.filter(([inner, outer]) => inner < inputs && outer < outputs);
  return fitting.filter(([inner, outer], index) => {
    const before = fitting[index - 1];
    return !before || before[0] !== inner || before[1] !== outer;
  });
}

async function evaluated(
  layer: Layer,
  problems: readonly GroupProblem[],
  scheme: SchemeId,
  ranks: readonly (readonly number[])[],
  multiply: Multiply,
): Promise<Candidate[]> {
  const candidate = (given: readonly number[], loss: number): Candidate => {
    return { scheme, ranks: given, ...costOf(layer, scheme, given), loss };
  };
  const seen = problems.some(({ gram }) => gram);
  const exactCurve = scheme === 'svd' || ((scheme === 'input' || scheme === 'spatial') && !seen);
  if (exactCurve) {
    const curves = await Promise.all(problems.map((problem) => lossCurve(problem, scheme, multiply)));
    const total = curves.reduce((sum, curve) => sum + tail(curve, 0), 0);
    return ranks.map((given) => {
      const lost = curves.reduce((sum, curve) => sum + tail(curve, given[0]!), 0);
      return candidate(given, total === 0 ? 0 : lost / total);
    });
  }
  const found: Candidate[] = [];
  for (const given of thinned(ranks, builtRanks)) {
    found.push(candidate(given, await lossOfChain(problems, scheme, given, multiply)));
  }
  return found;
}

/** Noise over signal of a chain over all groups, by building it. */
export async function lossOfChain(
  problems: readonly GroupProblem[],
  scheme: SchemeId,
  ranks: readonly number[],
  multiply: Multiply,
): Promise<number> {
  let [noise, signal] = [0, 0];
  for (const problem of problems) {
    const chain = await chainOf(problem, scheme, ranks, multiply);
    const size = await seenEnergy(problem.weights, problem.gram, multiply);
    signal += size;
    noise += size * (await lossOf(problem, await product(problem, scheme, chain, multiply), multiply));
  }
  return signal === 0 ? 0 : noise / signal;
}

/** What the values from `rank` on add up to. */
function tail(values: Float64Array, rank: number): number {
  let sum = 0;
  for (let i = values.length - 1; i >= rank; i--) sum += values[i]!;
  return sum;
}

/** At most `count` of the items, evenly spread, the first and the last among them. */
function thinned<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
