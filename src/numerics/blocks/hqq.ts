/**
 * Half-Quadratic Quantization (Badri and Shaji, "Half-Quadratic Quantization of Large Machine Learning Models", 2023):
 * no data; chooses the parameters of each block so that Σ|w − ŵ|^p is small with p < 1, which lets a few errors be large
 * instead of many middling. It alternates between taking large errors for outliers (the proximal operator of the p-norm) and
 * fitting the parameters to what is left.
 *
 * The published method fits a zero point in float and leaves the scale. ONNX Runtime's kernels want zero points that are
 * codes (float ones take a path 70 times slower), and a zero point that is rounded loses what fitting it has won: so
 * the scale is fitted too, by least squares, and the zero point stays a code throughout. Errors are
 * measured in steps of the block, so that β means the same for weights of any size.
 */
import { roundingMagic } from '../rounding';
import {
  type BlockCoding,
  type BlockLayer,
  type BlockMethod,
  type BlockParameters,
  type BlockQuantizer,
  middleCode,
  type MutableNoise,
  storedScale,
} from './blocks';
import { encode, rangeOf } from './rtn';

const magic = roundingMagic;

/** Parameters of the method, as published. */
export interface HqqParameters {
  /** Exponent of the norm. */
  readonly p: number;
  /** Weight of the quadratic term, and what it grows by in each iteration. */
  readonly beta: number;
  readonly kappa: number;
  readonly iterations: number;
}

const published: HqqParameters = { p: 0.7, beta: 10, kappa: 1.01, iterations: 20 };

/** Errors of up to this many steps are looked up; larger ones are rare (values that a smaller scale clips). */
const tableSteps = 2;
const perStep = 2048;

/** The method; `parameters` other than the published ones are for experiments. */
export function halfQuadratic(parameters: HqqParameters = published): BlockMethod {
  const tables = new Tables(parameters);
  return {
    needsStatistics: false,
    start: ({ coding }: BlockLayer): BlockQuantizer => ({
      quantize: ({ values, count, length }, out, noise) => {
        for (let block = 0; block < count; block++) {
          const from = block * length;
          const parameters = solve(values, from, length, coding, tables);
          encode(values, from, length, parameters, (1 << coding.bits) - 1, out.codes, discarded);
          out.scales[block] = unitGain(values, from, length, parameters, out.codes, coding, noise);
          out.zeroPoints[block] = parameters.zeroPoint;
        }
      },
    }),
  };
}

/** What encode() measures with the scale that is not the final one. */
const discarded = { signal: 0, noise: 0 };

/**
 * The scale with which the restored block, projected on the block, is the block: Σw·ŵ = Σw². A scale of least error makes
 * weights smaller (by 11 % at 9.5 dB), which the layers of a network multiply; what is left at unit gain is noise
 * that is orthogonal to the weights.
 */
function unitGain(
  values: Float32Array,
  from: number,
  length: number,
  { scale, zeroPoint }: BlockParameters,
  codes: Uint8Array,
  coding: BlockCoding,
  noise: MutableNoise,
): number {
  let [power, products, squares] = [0, 0, 0];
  for (let i = from, end = from + length; i < end; i++) {
    const x = values[i]!;
    const around = codes[i]! - zeroPoint;
    power += x * x;
    products += x * around;
    squares += around * around;
  }
  const unit = products === 0 ? scale : storedScale(power / products, coding);
  noise.signal += power;
  noise.noise += Math.max(0, power - 2 * unit * products + unit * unit * squares);
  return unit;
}

/** |e|^p, and what the proximal operator keeps of an error |e| in each iteration, by |e| in steps. */
class Tables {
  readonly power: Float64Array;
  readonly outlier: readonly Float64Array[];

  constructor(private readonly parameters: HqqParameters) {
    const { iterations } = parameters;
    const sizes = Float64Array.from({ length: tableSteps * perStep + 1 }, (_, i) => i / perStep);
    this.power = sizes.map((size) => size ** parameters.p);
    this.outlier = Array.from({ length: iterations }, (_, iteration) =>
      sizes.map((size) => this.outlierOf(size, iteration)),
    );
  }

  get iterations(): number {
    return this.parameters.iterations;
  }

  /** max(0, |e| − |e|^(p−1) / β): the generalized shrinkage. */
  outlierOf(size: number, iteration: number): number {
    const { p, beta, kappa } = this.parameters;
    return Math.max(0, size - (size + 1e-8) ** (p - 1) / (beta * kappa ** iteration));
  }

  powerOf(size: number): number {
    return size ** this.parameters.p;
  }
}

function solve(
  values: Float32Array,
  from: number,
  length: number,
  coding: BlockCoding,
  tables: Tables,
): BlockParameters {
  const top = (1 << coding.bits) - 1;
  const end = from + length;
  const { power, outlier } = tables;
  let { scale, zeroPoint } = rangeOf(values, from, length, coding);
  let best = { scale, zeroPoint };
  let bestCost = Infinity;
  // One more round than there are fits, to see what the last fit cost.
  for (let iteration = 0; iteration <= tables.iterations; iteration++) {
    const shrink = outlier[Math.min(iteration, tables.iterations - 1)]!;
    const inverse = 1 / scale;
    let [cost, zeros, codes, products] = [0, 0, 0, 0];
    for (let i = from; i < end; i++) {
      const steps = values[i]! * inverse;
      let code = (steps + zeroPoint + 0.5) | 0;
      code = code < 0 ? 0 : code > top ? top : code;
      const around = code - zeroPoint;
      const error = steps - around;
      const size = error < 0 ? -error : error;
      let kept: number;
      if (size < tableSteps) {
        const at = (size * perStep + 0.5) | 0;
        cost += power[at]!;
        kept = shrink[at]!;
      } else {
        cost += tables.powerOf(size);
        kept = tables.outlierOf(size, iteration);
      }
      const target = error < 0 ? steps + kept : steps - kept;
      zeros += code - target;
      codes += around * around;
      products += around * target;
    }
    cost *= tables.powerOf(Math.abs(scale));
    if (cost < bestCost * 0.9995) {
      bestCost = cost;
      best = { scale, zeroPoint };
    } else if (iteration > 2) break;
    if (codes === 0) break;
    const fitted = storedScale((scale * products) / codes, coding);
    let zero = coding.symmetric ? middleCode(coding.bits) : zeros / length + magic - magic;
    zero = zero < 0 ? 0 : zero > top ? top : zero;
    if (!(Math.abs(fitted) > 0) || (fitted === scale && zero === zeroPoint)) break;
    scale = fitted;
    zeroPoint = zero;
  }
  return best;
}
