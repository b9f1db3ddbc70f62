/** How axes relate, by operator: one line per family. Operators that are not here keep all channels they meet. */
import { type AxisRule } from './definition';
import { attentionAxes } from './attention';
import { convolutionAxes } from './convolution';
import { einsumAxes } from './einsum';
import { elementwiseAxes } from './elementwise';
import { matmulAxes } from './matmul';
import { movingAxes } from './moving';
import { normalizationAxes } from './normalization';
import { paddingAxes } from './padding';
import { quantizationAxes } from './quantization';
import { recurrentAxes } from './recurrent';
import { shapeAxes } from './shapes';
import { spatialAxes } from './spatial';

const families: readonly (readonly AxisRule[])[] = [
  elementwiseAxes,
  convolutionAxes,
  matmulAxes,
  einsumAxes,
  normalizationAxes,
  movingAxes,
  paddingAxes,
  spatialAxes,
  recurrentAxes,
  attentionAxes,
  quantizationAxes,
  shapeAxes,
];

const byKey = new Map(families.flat().map((rule) => [`${rule.domain}:${rule.name}`, rule]));

/** The rule of an operator, or undefined when nothing is known of its axes. */
export function axisRuleOf(domain: string, name: string): AxisRule | undefined {
  return byKey.get(`${domain}:${name}`);
}
