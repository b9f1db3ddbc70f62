/** Rules about layers whose weight alone is quantized. */
import { type Node } from '../../../graph/node';
import { type BrokenRule } from './broken';
import { dequantizerOf } from './surroundings';

/** Why the weight is dequantized on every run instead of being read packed (MatMulNBits). */
export function weightOnlyRule(node: Node): BrokenRule {
  const rule = 'weight-only-layout';
  const weight = dequantizerOf(node.input(1));
  if (!node.is('MatMul') && !node.is('Gemm')) {
    const reason = `ONNX Runtime has no ${node.opType} with packed weights: they are dequantized on every run.`;
    return { rule, reason };
  }
  if (node.is('Gemm') && node.int('transB', 0) === 1) {
    return {
      rule,
      reason: 'A Gemm with transB=1 does not become MatMulNBits: its weight is dequantized on every run.',
    };
  }
  if (!weight) return { rule, reason: 'Only a quantized right factor becomes MatMulNBits.' };
  const block = weight.int('block_size', 0);
  if (block > 0 && weight.int('axis', 1) !== 0) {
    return { rule, reason: 'The blocks of its weight do not lie along axis 0, which MatMulNBits needs.' };
  }
  const reason =
    block > 0 && block < 16
      ? `Blocks of ${block} are smaller than the 16 that MatMulNBits needs.`
      : 'Its weight is not quantized in blocks of at least 16 along axis 0: it is dequantized on every run.';
  return { rule, reason };
}
