/** Sliding windows: the output size of convolution and pooling (ONNX Conv and pooling specifications). */
import { type Node } from '../graph/node';
import { type Dim, type Shape } from '../graph/shape';
import { addDims, ceilDivDims, floorDivDims, minDims, mulDims, subDims } from './dims';

/** The window attributes of a node with their defaults filled in. */
export interface Window {
  readonly kernel: readonly Dim[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begin and end of each spatial axis: all begins first, as ONNX writes them. */
  readonly pads: readonly number[];
  readonly autoPad: string;
  readonly ceil: boolean;
}

/** Reads the window of a node over `rank` spatial axes; `kernel` where the attribute is absent comes from the weight. */
export function windowOf(node: Node, rank: number, weight?: Shape): Window {
  const kernel = node.ints('kernel_shape') ?? weight?.slice(-rank);
  const filled = (name: string, value: number, count: number): readonly number[] => {
    const given = node.ints(name);
    return given && given.length >= count ? given : new Array<number>(count).fill(value);
  };
  return {
    kernel: kernel && kernel.length === rank ? kernel : new Array<Dim>(rank).fill(null),
    strides: filled('strides', 1, rank),
    dilations: filled('dilations', 1, rank),
    pads: filled('pads', 0, 2 * rank),
    autoPad: node.string('auto_pad', 'NOTSET'),
    ceil: node.int('ceil_mode', 0) === 1,
  };
}

/** Extent of a dilated kernel. */
export function extentOf(window: Window, axis: number): Dim {
  return addDims(mulDims(subDims(window.kernel[axis]!, 1), window.dilations[axis]!), 1);
}

/** Output size of one spatial axis. */
export function slidingDim(input: Dim, window: Window, axis: number): Dim {
  const stride = window.strides[axis]!;
  if (window.autoPad.startsWith('SAME')) return ceilDivDims(input, stride);
  const rank = window.strides.length;
  const [begin, end] = window.autoPad === 'VALID' ? [0, 0] : [window.pads[axis]!, window.pads[axis + rank]!];
  const room = subDims(addDims(input, begin + end), extentOf(window, axis));
  if (!window.ceil) return addDims(floorDivDims(room, stride), 1);
  // The last window must start inside the input or its left padding.
  return minDims(addDims(ceilDivDims(room, stride), 1), ceilDivDims(addDims(input, begin), stride));
}
