/** Round to nearest: each block gets the scale that holds its range, each value the nearest code. */
import { roundingMagic } from '../rounding';
import {
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
  start: ({ coding }: BlockLayer): BlockQuantizer => ({
    quantize: (panel, out, noise) => {
      for (let block = 0; block < panel.count; block++) {
        const from = block * panel.length;
        const parameters = coding.symmetric
          ? symmetricRange(panel.values, from, panel.length, coding)
          : asymmetricRange(panel.values, from, panel.length, coding);
        encode(panel.values, from, panel.length, parameters, (1 << coding.bits) - 1, out.codes, noise);
        out.scales[block] = parameters.scale;
        out.zeroPoints[block] = parameters.zeroPoint;
      }
    },
  }),
};

/**
 * The value of largest magnitude gets code 0, the one that lies 2^(bits−1) steps from the middle: 16 levels in use instead
 * of 15, 4 instead of 3. The scale is negative when that value is positive, as in ONNX Runtime's own quantizer.
 */
export function symmetricRange(
  values: Float32Array,
  from: number,
  length: number,
  coding: BlockCoding,
): BlockParameters {
  let low = values[from]!;
  let high = low;
  for (let i = from + 1, end = from + length; i < end; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    else if (x > high) high = x;
  }
  const largest = -low < high ? high : low;
  const middle = middleCode(coding.bits);
  return { scale: storedScale(largest / -middle, coding) || 1, zeroPoint: middle };
}

/** The block's range, widened to include 0, on all codes; the zero point is the code nearest to 0. */
export function asymmetricRange(
  values: Float32Array,
  from: number,
  length: number,
  coding: BlockCoding,
): BlockParameters {
  let low = values[from]!;
  let high = low;
  for (let i = from + 1, end = from + length; i < end; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    if (x > high) high = x;
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
