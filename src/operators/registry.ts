/** All operators that the engine knows, by domain and name. One line per family. */
import { type OperatorDefinition } from './definition';
import { contribAttention } from './families/contrib-attention';
import { contribFused } from './families/contrib-fused';
import { contribGeneration } from './families/contrib-generation';
import { contribQuantized } from './families/contrib-quantized';
import { contribTransformer } from './families/contrib-transformer';
import { attentions } from './families/attention';
import { ml } from './families/ml';
import { sequences } from './families/sequences';
import { signal } from './families/signal';
import { text } from './families/text';
import { training } from './families/training';
import { control } from './families/control';
import { convolutions } from './families/convolution';
import { elementwise } from './families/elementwise';
import { generators } from './families/generators';
import { identities } from './families/identity';
import { matmul } from './families/matmul';
import { normalization } from './families/normalization';
import { pooling } from './families/pooling';
import { quantization } from './families/quantization';
import { recurrent } from './families/recurrent';
import { reductions } from './families/reduction';
import { reshaping } from './families/reshaping';
import { scattering } from './families/scattering';
import { slicing } from './families/slicing';
import { spatial } from './families/spatial';
import { unary } from './families/unary';

const families: readonly (readonly OperatorDefinition[])[] = [
  elementwise,
  unary,
  identities,
  convolutions,
  pooling,
  matmul,
  normalization,
  reductions,
  reshaping,
  slicing,
  scattering,
  generators,
  spatial,
  recurrent,
  quantization,
  control,
  attentions,
  ml,
  sequences,
  signal,
  text,
  training,
  contribAttention,
  contribFused,
  contribGeneration,
  contribQuantized,
  contribTransformer,
];

/** Operators that com.microsoft has under the same name and with the same meaning as ai.onnx. */
const alsoContrib = [
  'Pad', 'Range', 'GatherND', 'GridSample', 'Crop', 'Affine', 'ImageScaler', 'ParametricSoftplus', 'ScaledTanh',
  'ThresholdedRelu', 'CausalConvWithState', 'LinearAttention', 'LayerNormalization', 'SimplifiedLayerNormalization',
]; // prettier-ignore

const byKey = new Map<string, OperatorDefinition>();
for (const family of families) for (const operator of family) byKey.set(key(operator.domain, operator.name), operator);

for (const name of alsoContrib) {
  const standard = byKey.get(key('', name));
  const twin = key('com.microsoft', name);
  if (standard && !byKey.has(twin)) byKey.set(twin, { ...standard, domain: 'com.microsoft' });
}

function key(domain: string, name: string): string {
  return `${domain}:${name}`;
}

/** The definition of an operator, or undefined when the engine does not know it. */
export function operatorOf(domain: string, name: string): OperatorDefinition | undefined {
  return byKey.get(key(domain, name));
}

/** Every operator that is known, for the documentation and the tests. */
export function knownOperators(): readonly OperatorDefinition[] {
  return [...byKey.values()];
}
