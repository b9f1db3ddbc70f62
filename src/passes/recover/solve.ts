/**
 * The weights that come nearest to given outputs, in closed form: W' = W + (C_yx − W·C_xx)·(C_xx + λ·I)⁻¹ about the
 * means, ridge regression towards the weights that are there (Hoerl & Kennard 1970). λ is chosen on samples that the fit
 * has not seen; the bias then takes what is left of the mean.
 */
import { cholesky, damped } from '../../numerics/linear/cholesky';
import { matrix, type Matrix, type Multiply } from '../../numerics/linear/matrix';
import { type Sums } from '../../pass/moments';

/** One group of a layer: its weights (n×m), what it adds, and moments of inputs and wanted outputs. */
export interface FitProblem {
  readonly weights: Matrix;
  readonly bias: Float64Array;
  /** False where the layer cannot add anything: then the fit goes through the origin. */
  readonly hasBias: boolean;
  readonly training: Sums;
  readonly validation: Sums;
}

/** New weights and bias. */
export interface Fit {
  readonly weights: Matrix;
  readonly bias: Float64Array;
}

/** What the choice of λ rests on. */
export interface FitResult {
  readonly fits: readonly Fit[];
  /** Noise over signal on the validation samples (the training samples where there are no others), before and after. */
  readonly before: number;
  readonly after: number;
  /** Ridge, as a share of the mean of the diagonal; undefined: the weights stay, at most the bias moves. */
  readonly ridge?: number;
}

/** NUMERICS gives 1e-2; samples decide between its neighbours. */
const ridges = [1e-4, 1e-3, 1e-2, 1e-1, 1];

/** What gains less stays as it is: rounding, or noise of the samples. */
const [leastGain, rounding] = [0.99, 1e-9];

/** Moments about the means. */
interface Centred {
  readonly xx: Matrix;
  readonly yx: Matrix;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Fits all groups of a layer with one λ. */
export async function fitLayer(problems: readonly FitProblem[], multiply: Multiply): Promise<FitResult> {
  const judges = problems.map(({ training, validation }) => (validation.count > 0 ? validation : training));
  const signal = sum(judges.map(spread));
  const lossOf = async (fits: readonly Fit[]): Promise<number> => {
    const losses = [];
    for (const [group, fit] of fits.entries()) losses.push(await errorOf(fit, judges[group]!, multiply));
    return signal > 0 ? sum(losses) / signal : 0;
  };
  const present = problems.map(({ weights, bias }) => ({ weights, bias }));
  const before = await lossOf(present);
  let best: { loss: number; ridge?: number; moved: boolean } = { loss: before * leastGain - rounding, moved: false };
  const consider = async (ridge: number | undefined): Promise<void> => {
    const fits = [];
    for (const problem of problems) fits.push(await fitGroup(problem, problem.training, ridge, multiply));
    const loss = await lossOf(fits);
    if (loss < best.loss) best = { loss, moved: true, ...(ridge !== undefined && { ridge }) };
  };
  await consider(undefined);
  for (const ridge of ridges) await consider(ridge);
  if (!best.moved) return { fits: present, before, after: before };
  const fits = [];
  for (const problem of problems) {
    fits.push(await fitGroup(problem, together(problem.training, problem.validation), best.ridge, multiply));
  }
  return { fits, before, after: best.loss, ...(best.ridge !== undefined && { ridge: best.ridge }) };
}

async function fitGroup(
  { weights, bias, hasBias }: FitProblem,
  sums: Sums,
  ridge: number | undefined,
  multiply: Multiply,
): Promise<Fit> {
  const about = centred(sums, hasBias);
  const fitted = ridge === undefined ? weights : await refitted(weights, about, ridge, multiply);
  if (!hasBias) return { weights: fitted, bias };
  const mapped = await multiply(fitted, matrix(about.x.length, 1, about.x));
  return { weights: fitted, bias: about.y.map((value, index) => value - mapped.data[index]!) };
}

async function refitted(weights: Matrix, { xx, yx }: Centred, ridge: number, multiply: Multiply): Promise<Matrix> {
  const present = await multiply(weights, xx);
  const rest = matrix(
    yx.rows,
    yx.columns,
    yx.data.map((value, index) => value - present.data[index]!),
  );
  const { inverse } = await cholesky(damped(xx, ridge), multiply);
  const change = await multiply(await multiply(rest, inverse, { transposeB: true }), inverse);
  return matrix(
    weights.rows,
    weights.columns,
    weights.data.map((value, index) => value + change.data[index]!),
  );
}

function centred({ count, gram, inputs, cross, targets }: Sums, hasBias: boolean): Centred {
  const x = inputs.map((value) => (hasBias ? value / count : 0));
  const y = targets.map((value) => (hasBias ? value / count : 0));
  return { x, y, xx: about(gram, count, x, x), yx: about(cross, count, y, x) };
}

function about({ rows, columns, data }: Matrix, count: number, left: Float64Array, right: Float64Array): Matrix {
  const result = matrix(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++)
      result.data[i * columns + j] = data[i * columns + j]! / count - left[i]! * right[j]!;
  }
  return result;
}

/** E‖y − W·x − b‖² from the moments. */
async function errorOf({ weights, bias }: Fit, sums: Sums, multiply: Multiply): Promise<number> {
  const { count, gram, inputs, cross, targets, targetSquares } = sums;
  const mapped = await multiply(weights, gram);
  const sumsOfOutputs = await multiply(weights, matrix(inputs.length, 1, inputs));
  let error = 0;
  for (let i = 0; i < weights.data.length; i++) error += weights.data[i]! * (mapped.data[i]! - 2 * cross.data[i]!);
  bias.forEach((b, n) => {
    error += targetSquares[n]! - 2 * b * targets[n]! + 2 * b * sumsOfOutputs.data[n]! + count * b * b;
  });
  return Math.max(0, error) / count;
}

/** Variance of the targets, summed over the outputs. */
function spread({ count, targets, targetSquares }: Sums): number {
  return targets.reduce((total, value, n) => total + targetSquares[n]! / count - (value / count) ** 2, 0);
}

function together(a: Sums, b: Sums): Sums {
  const add = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, index) => value + y[index]!);
  const addMatrix = (x: Matrix, y: Matrix): Matrix => matrix(x.rows, x.columns, add(x.data, y.data));
  return {
    count: a.count + b.count,
    gram: addMatrix(a.gram, b.gram),
    inputs: add(a.inputs, b.inputs),
    cross: addMatrix(a.cross, b.cross),
    targets: add(a.targets, b.targets),
    targetSquares: add(a.targetSquares, b.targetSquares),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
