/** Layers with constant float weights, seen as channels that can be scaled. */
import { type Node } from '../../../graph/node';
import { countElements } from '../../../graph/shape';
import { type Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { toFloat64 } from '../../../numerics/elements';
import { type Editor } from '../editor';

/** A Conv, ConvTranspose, Gemm, and how its weight is laid out. */
export interface Weighted {
  readonly node: Node;
  readonly weightValue: Value;
  readonly weight: Tensor;
  readonly bias?: Float64Array;
  readonly channels: number;
  /** Rank and channel axis of the output. */
  readonly rank: number;
  readonly outputAxis: number;
  /** Output channel of the weight's element `index`. */
  readonly channelOf: (index: number) => number;
}

/** The layer behind a node; undefined when its weight is not a constant of its own, or computed in another type. */
export function weightOf(editor: Editor, node: Node): Weighted | undefined {
  const weightValue = node.input(1);
  const weight = editor.constant(weightValue, node.graph!);
  // Folding into a shared weight would make a second copy of it.
  if (!weightValue || weight?.dataType !== 'float' || weightValue.useCount !== 1) return undefined;
  // Before opset 7 Gemm broadcasts its bias only when an attribute says so.
  if (node.is('Gemm') && editor.model.opset < 7) return undefined;
  const layout = layoutOf(node, weight.shape);
  if (!layout) return undefined;
  const biasValue = node.input(2);
  if (!biasValue) return { node, weightValue, weight, ...layout };
  const tensor = editor.constant(biasValue, node.graph!);
  if (tensor?.dataType !== 'float') return undefined;
  const values = toFloat64('float', tensor.bytes(), tensor.size);
  const { channels } = layout;
  const spread = values.length === channels ? values : new Float64Array(channels).fill(values[0] ?? 0);
  const perChannel = values.length === 1 || (values.length === channels && tensor.shape.at(-1) === channels);
  return perChannel ? { node, weightValue, weight, bias: spread, ...layout } : undefined;
}

type Layout = Pick<Weighted, 'channels' | 'rank' | 'outputAxis' | 'channelOf'>;

function layoutOf(node: Node, shape: readonly number[]): Layout | undefined {
  const [rows = 0, columns = 0] = shape;
  const inner = countElements(shape.slice(1));
  const kernel = countElements(shape.slice(2));
  if (node.is('Conv')) {
    const channelOf = (index: number): number => Math.floor(index / inner);
    return { channels: rows, rank: shape.length, outputAxis: 1, channelOf };
  }
  if (node.is('ConvTranspose')) {
    // [Cin, Cout/g, k…]: the rows of one group share its block of output channels.
    const groups = node.int('group', 1);
    const perGroup = rows / groups;
    const channelOf = (index: number): number => {
      const row = Math.floor(index / inner);
      return Math.floor(row / perGroup) * columns + (Math.floor(index / kernel) % columns);
    };
    return { channels: columns * groups, rank: shape.length, outputAxis: 1, channelOf };
  }
  const plain = node.float('alpha', 1) === 1 && node.float('beta', 1) === 1;
  if (!node.is('Gemm') || !plain || shape.length !== 2) return undefined;
  if (node.int('transB', 0) === 1) {
    return { channels: rows, rank: 2, outputAxis: 1, channelOf: (index) => Math.floor(index / columns) };
  }
  return { channels: columns, rank: 2, outputAxis: 1, channelOf: (index) => index % columns };
}

/** The weight's bytes with every output channel multiplied by its scale, computed in float64. */
export function scaleChannels({ weight, channelOf }: Weighted, scale: Float64Array): Uint8Array {
  const values = toFloat64('float', weight.bytes(), weight.size);
  const scaled = Float32Array.from(values, (value, index) => value * scale[channelOf(index)]!);
  return new Uint8Array(scaled.buffer);
}
