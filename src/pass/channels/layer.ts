/** Layers with constant weights (Conv, ConvTranspose, Gemm, MatMul), seen as a grid of input and output channels. */
import { type Node } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { type ConstantInput, constantInput } from './constant';

/**
 * How a weight holds its channels: [rows, columns, inner], `inner` elements (a kernel) for each pair of an input and an
 * output channel. In group g of `groups`, columns stand for the channels from g·columns on.
 */
export interface ChannelGrid {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly groups: number;
  /** Rows are output channels (Conv, Gemm transB) or input channels (ConvTranspose, MatMul). */
  readonly rowsAreOutputs: boolean;
}

/** A layer whose channels can be scaled and shifted. */
export interface Layer {
  readonly node: Node;
  readonly weight: ConstantInput;
  readonly grid: ChannelGrid;
  readonly inputs: number;
  readonly outputs: number;
  /** Axis of the input's and the output's channels, counted from the end (-1 is the last) or, for Conv, 1. */
  readonly channelAxis: 1 | -1;
}

/** The layer behind a node; undefined when it is none, or its weight is no float32 constant of its right side. */
export function layerOf(node: Node, opset: number): Layer | undefined {
  if (node.domain !== '' || !['Conv', 'ConvTranspose', 'Gemm', 'MatMul'].includes(node.opType)) return undefined;
  const weight = constantInput(node, 1);
  const grid = weight && gridOf(node, weight.shape, opset);
  if (!grid || grid.rows * grid.columns * grid.inner === 0) return undefined;
  const crossing = grid.columns * grid.groups;
  const [inputs, outputs] = grid.rowsAreOutputs ? [crossing, grid.rows] : [grid.rows, crossing];
  return { node, weight, grid, inputs, outputs, channelAxis: node.opType.startsWith('Conv') ? 1 : -1 };
}

function gridOf(node: Node, shape: readonly number[], opset: number): ChannelGrid | undefined {
  const [rows = 0, columns = 0] = shape;
  if (node.is('MatMul')) {
    return shape.length === 2 ? { rows, columns, inner: 1, groups: 1, rowsAreOutputs: false } : undefined;
  }
  if (node.is('Gemm')) {
    const plain = node.float('alpha', 1) === 1 && node.float('beta', 1) === 1 && node.int('transA', 0) === 0;
    // Before opset 7 Gemm broadcasts its bias only when an attribute says so.
    if (!plain || shape.length !== 2 || opset < 7) return undefined;
    return { rows, columns, inner: 1, groups: 1, rowsAreOutputs: node.int('transB', 0) === 1 };
  }
  const inner = countElements(shape.slice(2));
  return { rows, columns, inner, groups: node.int('group', 1), rowsAreOutputs: node.is('Conv') };
}

/** Calls `see` for each pair of channels with a weight between them: `at` is the flat index of its `inner` elements. */
export function forEachPair(
  { rows, columns, inner, groups, rowsAreOutputs }: ChannelGrid,
  see: (output: number, input: number, at: number) => void,
): void {
  const perGroup = rows / groups;
  for (let row = 0, at = 0; row < rows; row++) {
    const first = Math.floor(row / perGroup) * columns;
    for (let column = first; column < first + columns; column++, at += inner) {
      if (rowsAreOutputs) see(row, column, at);
      else see(column, row, at);
    }
  }
}

/** For each pair of channels, in the order of the weight, the largest magnitude of a kernel: all that ranges need. */
export function magnitudes({ grid, weight }: Layer): Float32Array {
  const values = weight.read();
  const { inner } = grid;
  const out = new Float32Array(grid.rows * grid.columns);
  for (let pair = 0, at = 0; pair < out.length; pair++) {
    let most = 0;
    for (const end = at + inner; at < end; at++) {
      const magnitude = Math.abs(values[at]!);
      if (magnitude > most) most = magnitude;
    }
    out[pair] = most;
  }
  return out;
}

/** The weight with output channel o multiplied by `outputs[o]` and input channel i divided by `inputs[i]`. */
export function rescaled(
  { grid, weight }: Layer,
  outputs: ArrayLike<number> | undefined,
  inputs: ArrayLike<number> | undefined,
): Float32Array {
  const values = weight.read();
  const { inner } = grid;
  forEachPair(grid, (output, input, at) => {
    const factor = (outputs?.[output] ?? 1) / (inputs?.[input] ?? 1);
    if (factor !== 1) for (let i = at; i < at + inner; i++) values[i] = values[i]! * factor;
  });
  return values;
}

/** What each output channel becomes for a constant input: Σ over inputs of `input[i]` times the sum of the kernel. */
export function responseTo(layer: Layer, input: ArrayLike<number>): Float64Array {
  const values = layer.weight.read();
  const { inner } = layer.grid;
  const out = new Float64Array(layer.outputs);
  forEachPair(layer.grid, (to, from, at) => {
    const shift = input[from]!;
    if (shift === 0) return;
    let sum = 0;
    for (let i = at; i < at + inner; i++) sum += values[i]!;
    out[to] = out[to]! + sum * shift;
  });
  return out;
}
