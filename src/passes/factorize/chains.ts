/** The numbers of a chain: weights of every stage from the weights of a layer, and what the chain loses. */
import { countElements } from '../../graph/shape';
import { damped, solveRight } from '../../numerics/linear/cholesky';
import { matrix, type Matrix, type Multiply, transposed } from '../../numerics/linear/matrix';
import { leadingBasis, type Problem, split, spectrum } from './lowRank';
import { type SchemeId } from './schemes';

/** One group of a layer: W is outputs × (channels · taps), its inputs are patches in that order. */
export interface GroupProblem extends Problem {
  readonly channels: number;
  /** Extent of the kernel; [] for products. */
  readonly kernel: readonly number[];
}

/** Weights of the stages of one group, each outputs × (inputs · its taps). */
export type Chain = readonly Matrix[];

/** Least squares from sampled moments needs a little ridge where inputs are nearly dependent. */
const ridge = 1e-6;

const tapsOf = (kernel: readonly number[]): number => countElements(kernel);

/** How many taps the second of two stages keeps: 1 is plain SVD, all of them the 1×1 first, kw the spatial one. */
function outerTaps(scheme: SchemeId, kernel: readonly number[]): number {
  if (scheme === 'spatial') return kernel[1]!;
  return scheme === 'svd' ? 1 : tapsOf(kernel);
}

/** What is lost at each rank of a two-stage scheme: exact without moments of the inputs, an estimate with them. */
export async function lossCurve(problem: GroupProblem, scheme: SchemeId, multiply: Multiply): Promise<Float64Array> {
  return spectrum(folded(problem, outerTaps(scheme, problem.kernel)), multiply);
}

/** Builds the chain of a scheme. */
export async function chainOf(
  problem: GroupProblem,
  scheme: SchemeId,
  ranks: readonly number[],
  multiply: Multiply,
): Promise<Chain> {
  const [inner = 1, outer = inner] = ranks;
  if (scheme === 'tucker') return tucker(problem, inner, outer, multiply);
  if (scheme === 'separable') return separable(problem, inner, multiply);
  const { first, second } = await pair(problem, outerTaps(scheme, problem.kernel), inner, multiply);
  return [first, second];
}

/** The weights that a chain stands for, outputs × (channels · taps). */
export async function product(
  { channels, kernel }: GroupProblem,
  scheme: SchemeId,
  chain: Chain,
  multiply: Multiply,
): Promise<Matrix> {
  const taps = tapsOf(kernel);
  const [first, second, third] = chain as [Matrix, Matrix, Matrix?];
  if (scheme === 'separable') return multiply(second, spread(first, channels, taps));
  const inner = await unfolded(first, second, outerTaps(scheme, kernel), multiply);
  return third ? multiply(third, inner) : inner;
}

/** B·(P ⊗ I): what the two stages of a pair are together. */
export async function unfolded(first: Matrix, second: Matrix, taps: number, multiply: Multiply): Promise<Matrix> {
  if (taps === 1) return multiply(second, first);
  const [n, r, a] = [second.rows, first.rows, first.columns];
  const folded = await multiply(regrouped(second, r, taps), first);
  return ungrouped(folded, n, a, taps);
}

/** n×(a·t) as (n·t)×a: the taps that the second stage keeps join the outputs. */
function regrouped({ rows, data }: Matrix, a: number, taps: number): Matrix {
  const result = matrix(rows * taps, a);
  for (let n = 0; n < rows; n++) {
    for (let i = 0; i < a; i++) {
      for (let t = 0; t < taps; t++) result.data[(n * taps + t) * a + i] = data[(n * a + i) * taps + t]!;
    }
  }
  return result;
}

/** The inverse of `regrouped`. */
function ungrouped({ data }: Matrix, rows: number, a: number, taps: number): Matrix {
  const result = matrix(rows, a * taps);
  for (let n = 0; n < rows; n++) {
    for (let t = 0; t < taps; t++) {
      for (let i = 0; i < a; i++) result.data[(n * a + i) * taps + t] = data[(n * taps + t) * a + i]!;
    }
  }
  return result;
}

/** The problem of the first stage alone: its inputs seen through every tap of the second, on average. */
function folded({ weights, gram }: Problem, taps: number): Problem {
  if (taps === 1) return { weights, gram };
  const a = weights.columns / taps;
  return { weights: regrouped(weights, a, taps), ...(gram && { gram: partialTrace(gram, a, taps) }) };
}

function partialTrace({ columns, data }: Matrix, a: number, taps: number): Matrix {
  const result = matrix(a, a);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < a; j++) {
      for (let t = 0; t < taps; t++) result.data[i * a + j]! += data[(i * taps + t) * columns + j * taps + t]!;
    }
  }
  return result;
}

async function pair(
  problem: GroupProblem,
  taps: number,
  rank: number,
  multiply: Multiply,
): Promise<{ first: Matrix; second: Matrix; gram?: Matrix }> {
  const { left, right } = await split(folded(problem, taps), rank, multiply);
  if (taps === 1) return { first: right, second: left };
  if (!problem.gram) return { first: right, second: ungrouped(left, problem.weights.rows, rank, taps) };
  return { first: right, ...(await refit(problem, right, taps, multiply)) };
}

/** (P ⊗ I)·M for M of (a·t) rows: the rows of one tap are every t-th. */
async function project(p: Matrix, m: Matrix, taps: number, multiply: Multiply): Promise<Matrix> {
  const wide = matrix(p.columns, taps * m.columns, m.data);
  const { data } = await multiply(p, wide);
  return matrix(p.rows * taps, m.columns, data);
}

/** The second stage that does best behind a given first one: B = W·C·Zᵀ·(Z·C·Zᵀ)⁻¹ with Z = P ⊗ I. */
async function refit(
  { weights, gram }: Problem,
  p: Matrix,
  taps: number,
  multiply: Multiply,
): Promise<{ second: Matrix; gram: Matrix }> {
  const seen = await project(p, gram!, taps, multiply);
  const inner = await project(p, transposed(seen), taps, multiply);
  const cross = await multiply(weights, seen, { transposeB: true });
  return { second: await solveRight(cross, damped(inner, ridge), multiply), gram: inner };
}

/** Tucker-2: the inner basis from the channels, the outer from what then comes out; two sweeps (HOOI) on bare weights. */
async function tucker(problem: GroupProblem, inner: number, outer: number, multiply: Multiply): Promise<Chain> {
  const { weights, channels, kernel } = problem;
  const taps = tapsOf(kernel);
  if (problem.gram) {
    const { first, second, gram } = await pair(problem, taps, inner, multiply);
    const { left, right } = await split({ weights: second, gram }, outer, multiply);
    return [first, right, left];
  }
  let seen = weights;
  for (let sweep = 0; ; sweep++) {
    const view = regrouped(seen, channels, taps);
    const basis = await leadingBasis(await multiply(view, view, { transposeA: true }), inner, multiply);
    const core = ungrouped(await multiply(regrouped(weights, channels, taps), basis), weights.rows, inner, taps);
    const { left, right } = await split({ weights: core }, outer, multiply);
    if (sweep === 2) return [transposed(basis), right, left];
    const axes = await leadingBasis(await multiply(core, core, { transposeB: true }), outer, multiply);
    seen = await multiply(axes, weights, { transposeA: true });
  }
}

/** `count` filters for each channel, then 1×1 (compact filters): the leading right singular vectors of each n×taps slice. */
async function separable(problem: GroupProblem, count: number, multiply: Multiply): Promise<Chain> {
  const { weights, channels, gram } = problem;
  const [n, taps] = [weights.rows, tapsOf(problem.kernel)];
  const filters = matrix(channels * count, taps);
  const mixing = matrix(n, channels * count);
  for (let c = 0; c < channels; c++) {
    const slice = matrix(n, taps);
    for (let o = 0; o < n; o++) {
      slice.data.set(weights.data.subarray((o * channels + c) * taps, (o * channels + c + 1) * taps), o * taps);
    }
    const { left, right } = await split(
      { weights: slice, ...(gram && { gram: block(gram, c * taps, taps) }) },
      count,
      multiply,
    );
    filters.data.set(right.data, c * count * taps);
    for (let o = 0; o < n; o++) {
      for (let i = 0; i < count; i++) mixing.data[o * channels * count + c * count + i] = left.data[o * count + i]!;
    }
  }
  if (!gram) return [filters, mixing];
  const z = spread(filters, channels, taps);
  const seen = await multiply(z, gram);
  const inner = await multiply(seen, z, { transposeB: true });
  const cross = await multiply(weights, seen, { transposeB: true });
  return [filters, await solveRight(cross, damped(inner, ridge), multiply)];
}

/** Depthwise filters as a matrix over all channels. */
function spread(filters: Matrix, channels: number, taps: number): Matrix {
  const count = filters.rows / channels;
  const result = matrix(filters.rows, channels * taps);
  for (let row = 0; row < filters.rows; row++) {
    const c = Math.floor(row / count);
    result.data.set(filters.data.subarray(row * taps, (row + 1) * taps), row * channels * taps + c * taps);
  }
  return result;
}

function block({ columns, data }: Matrix, from: number, size: number): Matrix {
  const result = matrix(size, size);
  for (let i = 0; i < size; i++) {
    result.data.set(data.subarray((from + i) * columns + from, (from + i) * columns + from + size), i * size);
  }
  return result;
}
