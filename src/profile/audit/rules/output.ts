/** Rules about what becomes of a layer's output. */
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { type BrokenRule } from './broken';
import { leastCode, parametersOf, quantizersOf } from './surroundings';

/** The rule about the output that the layer broke; `unknown` when none is found. */
export function outputRule(node: Node, isMover: boolean): BrokenRule {
  const output = node.output(0);
  const consumers = output?.consumers() ?? [];
  const clip = consumers.length === 1 && /^(Relu|Clip)$/.test(consumers[0]!.opType) ? consumers[0] : undefined;
  const last = clip?.output(0) ?? output;
  const quantizers = quantizersOf(last);
  if (quantizers.length === 0) return unquantizedRule(node, consumers);
  if (last && isReadAsFloat(last, quantizers)) {
    const reason = 'Its output is read as float as well as quantized, so the float layer has to run.';
    return { rule: 'output-also-read-as-float', reason };
  }
  const parameters = parametersOf(quantizers[0]!);
  const zeroPoint = parameters?.zeroPoint[0];
  if (clip && parameters && zeroPoint !== leastCode(parameters.type)) {
    const reason =
      `The zero point of the ${clip.opType} behind it is ${zeroPoint}, not the least code ${leastCode(parameters.type)} ` +
      '(symmetric activations): rounding does not clip at zero, so layer and clip run in float.';
    return { rule: 'activation-zero-point', reason };
  }
  if (isMover && quantizers.length > 1) {
    const reason = 'Its output is quantized more than once.';
    return { rule: 'parameters-differ', reason };
  }
  return { rule: 'unknown', reason: 'ONNX Runtime did not fuse it with the conversions around it.' };
}

function unquantizedRule(node: Node, consumers: readonly Node[]): BrokenRule {
  const [reader] = consumers;
  if (node.is('MatMul') && reader?.is('Add')) {
    const reason =
      'Its bias is added in float (Add without QuantizeLinear behind it), so MatMul and Add become one float Gemm.';
    return { rule: 'bias-not-fused', reason };
  }
  const reason = `Its output is not quantized, so ONNX Runtime cannot use an int8 ${node.opType}.`;
  return { rule: 'output-not-quantized', reason };
}

function isReadAsFloat(value: Value, quantizers: readonly Node[]): boolean {
  const isOutput = value.producer?.graph?.outputs.includes(value) ?? false;
  return isOutput || value.consumers().length > quantizers.length;
}
