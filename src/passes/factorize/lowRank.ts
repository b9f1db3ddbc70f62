/**
 * The best approximation of a weight matrix by a product of two thin ones: of the weights themselves, or, given the
 * second moments of the inputs, of the outputs. With C = XXᵀ and C = L·Lᵀ, ‖(W − Ŵ)·X‖ is least for the truncated SVD
 * of W·L (Eckart & Young 1936). Its left singular vectors are the principal axes of the outputs, so that L is needed
 * only where there are fewer inputs than outputs.
 */
import { cholesky } from '../../numerics/linear/cholesky';
import { eigenSymmetric, eigenvaluesSymmetric } from '../../numerics/linear/eigen';
import {
  columnsOf,
  difference,
  energy,
  type Matrix,
  matrix,
  type Multiply,
  transposed,
} from '../../numerics/linear/matrix';
import { leadingSubspace, operatorOf, symmetrized } from '../../numerics/linear/svd';

/** W with what is known of its inputs. */
export interface Problem {
  /** n×m. */
  readonly weights: Matrix;
  /** m×m second moments of the inputs; absent: the weights themselves are approximated. */
  readonly gram?: Matrix;
}

/** W ≈ left·right. */
export interface Split {
  /** n×r */
  readonly left: Matrix;
  /** r×m */
  readonly right: Matrix;
}

/** The symmetric matrix whose eigenvectors give the factors, and how. */
interface Core {
  readonly matrix: Matrix;
  /** Its eigenvectors are those of the outputs (left) or of the whitened inputs (right). */
  readonly side: 'left' | 'right';
  readonly whitening?: { readonly factor: Matrix; readonly inverse: Matrix };
}

async function coreOf({ weights, gram }: Problem, multiply: Multiply): Promise<Core> {
  const { rows, columns } = weights;
  if (rows <= columns) {
    const seen = gram ? await multiply(weights, gram) : weights;
    return { matrix: symmetrized(await multiply(seen, weights, { transposeB: true })), side: 'left' };
  }
  if (!gram) return { matrix: await multiply(weights, weights, { transposeA: true }), side: 'right' };
  const whitening = await cholesky(gram, multiply);
  const seen = await multiply(weights, whitening.factor);
  return { matrix: await multiply(seen, seen, { transposeA: true }), side: 'right', whitening };
}

/** Squared singular values, descending, min(n, m) of them: what each rank adds. They sum up to the whole energy. */
export async function spectrum(problem: Problem, multiply: Multiply): Promise<Float64Array> {
  const core = await coreOf(problem, multiply);
  return eigenvaluesSymmetric(core.matrix).map((value) => Math.max(0, value));
}

/** The best split of the given rank. */
export async function split(problem: Problem, rank: number, multiply: Multiply): Promise<Split> {
  const { weights } = problem;
  const core = await coreOf(problem, multiply);
  const basis = await leadingBasis(core.matrix, rank, multiply);
  if (core.side === 'left') return balanced(basis, await multiply(basis, weights, { transposeA: true }));
  const { whitening } = core;
  if (!whitening) return balanced(await multiply(weights, basis), transposed(basis));
  const axes = await multiply(whitening.factor, basis);
  return balanced(await multiply(weights, axes), await multiply(basis, whitening.inverse, { transposeA: true }));
}

/** Leading eigenvectors: by iteration where the rank is far below the size, else exactly. */
export async function leadingBasis(a: Matrix, rank: number, multiply: Multiply): Promise<Matrix> {
  const oversampling = 64;
  if (rank + oversampling > 0.75 * a.rows) return columnsOf(eigenSymmetric(a).vectors, 0, rank);
  return (await leadingSubspace(operatorOf(a, multiply), rank, { multiply, oversampling, iterations: 12 })).basis;
}

/** The same product with equally large factors, component by component: neither loses digits in float16 or int8. */
function balanced(left: Matrix, right: Matrix): Split {
  const rank = right.rows;
  const factors = new Float64Array(rank);
  for (let k = 0; k < rank; k++) {
    let [a, b] = [0, 0];
    for (let i = 0; i < left.rows; i++) a += left.data[i * rank + k]! ** 2;
    for (let j = 0; j < right.columns; j++) b += right.data[k * right.columns + j]! ** 2;
    factors[k] = a > 0 && b > 0 ? (b / a) ** 0.25 : 1;
  }
  return {
    left: matrix(
      left.rows,
      rank,
      left.data.map((value, index) => value * factors[index % rank]!),
    ),
    right: matrix(
      rank,
      right.columns,
      right.data.map((value, index) => value / factors[Math.floor(index / right.columns)]!),
    ),
  };
}

/** Energy of A·X given C = XXᵀ (of A itself without C): tr(A·C·Aᵀ). */
export async function seenEnergy(a: Matrix, gram: Matrix | undefined, multiply: Multiply): Promise<number> {
  if (!gram) return energy(a);
  const seen = await multiply(a, gram);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += seen.data[i]! * a.data[i]!;
  return Math.max(0, sum);
}

/** Noise over signal of an approximation, at the output where the inputs are known. */
export async function lossOf({ weights, gram }: Problem, approximation: Matrix, multiply: Multiply): Promise<number> {
  const signal = await seenEnergy(weights, gram, multiply);
  return signal === 0 ? 0 : (await seenEnergy(difference(weights, approximation), gram, multiply)) / signal;
}
