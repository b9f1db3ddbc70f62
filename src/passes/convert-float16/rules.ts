/**
 * What operators can do in float16: type constraints of ONNX's operator schemas (onnx.defs, up to opset 26), and
 * operators that compute with sizes, order or randomness and stay exact in float32.
 */
import { constantSource } from '../../graph/constants';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';

/** First opset in which an operator takes float16, where that is not its first. */
const float16Since: Readonly<Record<string, number>> = {
  Celu: 28,
  CumSum: 14,
  DequantizeLinear: 19,
  IsInf: 20,
  QuantizeLinear: 19,
  Range: 27,
};

/** Operators that stay in float32, and why. */
const keep: Readonly<Record<string, string>> = {
  CumSum: 'Sums run over many elements: kept exact.',
  DynamicQuantizeLinear: 'It takes float32 only.',
  NonMaxSuppression: 'It takes float32 only.',
  Range: 'It counts: kept exact.',
  TfIdfVectorizer: 'It gives float32 only.',
  TopK: 'Values that float16 makes equal would change their order.',
  RandomNormal: 'It draws random numbers in float32.',
  RandomNormalLike: 'It draws random numbers in float32.',
  RandomUniform: 'It draws random numbers in float32.',
  RandomUniformLike: 'It draws random numbers in float32.',
  Multinomial: 'It draws random numbers in float32.',
  Bernoulli: 'It draws random numbers in float32.',
  BitCast: 'It takes numbers apart into bits.',
  MeanVarianceNormalization: 'ONNX Runtime replaces it by a formula with constants in float32.',
  EyeLike: 'It makes a constant of a type of its own.',
  HannWindow: 'It makes a constant of a type of its own.',
  HammingWindow: 'It makes a constant of a type of its own.',
  BlackmanWindow: 'It makes a constant of a type of its own.',
  MelWeightMatrix: 'It makes a constant of a type of its own.',
  ImageDecoder: 'It makes a value of a type of its own.',
  StringConcat: 'It handles text.',
};

/** Operators of the runtime's own domain whose schema has float16 and that take all their floats in one type. */
const contrib: ReadonlySet<string> = new Set([
  ...['Attention', 'BiasGelu', 'BiasSoftmax', 'BiasSplitGelu', 'EmbedLayerNormalization', 'FastGelu', 'FusedConv'],
  ...['FusedGemm', 'FusedMatMul', 'Gelu', 'GroupQueryAttention', 'MultiHeadAttention', 'QuickGelu', 'RotaryEmbedding'],
  ...['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'],
]);

/** Operators that only copy elements (or make them from integers): they follow their neighbours. */
const movers: ReadonlySet<string> = new Set([
  ...['Cast', 'CenterCropPad', 'Compress', 'Concat', 'ConstantOfShape', 'DepthToSpace', 'Dropout', 'Expand', 'Flatten'],
  ...['Gather', 'GatherElements', 'GatherND', 'Identity', 'Pad', 'Reshape', 'ReverseSequence', 'Slice', 'SpaceToDepth'],
  ...['Split', 'Squeeze', 'Tile', 'Transpose', 'Trilu', 'Unsqueeze', 'Where'],
]);

/** Operators of quantized arithmetic, whose float neighbours belong to it. */
const quantized: ReadonlySet<string> = new Set([
  ...['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'MatMulInteger', 'ConvInteger', 'QLinearConv'],
  ...['QLinearMatMul', 'MatMulNBits', 'MatMulBnb4', 'GatherBlockQuantized', 'DynamicQuantizeMatMul'],
  ...['MatMulIntegerToFloat', 'DynamicQuantizeLSTM', 'QAttention', 'QEmbedLayerNormalization', 'QGemm'],
]);

/** Why an operator stays in float32 in a model of this opset; undefined when it may be converted. */
export function operatorReason(node: Node, opset: number): string | undefined {
  if (node.domain === 'com.microsoft') {
    return contrib.has(node.opType) ? undefined : `com.microsoft.${node.opType} is not known to work in float16.`;
  }
  if (node.domain !== '') return `Operators of domain ${node.domain} work in float32.`;
  if (Object.hasOwn(keep, node.opType)) return keep[node.opType];
  if (/^Scatter(Elements|ND)$/.test(node.opType) && node.string('reduction', 'none') !== 'none') {
    return 'ONNX Runtime reduces in float32 only.';
  }
  const since = Object.hasOwn(float16Since, node.opType) ? float16Since[node.opType]! : 0;
  return opset < since ? `${node.opType} takes float16 from opset ${since} on; the model has ${opset}.` : undefined;
}

/**
 * True for a Transpose or a MatMul that must stay in float32 because of a fault in ONNX Runtime 1.30: when it fuses a
 * Transpose that moves the batch axis behind others, [1, …, 0, r−1] or [1, …, r−1, 0], with a product by a constant matrix
 * in float16, the process dies while loading the model.
 */
export function isFatalPair(node: Node): boolean {
  if (node.is('Transpose')) return movesBatchAxis(node) && feedsConstantProduct(node);
  return isConstantProduct(node) && node.inputs.some((value) => value && movesBatchAxis(source(value)));
}

/** Operators that the runtime looks through, or takes away before it fuses. */
const isLookedThrough = (node: Node): boolean =>
  node.is('Cast') || node.is('Identity') || node.is('Dropout') || (node.is('Concat') && node.inputs.length === 1);

function movesBatchAxis(node: Node | undefined): boolean {
  const perm = node?.is('Transpose') ? node.ints('perm') : undefined;
  if (!perm || perm.length < 3 || perm.indexOf(0) < perm.length - 2) return false;
  return perm.filter((axis) => axis !== 0).every((axis, index) => axis === index + 1);
}

function source(value: Value): Node | undefined {
  const { producer } = value;
  const input = producer && isLookedThrough(producer) ? producer.input(0) : undefined;
  return input ? source(input) : producer;
}

function feedsConstantProduct(node: Node): boolean {
  const readers = node.outputs[0]?.consumers() ?? [];
  return readers.some((reader) => (isLookedThrough(reader) ? feedsConstantProduct(reader) : isConstantProduct(reader)));
}

function isConstantProduct(node: Node): boolean {
  if (!node.opType.endsWith('MatMul') || !node.graph) return false;
  const { graph } = node;
  return [node.input(0), node.input(1)].some((value) => {
    return value !== undefined && constantSource(value, graph)?.tensor.shape.length === 2;
  });
}

/** Inputs whose type is float32 whatever the others are: scales and regions of Resize and Upsample. */
export function isFixedInput(node: Node, index: number): boolean {
  return node.domain === '' && (node.opType === 'Resize' || node.opType === 'Upsample') && index > 0;
}

/** Outputs whose type is float32 whatever the others are: mean and deviation of LayerNormalization. */
export function isFixedOutput(node: Node, index: number): boolean {
  return node.domain === '' && node.opType === 'LayerNormalization' && index > 0;
}

/** True for operators that only move elements. */
export function isMover(node: Node): boolean {
  return node.domain === '' && movers.has(node.opType);
}

/** True for operators of quantized arithmetic. */
export function isQuantized(node: Node): boolean {
  return quantized.has(node.opType) || /^QLinear|^QOrdered/.test(node.opType);
}

/** True for operators with bodies: their borders stay in float32, their bodies are converted. */
export function isControlFlow(node: Node): boolean {
  return node.domain === '' && ['If', 'Loop', 'Scan', 'SequenceMap'].includes(node.opType);
}
