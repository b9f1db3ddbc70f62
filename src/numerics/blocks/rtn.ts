/** Round to nearest: each block gets the scale that holds its range, each value the nearest code. */
import { roundingMagic } from '../rounding';
import {
  type BlockCoding,
  type BlockLayer,
  type BlockMethod,
  type BlockQuantizer,
  middleCode,
  storedScale,
} from './blocks';

/** A constant of this module: an imported one is looked up anew for every element where modules are not bundled. */
const magic = roundingMagic;

/** Round to nearest. */
export const roundToNearest: BlockMethod = {
  needsStatistics: false,
  start: ({ coding }: BlockLayer): BlockQuantizer => ({
    quantize: (panel, out) => {
      for (let block = 0; block < panel.count; block++) {
        const from = block * panel.length;
        const { scale, zeroPoint } = coding.symmetric
          ? symmetricRange(panel.values, from, panel.length, coding)
          : asymmetricRange(panel.values, from, panel.length, coding);
        encode(panel.values, from, panel.length, scale, zeroPoint, (1 << coding.bits) - 1, out.codes);
        out.scales[block] = scale;
        out.zeroPoints[block] = zeroPoint;
      }
    },
  }),
};

interface Range {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * The value of largest magnitude gets code 0, the one that lies 2^(bits−1) steps from the middle: 16 levels in use instead
 * of 15, 4 instead of 3. The scale is negative when that value is positive, as in ONNX Runtime's own quantizer.
 */
export function symmetricRange(values: Float32Array, from: number, length: number, coding: BlockCoding): Range {
  let low = values[from]!;
  let high = low;
  for (let i = from + 1, end = from + length; i < end; i++) {
    const x = values[i]!;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const middle = middleCode(coding.bits);
  const largest = Math.abs(high) > Math.abs(low) ? high : low;
  return { scale: storedScale(largest / -middle, coding) || 1, zeroPoint: middle };
}

/** The block's range, widened to include 0, on all codes; the zero point is the code nearest to 0. */
export function asymmetricRange(values: Float32Array, from: number, length: number, coding: BlockCoding): Range {
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

/** Nearest codes of a block. */
export function encode(
  values: Float32Array,
  from: number,
  length: number,
  scale: number,
  zeroPoint: number,
  top: number,
  codes: Uint8Array,
): void {
  const inverse = 1 / scale;
  for (let i = from, end = from + length; i < end; i++) {
    // As an integer before it is clamped: a choice between a double and a small integer would be boxed.
    const q = (values[i]! * inverse + magic - magic + zeroPoint) | 0;
    codes[i] = q < 0 ? 0 : q > top ? top : q;
  }
}
