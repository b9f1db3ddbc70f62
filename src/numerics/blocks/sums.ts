/**
 * Rounding that keeps the sum of each block: activations that have a mean (behind a Relu, say) turn an error of the sum
 * into a shift of the output, which nothing averages out. After SQuant (Guo et al., "SQuant: On-the-Fly Data-Free Quantization
 * via Diagonal Hessian Approximation", 2022, section 3): no data.
 */
import { codesOfBlocks, fitsKernels } from '../kernels/blocks';
import { type BlockMethod, type MutableNoise } from './blocks';

/**
 * A method followed by moving the codes whose rounding was the closest call to their other neighbour, until the sum of
 * the block is right within half a step.
 */
export function keepingSums(method: BlockMethod): BlockMethod {
  return {
    needsStatistics: method.needsStatistics,
    start: (layer) => {
      const inner = method.start(layer);
      const top = (1 << layer.coding.bits) - 1;
      return {
        quantize: (panel, out, noise) => {
          inner.quantize(panel, out, { signal: 0, noise: 0 });
          const { values, count, length } = panel;
          if (fitsKernels(length)) return codesOfBlocks(panel, out, top, noise, 'settle');
          for (let block = 0; block < count; block++) {
            const [scale, zeroPoint] = [out.scales[block]!, out.zeroPoints[block]!];
            settle(values, block * length, length, scale, zeroPoint, top, out.codes, noise);
          }
        },
      };
    },
  };
}

/** Errors of the block in hand, in steps. */
let errors = new Float64Array(256);

function settle(
  values: Float32Array,
  from: number,
  length: number,
  scale: number,
  zeroPoint: number,
  top: number,
  codes: Uint8Array,
  noise: MutableNoise,
): void {
  if (errors.length < length) errors = new Float64Array(length);
  const own = errors;
  const inverse = 1 / scale;
  let excess = 0;
  let squares = 0;
  let signal = 0;
  for (let i = 0; i < length; i++) {
    const x = values[from + i]!;
    const error = x * inverse - (codes[from + i]! - zeroPoint);
    own[i] = error;
    excess += error;
    squares += error * error;
    signal += x * x;
  }
  for (let moves = 0; moves < length && (excess > 0.5 || excess < -0.5); moves++) {
    const step = excess > 0 ? 1 : -1;
    const last = step > 0 ? top : 0;
    let best = -1;
    let most = 0;
    for (let i = 0; i < length; i++) {
      const gain = own[i]! * step;
      if (gain > most && codes[from + i] !== last) {
        most = gain;
        best = i;
      }
    }
    // All that erred in this direction have been moved, or are at the last code.
    if (best < 0) break;
    codes[from + best] = codes[from + best]! + step;
    own[best] = own[best]! - step;
    excess -= step;
    squares += 1 - 2 * most;
  }
  noise.signal += signal;
  noise.noise += squares * scale * scale;
}
