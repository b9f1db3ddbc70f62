/**
 * Eigenvalues and eigenvectors of a symmetric matrix, all of them: Householder tridiagonalization, then QL with implicit
 * shifts (Golub & Van Loan, Matrix Computations, 4th ed., algorithms 8.3.1 to 8.3.3; Dubrulle, Martin & Wilkinson 1968).
 */
import { matrix, type Matrix } from './matrix';

/** Eigenvalues in descending order; column j of `vectors` belongs to value j. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Matrix;
}

/** The tridiagonal form: A = Q T Qᵀ, with the reflectors that make Q. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `below[i]` couples i and i + 1; the last is 0. */
  readonly below: Float64Array;
  /** Row k holds the Householder vector of step k (from element k + 1 on). */
  readonly reflectors: Float64Array;
  readonly betas: Float64Array;
}

/** A sweep of QL takes this many at most; 30 is never reached in practice. */
const maxSweeps = 60;

/** Eigendecomposition of symmetric `a` (its lower triangle is read). Takes about 7·n³ operations. */
export function eigenSymmetric(a: Matrix): Eigen {
  const form = tridiagonalize(a);
  const rotations = new Rotations();
  const values = implicitQl(form, rotations);
  // Rows of Qᵀ: rotations of neighbouring columns of Q then work on contiguous memory.
  const rows = accumulate(form, a.rows);
  rotations.applyTo(rows, a.rows);
  return sorted(values, rows);
}

/** Eigenvalues of symmetric `a`, descending: a fifth of the work. */
export function eigenvaluesSymmetric(a: Matrix): Float64Array {
  return implicitQl(tridiagonalize(a)).sort().reverse();
}

function tridiagonalize({ rows: n, data }: Matrix): Tridiagonal {
  const a = Float64Array.from(data);
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  const reflectors = new Float64Array(n * n);
  const betas = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    const v = reflectors.subarray(k * n, (k + 1) * n);
    const { beta, below: coupling } = reflector(a, n, k, v);
    betas[k] = beta;
    below[k] = coupling;
    if (beta !== 0) rankTwoUpdate(a, n, k + 1, v, w, beta);
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i]!;
  return { diagonal, below, reflectors, betas };
}

/**
 * The Householder vector that clears column k below its first subdiagonal element. It is scaled: squares of elements
 * below 1e-154 would vanish, and β with them grow beyond all numbers (Golub & Van Loan, algorithm 5.1.1).
 */
function reflector(a: Float64Array, n: number, k: number, v: Float64Array): { beta: number; below: number } {
  let scale = 0;
  for (let i = k + 1; i < n; i++) scale = Math.max(scale, Math.abs(a[i * n + k]!));
  const first = a[(k + 1) * n + k]!;
  // An infinity or NaN goes on to where it is told of.
  if (scale === 0) return { beta: 0, below: first };
  let tail = 0;
  for (let i = k + 1; i < n; i++) {
    v[i] = a[i * n + k]! / scale;
    if (i > k + 1) tail += v[i]! * v[i]!;
  }
  if (tail === 0) return { beta: 0, below: first };
  const head = v[k + 1]!;
  const norm = Math.sqrt(head * head + tail);
  const below = head > 0 ? -norm : norm;
  v[k + 1] = head - below;
  return { beta: 2 / (v[k + 1]! * v[k + 1]! + tail), below: scale * below };
}

/** A ← HAH with H = I − β·v·vᵀ, on the lower triangle from index `from` on. */
function rankTwoUpdate(a: Float64Array, n: number, from: number, v: Float64Array, w: Float64Array, beta: number): void {
  w.fill(0, from);
  for (let i = from; i < n; i++) {
    const row = i * n;
    const vi = v[i]!;
    let sum = 0;
    for (let j = from; j < i; j++) {
      const element = a[row + j]!;
      sum += element * v[j]!;
      w[j]! += element * vi;
    }
    w[i]! += sum + a[row + i]! * vi;
  }
  let dot = 0;
  for (let i = from; i < n; i++) dot += w[i]! * v[i]!;
  const half = (beta * beta * dot) / 2;
  for (let i = from; i < n; i++) w[i] = beta * w[i]! - half * v[i]!;
  for (let i = from; i < n; i++) {
    const row = i * n;
    const [vi, wi] = [v[i]!, w[i]!];
    for (let j = from; j <= i; j++) a[row + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

/** Qᵀ as rows. */
function accumulate({ reflectors, betas }: Tridiagonal, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  // Q = H0·H1·…: from the last to the first, each touches only the trailing block.
  for (let k = n - 2; k >= 0; k--) {
    const beta = betas[k]!;
    if (beta === 0) continue;
    const v = reflectors.subarray(k * n, (k + 1) * n);
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      let dot = 0;
      for (let j = k + 1; j < n; j++) dot += q[row + j]! * v[j]!;
      dot *= beta;
      for (let j = k + 1; j < n; j++) q[row + j]! -= dot * v[j]!;
    }
  }
  return q;
}

/** Diagonalizes the tridiagonal form; records the rotations when asked. */
function implicitQl({ diagonal, below }: Tridiagonal, rotations?: Rotations): Float64Array {
  const n = diagonal.length;
  const d = diagonal;
  const e = below;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]!) + Math.abs(e[i]!));
  // Relative to the whole matrix: where eigenvalues are zero, neighbours give nothing to compare with.
  const negligible = Number.EPSILON * norm;
  for (let low = 0; low < n; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high < n - 1) {
        if (Math.abs(e[high]!) <= negligible) break;
        high++;
      }
      if (high === low) break;
      if (sweep === maxSweeps)
        throw new RangeError('The eigenvalues do not converge: the matrix holds NaN or infinities.');
      qlSweep(d, e, low, high, rotations);
    }
  }
  return d;
}

/** One implicit QL sweep over the unreduced block low..high, with Wilkinson's shift. */
function qlSweep(d: Float64Array, e: Float64Array, low: number, high: number, rotations?: Rotations): void {
  let g = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const root = Math.sqrt(g * g + 1);
  g = d[high]! - d[low]! + e[low]! / (g + (g >= 0 ? root : -root));
  let [s, c, p] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      // The block splits here: deflate and start anew.
      d[i + 1]! -= p;
      e[high] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    rotations?.push(i, c, s);
  }
  d[low]! -= p;
  e[low] = g;
  e[high] = 0;
}

/** Plane rotations kept for later: applied to a strip of columns at a time, they stay in the cache. */
class Rotations {
  private size = 0;
  private index = new Int32Array(1024);
  private cosine = new Float64Array(1024);
  private sine = new Float64Array(1024);

  push(index: number, cosine: number, sine: number): void {
    if (this.size === this.index.length) this.grow();
    this.index[this.size] = index;
    this.cosine[this.size] = cosine;
    this.sine[this.size++] = sine;
  }

  /** Rotates rows i and i + 1 of `rows` (n×n), in the order in which the rotations came. */
  applyTo(rows: Float64Array, n: number): void {
    const strip = 48;
    for (let left = 0; left < n; left += strip) {
      const width = Math.min(strip, n - left);
      for (let k = 0; k < this.size; k++) {
        const [c, s] = [this.cosine[k]!, this.sine[k]!];
        const upper = this.index[k]! * n + left;
        const lower = upper + n;
        for (let j = 0; j < width; j++) {
          const f = rows[lower + j]!;
          const g = rows[upper + j]!;
          rows[lower + j] = s * g + c * f;
          rows[upper + j] = c * g - s * f;
        }
      }
    }
  }

  private grow(): void {
    const grown = <T extends { set(other: T): void }>(array: T, larger: T): T => {
      larger.set(array);
      return larger;
    };
    this.index = grown(this.index, new Int32Array(2 * this.size));
    this.cosine = grown(this.cosine, new Float64Array(2 * this.size));
    this.sine = grown(this.sine, new Float64Array(2 * this.size));
  }
}

/** Descending, with eigenvectors as columns. */
function sorted(values: Float64Array, rows: Float64Array): Eigen {
  const n = values.length;
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]!);
  const vectors = matrix(n, n);
  order.forEach((row, column) => {
    for (let i = 0; i < n; i++) vectors.data[i * n + column] = rows[row * n + i]!;
  });
  return { values: Float64Array.from(order, (index) => values[index]!), vectors };
}
