/**
 * Resampling of 8-bit images exactly as Pillow does it (and torchvision on PIL images): separable convolution with a
 * filter that is widened when shrinking, horizontal pass first, fixed-point coefficients, 8 bits kept between the passes.
 * Formulas: Pillow's `Resample.c`; filters: Keys 1981 (bicubic, a = -0.5), Duchon 1979 (Lanczos).
 */
import { type Image } from './image';

/** Filters by the names that descriptions use. */
export type ResizeFilter = 'bilinear' | 'bicubic' | 'lanczos' | 'nearest';

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const kernels = {
  bilinear: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x: number) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function cubic(signed: number): number {
  const [a, x] = [-0.5, Math.abs(signed)];
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/** 32 bits hold 8 of the pixel, 2 of headroom for filters with negative lobes, and these of the coefficient. */
const precision = 22;
const half = 1 << (precision - 1);

interface Taps {
  /** Taps per output pixel at most: the stride of `weights`. */
  readonly width: number;
  /** First input pixel and number of taps, for each output pixel. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
}

function tapsFor(from: number, to: number, filter: Exclude<ResizeFilter, 'nearest'>): Taps {
  const kernel = kernels[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = kernel.support * stretch;
  const width = Math.ceil(support) * 2 + 1;
  const taps = { width, first: new Int32Array(to), count: new Int32Array(to), weights: new Int32Array(to * width) };
  const line = new Float64Array(width);
  for (let out = 0; out < to; out++) {
    const centre = (out + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - low;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += line[i] = kernel.weight((i + low - centre + 0.5) / stretch);
    for (let i = 0; i < count; i++) {
      const exact = (sum === 0 ? line[i]! : line[i]! / sum) * (1 << precision);
      taps.weights[out * width + i] = Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
    }
    taps.first[out] = low;
    taps.count[out] = count;
  }
  return taps;
}

const clip8 = (sum: number): number => {
  const value = sum >> precision;
  return value < 0 ? 0 : value > 255 ? 255 : value;
};

function resampleRows({ width, height, data }: Image, to: number, taps: Taps): Image {
  const out = new Uint8Array(to * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    const row = y * width * 3;
    for (let x = 0; x < to; x++, at += 3) {
      let [r, g, b] = [half, half, half];
      let [pixel, tap] = [row + taps.first[x]! * 3, x * taps.width];
      for (let left = taps.count[x]!; left > 0; left--, pixel += 3, tap++) {
        const weight = taps.weights[tap]!;
        r += data[pixel]! * weight;
        g += data[pixel + 1]! * weight;
        b += data[pixel + 2]! * weight;
      }
      out[at] = clip8(r);
      out[at + 1] = clip8(g);
      out[at + 2] = clip8(b);
    }
  }
  return { width: to, height, data: out };
}

function resampleColumns({ width, data }: Image, to: number, taps: Taps): Image {
  const line = width * 3;
  const out = new Uint8Array(to * line);
  const sums = new Int32Array(line);
  for (let y = 0; y < to; y++) {
    sums.fill(half);
    let [pixel, tap] = [taps.first[y]! * line, y * taps.width];
    for (let left = taps.count[y]!; left > 0; left--, tap++) {
      const weight = taps.weights[tap]!;
      for (let i = 0; i < line; i++, pixel++) sums[i]! += data[pixel]! * weight;
    }
    for (let i = 0, at = y * line; i < line; i++, at++) out[at] = clip8(sums[i]!);
  }
  return { width, height: to, data: out };
}

function nearest({ width, height, data }: Image, toWidth: number, toHeight: number): Image {
  const out = new Uint8Array(toWidth * toHeight * 3);
  const [rows, columns] = [nearestOf(height, toHeight), nearestOf(width, toWidth)];
  for (let y = 0, at = 0; y < toHeight; y++) {
    const row = rows[y]! * width;
    for (let x = 0; x < toWidth; x++, at += 3) {
      const pixel = (row + columns[x]!) * 3;
      out[at] = data[pixel]!;
      out[at + 1] = data[pixel + 1]!;
      out[at + 2] = data[pixel + 2]!;
    }
  }
  return { width: toWidth, height: toHeight, data: out };
}

/** Positions are added up step by step, as Pillow does: a product would round otherwise at exact halves. */
function nearestOf(from: number, to: number): Int32Array {
  const step = from / to;
  let position = step * 0.5;
  return Int32Array.from({ length: to }, () => {
    const pixel = Math.min(from - 1, Math.trunc(position));
    position += step;
    return pixel;
  });
}

/** The image at another size; the same image when the size is the same. */
export function resizeImage(image: Image, width: number, height: number, filter: ResizeFilter = 'bilinear'): Image {
  if (image.width === width && image.height === height) return image;
  if (filter === 'nearest') return nearest(image, width, height);
  const wide = image.width === width ? image : resampleRows(image, width, tapsFor(image.width, width, filter));
  return image.height === height ? wide : resampleColumns(wide, height, tapsFor(image.height, height, filter));
}
