/** Which inputs of quantized operators are scales and zero points, and which are the quantized data itself. */
import { type Node } from '../graph/node';

interface QuantizedInputs {
  /** Scales and zero points: they belong to the format, not to the network. */
  readonly parameters: readonly number[];
  /** Weights and biases stored as integers. */
  readonly data: readonly number[];
}

const table: Readonly<Record<string, QuantizedInputs>> = {
  QuantizeLinear: { parameters: [1, 2], data: [] },
  DequantizeLinear: { parameters: [1, 2], data: [0] },
  QLinearConv: { parameters: [1, 2, 4, 5, 6, 7], data: [3, 8] },
  QLinearMatMul: { parameters: [1, 2, 4, 5, 6, 7], data: [0, 3] },
  ConvInteger: { parameters: [2, 3], data: [1] },
  MatMulInteger: { parameters: [2, 3], data: [0, 1] },
  'com.microsoft.QLinearAdd': { parameters: [1, 2, 4, 5, 6, 7], data: [0, 3] },
  'com.microsoft.QLinearMul': { parameters: [1, 2, 4, 5, 6, 7], data: [0, 3] },
  'com.microsoft.QLinearSigmoid': { parameters: [1, 2, 3, 4], data: [] },
  'com.microsoft.QLinearLeakyRelu': { parameters: [1, 2, 3, 4], data: [] },
  'com.microsoft.QLinearSoftmax': { parameters: [1, 2, 3, 4], data: [] },
  'com.microsoft.QLinearAveragePool': { parameters: [1, 2, 3, 4], data: [] },
  'com.microsoft.QLinearGlobalAveragePool': { parameters: [1, 2, 3, 4], data: [] },
  'com.microsoft.QLinearReduceMean': { parameters: [1, 2, 3, 4], data: [] },
  'com.microsoft.QLinearWhere': { parameters: [2, 3, 5, 6, 7, 8], data: [1, 4] },
  'com.microsoft.QGemm': { parameters: [1, 2, 4, 5, 7, 8], data: [3, 6] },
  'com.microsoft.QLinearConv': { parameters: [1, 2, 4, 5, 6, 7], data: [3, 8] },
  'com.microsoft.QuantizeLinear': { parameters: [1, 2], data: [] },
  'com.microsoft.DequantizeLinear': { parameters: [1, 2], data: [0] },
  'com.microsoft.MatMulInteger16': { parameters: [], data: [1] },
  'com.microsoft.MatMulIntegerToFloat': { parameters: [2, 3, 4, 5], data: [0, 1] },
  'com.microsoft.DynamicQuantizeMatMul': { parameters: [2, 3], data: [1] },
  'com.microsoft.MatMulNBits': { parameters: [2, 3], data: [1] },
  'com.microsoft.MatMulBnb4': { parameters: [2], data: [1] },
  'com.microsoft.GatherBlockQuantized': { parameters: [2, 3], data: [0] },
  'com.microsoft.QAttention': { parameters: [3, 4, 6, 7], data: [1] },
  'com.microsoft.QOrderedMatMul': { parameters: [1, 3, 4, 6], data: [2, 5] },
  'com.microsoft.DynamicQuantizeLSTM': { parameters: [8, 9, 10, 11], data: [1, 2] },
  'com.microsoft.QEmbedLayerNormalization': {
    parameters: [8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
    data: [2, 3, 4, 5, 6],
  },
};

/** True when input `index` is a scale or a zero point. */
export function isQuantizationParameter(node: Node, index: number): boolean {
  if (node.is('QLinearConcat', 'com.microsoft')) return index < 2 || index % 3 !== 2;
  if (table[node.qualifiedOpType]?.parameters.includes(index)) return true;
  if (!node.is('Mul') && !node.is('Sub')) return false;
  const others = node.inputs.filter((_, other) => other !== index).map((value) => value?.producer);
  return others.some((producer) => isRestoring(producer) || (node.is('Mul') && isMeasuredScale(producer)));
}

/** Before opset 10 quantized weights come back by arithmetic: Cast, Sub of the zero points, Mul by the scales. */
function isRestoring(producer: Node | undefined): boolean {
  const before = producer?.is('Sub') ? producer.input(0)?.producer : producer;
  const stored = before?.is('Cast') ? before.input(0)?.constant?.dataType : undefined;
  return stored === 'int8' || stored === 'uint8';
}

/** Dynamic quantization written out multiplies the measured scale by that of the weight. */
function isMeasuredScale(producer: Node | undefined): boolean {
  return producer?.opType === 'DynamicQuantizeLinear';
}

/** True when input `index` holds integers that stand for real numbers. */
export function isQuantizedData(node: Node, index: number): boolean {
  if (node.is('QLinearConcat', 'com.microsoft')) return index >= 2 && index % 3 === 2;
  const isScaled = ({ node: user }: { node: Node }) => (user.is('Mul') || user.is('Sub')) && isRestoring(node);
  if (node.is('Cast')) return node.output(0)?.uses().some(isScaled) ?? false;
  return table[node.qualifiedOpType]?.data.includes(index) ?? false;
}

/** True for operators that calculate on integers that stand for real numbers. */
export function isQuantizedOperator(node: Node): boolean {
  return node.qualifiedOpType in table || node.is('QLinearConcat', 'com.microsoft');
}
