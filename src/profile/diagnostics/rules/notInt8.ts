/** Quantized layers that ONNX Runtime computes in float all the same, by the rules that the audit found. */
import { type Node } from '../../../graph/node';
import { ruleOf } from '../../audit/rules';
import { type Finding, type Rule } from '../rule';

/** Layers that are worth int8: the others only move or bend what these make. */
const worthwhile = /^(Conv|ConvTranspose|MatMul|Gemm)$/;

/** A layer between DequantizeLinear and QuantizeLinear that does not become one int8 kernel. */
export const notInt8: Rule = {
  code: 'not-int8',
  summary: 'A quantized layer that will not run in int8.',
  *check({ nodes }): Generator<Finding> {
    for (const node of nodes) {
      if (node.domain !== '' || !worthwhile.test(node.opType) || !isFedByCodes(node)) continue;
      const { rule, reason } = ruleOf(node);
      if (rule === 'unknown' || rule === 'not-quantized') continue;
      yield {
        severity: 'warning',
        node: node.label,
        message: `This ${node.opType} is quantized but will run in float, with conversions on top. ${reason}`,
      };
    }
  },
};

/** Its activations come as codes; weights alone as codes are meant to be restored. */
const isFedByCodes = (node: Node): boolean => {
  const source = node.input(0)?.producer;
  return source?.opType === 'DequantizeLinear' && source.input(0)?.constant === undefined;
};
