/**
 * Rank by empirical variational Bayesian matrix factorization: how many singular values stand out of noise (Nakajima,
 * Sugiyama, Babacan & Tomioka 2013, "Global analytic solution of fully-observed variational Bayesian matrix
 * factorization", theorems 2 and 8; noise variance by minimizing the free energy).
 */

/** Number of singular values of an L×M matrix that are signal; `values` are all min(L, M) of them, descending. */
export function evbmfRank(values: ArrayLike<number>, rows: number, columns: number): number {
  const [l, m] = rows <= columns ? [rows, columns] : [columns, rows];
  const squares = Float64Array.from(values, (value) => value * value);
  const total = squares.reduce((sum, value) => sum + value, 0);
  if (l === 0 || total === 0) return 0;
  const alpha = l / m;
  const tau = 2.5129 * Math.sqrt(alpha);
  const edge = (1 + tau) * (1 + alpha / tau);
  const variance = noiseVariance(squares, { l, m, alpha, edge, total });
  const threshold = m * variance * edge;
  return squares.reduce((count, square) => count + (square > threshold ? 1 : 0), 0);
}

interface Problem {
  readonly l: number;
  readonly m: number;
  readonly alpha: number;
  /** Values of s²/(M·σ²) above it are signal. */
  readonly edge: number;
  readonly total: number;
}

/** Minimizes the free energy over the noise variance, between the bounds of the paper. */
function noiseVariance(squares: Float64Array, problem: Problem): number {
  const { l, m, alpha, edge, total } = problem;
  const most = Math.max(0, Math.min(Math.ceil(l / (1 + alpha)) - 1, l) - 1);
  const rest = squares.subarray(Math.min(most + 1, l - 1));
  const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
  const upper = total / (l * m);
  const lower = Math.max((rest[0] ?? 0) / (m * edge), mean / m, upper * 1e-12);
  if (lower >= upper) return upper;
  // The energy has kinks where a value crosses the edge: scan first, then narrow around the best.
  const steps = 64;
  const at = (i: number): number => lower * (upper / lower) ** (i / steps);
  let best = 0;
  for (let i = 1; i <= steps; i++) {
    if (freeEnergy(squares, at(i), problem) < freeEnergy(squares, at(best), problem)) best = i;
  }
  return goldenSection(
    (x) => freeEnergy(squares, x, problem),
    at(Math.max(0, best - 1)),
    at(Math.min(steps, best + 1)),
  );
}

function freeEnergy(squares: Float64Array, variance: number, { l, m, alpha, edge }: Problem): number {
  let sum = 0;
  for (const square of squares) {
    const x = square / (m * variance);
    if (x <= edge) sum += x - Math.log(Math.max(x, Number.MIN_VALUE));
    else {
      const shifted = x - (1 + alpha);
      const tau = (shifted + Math.sqrt(Math.max(0, shifted * shifted - 4 * alpha))) / 2;
      sum += x - tau + Math.log((tau + 1) / x) + alpha * Math.log(tau / alpha + 1);
    }
  }
  return sum + (l - squares.length) * Math.log(variance);
}

function goldenSection(f: (x: number) => number, from: number, to: number): number {
  const share = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [from, to];
  for (let i = 0; i < 60 && b - a > 1e-9 * b; i++) {
    const [left, right] = [b - share * (b - a), a + share * (b - a)];
    if (f(left) < f(right)) b = right;
    else a = left;
  }
  return (a + b) / 2;
}
