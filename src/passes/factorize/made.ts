/** The numbers that replace a layer. */
import { difference, matrix, type Multiply } from '../../numerics/linear/matrix';
import { type Chain, chainOf, product } from './chains';
import { type SeenProblem } from './inputs';
import { seenEnergy } from './lowRank';
import { type Candidate } from './schemes';

/** What replaces one layer. */
export interface Made {
  readonly chains: readonly Chain[];
  /** What the mean of the lost output adds to the bias; empty where nothing can be added. */
  readonly shifts: readonly number[];
  /** Noise over signal as it came out, from the factors themselves. */
  readonly loss: number;
}

/** Builds the chain of a candidate and sees what it loses. */
export async function madeOf(
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
    if (problem.mean) {
      for (const shift of (await multiply(lost, matrix(problem.mean.length, 1, problem.mean))).data) shifts.push(shift);
    }
    noise += await seenEnergy(lost, problem.gram, multiply);
    signal += await seenEnergy(problem.weights, problem.gram, multiply);
  }
  return { chains, shifts, loss: signal === 0 ? 0 : noise / signal };
}
