/** Round to nearest: each block gets the scale that holds its range, each value the nearest code. */
import { codesOfBlocks, fitsKernels, rangesOfBlocks } from '../kernels/blocks';
import { roundingMagic } from '../rounding';
import {
  type BlockCodes,
  type BlockCoding,
  type BlockLayer,
  type BlockMethod,
  type BlockQuantizer,
  type BlockParameters,
  middleCode,
  type MutableNoise,
  storedScale,
} from './blocks';

/** A constant of this module: an imported one is looked up anew for every element where modules are not bundled. */
const magic = roundingMagic;

/** Round to nearest. */
export const roundToNearest: BlockMethod = {
  needsStatistics: false,
  start: ({ coding }: BlockLayer): BlockQuantizer => {
    const ranges = { low: new Float32Array(), high: new Float32Array() };
    return {
      quantize: (panel, out, noise) => {
        const { values, count, length } = panel;
        const top = (1 << coding.bits) - 1;
        if (!fitsKernels(length)) {
          for (let block = 0; block < count; block++) {
            const parameters = rangeOf(values, block * length, length, coding);
            encode(values, block * length, length, parameters, top, out.codes, noise);
            put(parameters, out, block);
          }
          return;
        }
        if (ranges.low.length < count) ranges.low = new Float32Array(count);
        if (ranges.high.length < count) ranges.high = new Float32Array(count);
        rangesOfBlocks(panel, ranges.low, ranges.high);
        for (let block = 0; block < count; block++) {
          put(parametersOf(ranges.low[block]!, ranges.high[block]!, coding), out, block);
        }
        codesOfBlocks(panel, out, top, noise, 'encode');
      },
    };
  },
};

function put({ scale, zeroPoint }: BlockParameters, { scales, zeroPoints }: BlockCodes, block: number): void {
  scales[block] = scale;
  zeroPoints[block] = zeroPoint;
}

/** Parameters that hold the range of a block. */
export function rangeOf(values: Float32Array, from: number, length: number, coding: BlockCoding): BlockParameters {
  let low = values[from]!;
  let high = low;
  for (let i = from + 1, end = from + length; i < end; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    else if (x > high) high = x;
  }
  return parametersOf(low, high, coding);
}

/**
 * Symmetric: the value of largest magnitude gets code 0, the one that lies 2^(bits−1) steps from the middle: 16 levels in use
 * instead of 15, 4 instead of 3. The scale is negative when that value is positive, as in ONNX Runtime's own quantizer.
 * Asymmetric: the range, widened to include 0, on all codes; the zero point is the code nearest to 0.
 */
function parametersOf(low: number, high: number, coding: BlockCoding): BlockParameters {
  if (coding.symmetric) {
    const largest = -low < high ? high : low;
    const middle = middleCode(coding.bits);
    return { scale: storedScale(largest / -middle, coding) || 1, zeroPoint: middle };
  }
  const top = (1 << coding.bits) - 1;
  const least = Math.min(low, 0);
  const scale = storedScale((Math.max(high, 0) - least) / top, coding) || 1;
  const zeroPoint = -least / scale + magic - magic;
  return { scale, zeroPoint: Math.min(top, zeroPoint) };
}

/** Nearest codes of a block; adds to `noise` what is lost. Two at a time, so that the sums do not wait for each other. */
export function encode(
  values: Float32Array,
  from: number,
  length: number,
  { scale, zeroPoint }: BlockParameters,
  top: number,
  codes: Uint8Array,
  noise: MutableNoise,
): void {
  const inverse = 1 / scale;
  // Truncating rounds what is positive; what is not becomes code 0. (Halves go up, as in ONNX Runtime's own quantizer.)
  const shift = zeroPoint + 0.5;
  let [signal0, signal1, noise0, noise1] = [0, 0, 0, 0];
  const end = from + length;
  const pairs = end - (length & 1);
  for (let i = from; i < pairs; i += 2) {
    const x = values[i]!;
    const y = values[i + 1]!;
    let p = (x * inverse + shift) | 0;
    let q = (y * inverse + shift) | 0;
    p = p < 0 ? 0 : p > top ? top : p;
    q = q < 0 ? 0 : q > top ? top : q;
    codes[i] = p;
    codes[i + 1] = q;
    const e = x - (p - zeroPoint) * scale;
    const f = y - (q - zeroPoint) * scale;
    signal0 += x * x;
    signal1 += y * y;
    noise0 += e * e;
    noise1 += f * f;
  }
  if (pairs < end) {
    const x = values[pairs]!;
    const q = Math.min(top, Math.max(0, (x * inverse + shift) | 0));
    codes[pairs] = q;
    signal0 += x * x;
    noise0 += (x - (q - zeroPoint) * scale) ** 2;
  }
  noise.signal += signal0 + signal1;
  noise.noise += noise0 + noise1;
}
