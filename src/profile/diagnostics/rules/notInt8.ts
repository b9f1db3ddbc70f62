/** Quantized layers that ONNX Runtime computes in float all the same, by the rules that the audit found. */
import { type Node } from '../../../graph/node';
import { type AuditRule } from '../../../protocol/audit';
import { ruleOf } from '../../audit/rules';
import { leastCode, parametersOf, quantizersOf } from '../../audit/rules/surroundings';
import { type Finding, type Rule } from '../rule';

/**
 * What the graph alone decides. A product without QuantizeLinear behind it may still become MatMulIntegerToFloat, and a
 * float bias behind it be added there: whether it does depends on more than its neighbours, so only the audit can say.
 */
const certain: Readonly<Record<string, ReadonlySet<AuditRule>>> = {
  Conv: new Set<AuditRule>([
    'output-not-quantized',
    'output-also-read-as-float',
    'activation-zero-point',
    'weight-not-quantized',
    'element-types',
  ]),
  ConvTranspose: new Set<AuditRule>(['no-int8-kernel']),
  MatMul: new Set<AuditRule>(['weight-not-quantized', 'element-types']),
  Gemm: new Set<AuditRule>(['weight-not-quantized', 'element-types']),
};

/** A layer between DequantizeLinear and QuantizeLinear that does not become one int8 kernel. */
export const notInt8: Rule = {
  code: 'not-int8',
  summary: 'A quantized layer that will not run in int8.',
  *check({ nodes }): Generator<Finding> {
    for (const node of nodes) {
      if (node.domain !== '' || conversions.test(node.opType) || !isFedByCodes(node)) continue;
      const { rule, reason } = ruleOf(node);
      const isLayer = certain[node.opType] !== undefined;
      if (!(isLayer ? certain[node.opType]!.has(rule) : rule === 'no-int8-kernel' && isQuantized(node))) continue;
      yield {
        severity: isLayer ? 'warning' : 'information',
        node: node.label,
        message: `This ${node.opType} is quantized but will run in float, with conversions on top. ${reason}`,
      };
    }
  },
};

const conversions = /^(De)?[Qq]uantizeLinear$|^Cast$/;

/** Its activations come as codes; weights alone as codes are meant to be restored. */
const isFedByCodes = (node: Node): boolean => {
  const source = node.input(0)?.producer;
  return source?.opType === 'DequantizeLinear' && source.input(0)?.constant === undefined;
};

/** Its output becomes codes again, and nothing else. A Relu or Clip that rounding does anyway is removed, not run. */
const isQuantized = (node: Node): boolean => {
  const readers = node.output(0)?.consumers() ?? [];
  const quantizers = quantizersOf(node.output(0));
  if (quantizers.length === 0 || quantizers.length < readers.length) return false;
  const parameters = parametersOf(quantizers[0]!);
  const isFree = parameters !== undefined && parameters.zeroPoint[0] === leastCode(parameters.type);
  return !(isFree && /^(Relu|Clip)$/.test(node.opType));
};
