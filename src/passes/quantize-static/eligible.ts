/** Which layers the 8-bit kernels can take: rules on weights, biases and attributes. */
import { type ConstantSource } from '../../graph/constants';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';

/** Why a layer with these weights cannot run in 8 bits; undefined when it can. */
export function weightProblem(
  node: Node,
  weight: ConstantSource | undefined,
  biasValue: Value | undefined,
  bias: ConstantSource | undefined,
): string | undefined {
  if (node.is('MatMul')) return weight && weight.tensor.shape.length < 2 ? 'Its weight is a vector.' : undefined;
  if (!weight) return 'Its weights are computed, not constant.';
  if (weight.tensor.dataType !== 'float') return 'Its weights are not float32.';
  if (biasValue && bias?.tensor.dataType !== 'float') return 'Its bias is computed, not constant.';
  if (node.is('Gemm')) return gemmProblem(node, weight, bias);
  return undefined;
}

/** QGemm takes no beta and one bias per column. */
function gemmProblem(node: Node, weight: ConstantSource, bias: ConstantSource | undefined): string | undefined {
  if (node.float('alpha', 1) !== 1 || (bias && node.float('beta', 1) !== 1)) {
    return 'It scales its product or its bias (alpha, beta), which 8-bit kernels do not.';
  }
  if (node.int('transA', 0) !== 0) return 'It transposes its activations, which 8-bit kernels do not.';
  const columns = weight.tensor.shape[node.int('transB', 0) !== 0 ? 0 : 1];
  if (bias && bias.tensor.size !== columns && bias.tensor.size !== 1) return 'Its bias is a matrix.';
  return undefined;
}

/** The axis of the output channels of a layer's weights as they are read; undefined: one scale for all. */
export function channelAxis(node: Node, shape: readonly number[]): number | undefined {
  switch (node.opType) {
    case 'Conv':
      return 0;
    case 'ConvTranspose':
      return node.int('group', 1) === 1 ? 1 : undefined;
    case 'Gemm':
      return node.int('transB', 0) !== 0 ? 0 : 1;
    case 'MatMul':
      return shape.length === 2 ? 1 : undefined;
    default:
      return undefined;
  }
}
