/**
 * What ONNX Runtime 1.30 does with Q/DQ around each operator on a CPU (measured by diffing optimized graphs, see
 * README.md), and what other targets are known to do beyond that.
 */
import { type Node } from '../../graph/node';

/** layer: has products worth 8 bits. follower: keeps a chain in 8 bits. move: hands codes on as they are. */
export type Role = 'layer' | 'follower' | 'move';

/** How an operator is quantized. */
export interface OperatorRule {
  readonly role: Role;
  /** Inputs that are read as codes; 'all' for operators of any number of inputs. */
  readonly data: readonly number[] | 'all';
  /** Input that holds weights when it is constant. */
  readonly weight?: number;
  readonly bias?: number;
  /** True where the operator runs in 8 bits only if its output is quantized as well. */
  readonly quantizedOutput: boolean;
  /** Outputs lie in this range whatever the inputs are. */
  readonly fixedRange?: readonly [min: number, max: number];
}

const layer = (weight: number, bias: number | undefined, quantizedOutput: boolean): OperatorRule => ({
  role: 'layer',
  data: [0, 1],
  weight,
  ...(bias !== undefined && { bias }),
  quantizedOutput,
});

const follower = (data: OperatorRule['data'], fixedRange?: readonly [number, number]): OperatorRule => ({
  role: 'follower',
  data,
  quantizedOutput: true,
  ...(fixedRange && { fixedRange }),
});

const move: OperatorRule = { role: 'move', data: [0], quantizedOutput: true };

const everywhere: Readonly<Record<string, OperatorRule>> = {
  Conv: layer(1, 2, true),
  Gemm: layer(1, 2, false),
  MatMul: layer(1, undefined, false),
  Add: follower([0, 1]),
  Mul: follower([0, 1]),
  Where: follower([1, 2]),
  Concat: follower('all'),
  Sigmoid: follower([0], [0, 1]),
  Softmax: follower([0], [0, 1]),
  LeakyRelu: follower([0]),
  AveragePool: follower([0]),
  GlobalAveragePool: follower([0]),
  MaxPool: move,
  ReduceMax: move,
  ReduceMin: move,
  Reshape: move,
  Flatten: move,
  Transpose: move,
  Squeeze: move,
  Unsqueeze: move,
  Gather: move,
  Slice: move,
  Split: move,
  Expand: move,
  Tile: move,
  DepthToSpace: move,
};

/** Runtimes that compile whole Q/DQ graphs; ONNX Runtime on a CPU computes these in float, with Q/DQ on top. */
const compiled: Readonly<Record<string, OperatorRule>> = {
  ConvTranspose: layer(1, 2, true),
  Sub: follower([0, 1]),
  Div: follower([0, 1]),
  Tanh: follower([0], [-1, 1]),
  HardSigmoid: follower([0], [0, 1]),
  HardSwish: follower([0]),
  Gelu: follower([0]),
  Relu: follower([0]),
  Clip: follower([0]),
  ReduceMean: follower([0]),
  Pad: move,
};

/** The rule of a node for a target; a string says why there is none though the operator has weights. */
export function ruleOf(node: Node, forCpu: boolean): OperatorRule | string | undefined {
  if (node.domain !== '') return undefined;
  if (node.opType === 'Resize') return resizeRule(node, forCpu);
  const rule = everywhere[node.opType] ?? (forCpu ? undefined : compiled[node.opType]);
  if (rule) return rule;
  if (node.opType === 'ConvTranspose') {
    return 'ONNX Runtime on a CPU has no 8-bit transposed convolution: it would run in float, with conversions on top.';
  }
  if (node.opType === 'LSTM' || node.opType === 'GRU' || node.opType === 'RNN') {
    const dynamic = node.opType === 'LSTM' ? '; dynamic quantization has one' : '';
    return `ONNX Runtime has no ${node.opType} on codes with ranges known beforehand${dynamic}.`;
  }
  return undefined;
}

/** Nearest neighbours move codes; interpolation computes, in float. */
function resizeRule(node: Node, forCpu: boolean): OperatorRule | undefined {
  return node.string('mode', 'nearest') === 'nearest' || !forCpu ? move : undefined;
}
