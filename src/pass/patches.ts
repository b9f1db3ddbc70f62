/**
 * What a layer reads and writes at single positions, as rows of numbers: a convolution is then a product, and its
 * weights a least-squares problem. Positions are sampled, so that a large image costs no more than a small one.
 */
import { type Node } from '../graph/node';
import { countElements } from '../graph/shape';
import { Random } from '../numerics/random';
import { type Window, windowOf } from '../operators/window';
import { type RuntimeTensor } from '../runtime/port';

/** How a layer slides over its input; `kernel` is empty for products over the last axis. */
export interface Sliding extends Omit<Window, 'ceil'> {
  readonly kernel: readonly number[];
}

/** The window of a Conv; `kernel` is that of its weight. */
export function slidingOf(node: Node, kernel: readonly number[]): Sliding {
  return { ...windowOf(node, kernel.length), kernel };
}

/** The window of a product. */
export const noWindow: Sliding = { kernel: [], strides: [], dilations: [], pads: [], autoPad: 'NOTSET' };

/** Sizes of the output along the sliding axes, and the padding before each. */
function extents(sizes: readonly number[], window: Sliding): { readonly out: number[]; readonly before: number[] } {
  const rank = sizes.length;
  const out: number[] = [];
  const before: number[] = [];
  sizes.forEach((size, axis) => {
    const [stride, extent] = [window.strides[axis]!, (window.kernel[axis]! - 1) * window.dilations[axis]! + 1];
    if (window.autoPad.startsWith('SAME')) {
      const count = Math.ceil(size / stride);
      const padding = Math.max(0, (count - 1) * stride + extent - size);
      out.push(count);
      before.push(window.autoPad === 'SAME_LOWER' ? Math.ceil(padding / 2) : Math.floor(padding / 2));
      return;
    }
    const [begin, end] = window.autoPad === 'VALID' ? [0, 0] : [window.pads[axis]!, window.pads[axis + rank]!];
    out.push(Math.floor((size + begin + end - extent) / stride) + 1);
    before.push(begin);
  });
  return { out, before };
}

/** How many positions the output for this input has. */
export function positionCount(shape: readonly number[], window: Sliding): number {
  if (window.kernel.length === 0) return countElements(shape.slice(0, -1));
  return extents(shape.slice(2), window).out.reduce((product, dim) => product * dim, shape[0]!);
}

/** `wanted` positions of `total`, without repetition, the same for the same seed; all of them when there are no more. */
export function samplePositions(total: number, wanted: number, seed: number): Int32Array {
  if (total <= wanted) return Int32Array.from({ length: total }, (_, index) => index);
  const random = new Random(seed);
  // One in each of `wanted` equal stretches: even over the image, and over all images of a batch.
  return Int32Array.from({ length: wanted }, (_, index) => {
    const [from, to] = [Math.floor((index * total) / wanted), Math.floor(((index + 1) * total) / wanted)];
    return from + random.integer(Math.max(1, to - from));
  });
}

/** Patches that the layer reads at these positions: rows of channels × taps, zeros where it reads padding. */
export function gatherInputs(tensor: RuntimeTensor, window: Sliding, positions: Int32Array): Float32Array {
  const { shape } = tensor;
  const data = tensor.data as Float32Array;
  if (window.kernel.length === 0) return gatherRows(data, shape.at(-1)!, positions);
  const [, channels = 0, ...sizes] = shape;
  const { out, before } = extents(sizes, window);
  const taps = tapOffsets(window);
  const plane = countElements(sizes);
  const perImage = countElements(out);
  const rows = new Float32Array(positions.length * channels * taps.length);
  const at = new Array<number>(sizes.length).fill(0);
  const offsets = new Int32Array(taps.length);
  let to = 0;
  for (const position of positions) {
    unravel(position % perImage, out, at);
    for (let t = 0; t < taps.length; t++) offsets[t] = offsetOf(at, taps[t]!, { window, before, sizes });
    let base = Math.floor(position / perImage) * channels * plane;
    for (let c = 0; c < channels; c++, base += plane) {
      for (let t = 0; t < offsets.length; t++, to++) {
        const offset = offsets[t]!;
        if (offset >= 0) rows[to] = data[base + offset]!;
      }
    }
  }
  return rows;
}

/** What the layer writes at these positions: rows of channels. */
export function gatherOutputs(tensor: RuntimeTensor, isProduct: boolean, positions: Int32Array): Float32Array {
  const { shape } = tensor;
  const data = tensor.data as Float32Array;
  if (isProduct) return gatherRows(data, shape.at(-1)!, positions);
  const [, channels = 0, ...sizes] = shape;
  const plane = countElements(sizes);
  const rows = new Float32Array(positions.length * channels);
  positions.forEach((position, row) => {
    const base = Math.floor(position / plane) * channels * plane + (position % plane);
    for (let c = 0; c < channels; c++) rows[row * channels + c] = data[base + c * plane]!;
  });
  return rows;
}

function gatherRows(data: Float32Array, width: number, positions: Int32Array): Float32Array {
  const rows = new Float32Array(positions.length * width);
  positions.forEach((position, row) => rows.set(data.subarray(position * width, (position + 1) * width), row * width));
  return rows;
}

/** Index of each tap along each axis, the last axis fastest. */
function tapOffsets({ kernel, dilations }: Sliding): number[][] {
  let taps: number[][] = [[]];
  kernel.forEach((extent, axis) => {
    taps = taps.flatMap((tap) => Array.from({ length: extent }, (_, i) => [...tap, i * dilations[axis]!]));
  });
  return taps;
}

function unravel(index: number, sizes: readonly number[], into: number[]): void {
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    into[axis] = index % sizes[axis]!;
    index = Math.floor(index / sizes[axis]!);
  }
}

/** Where in the plane a tap reads; -1 in the padding. */
function offsetOf(
  at: readonly number[],
  tap: readonly number[],
  { window, before, sizes }: { window: Sliding; before: readonly number[]; sizes: readonly number[] },
): number {
  let offset = 0;
  for (let axis = 0; axis < sizes.length; axis++) {
    const index = at[axis]! * window.strides[axis]! - before[axis]! + tap[axis]!;
    if (index < 0 || index >= sizes[axis]!) return -1;
    offset = offset * sizes[axis]! + index;
  }
  return offset;
}
