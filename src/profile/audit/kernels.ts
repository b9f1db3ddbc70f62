/** How a node of the optimized graph executes. */
import { type DataType } from '../../graph/dataType';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type RunsAs } from '../../protocol/audit';

/** Kernels that take and give integers whose scales are known beforehand. */
const statics: ReadonlySet<string> = new Set([
  'QLinearConv',
  'QLinearMatMul',
  'com.microsoft.QLinearConv',
  'com.microsoft.QGemm',
  'com.microsoft.QLinearAdd',
  'com.microsoft.QLinearMul',
  'com.microsoft.QLinearSigmoid',
  'com.microsoft.QLinearLeakyRelu',
  'com.microsoft.QLinearSoftmax',
  'com.microsoft.QLinearAveragePool',
  'com.microsoft.QLinearGlobalAveragePool',
  'com.microsoft.QLinearReduceMean',
  'com.microsoft.QLinearConcat',
  'com.microsoft.QLinearWhere',
]);

/** Kernels that multiply integers and give int32 or float: the activations may have been quantized as they came. */
const toFloat: ReadonlySet<string> = new Set([
  'ConvInteger',
  'MatMulInteger',
  'com.microsoft.MatMulInteger16',
  'com.microsoft.MatMulIntegerToFloat',
  'com.microsoft.QAttention',
]);

const dynamics: ReadonlySet<string> = new Set([
  'com.microsoft.DynamicQuantizeMatMul',
  'com.microsoft.DynamicQuantizeLSTM',
]);

const packed: ReadonlySet<string> = new Set([
  'com.microsoft.MatMulNBits',
  'com.microsoft.MatMulBnb4',
  'com.microsoft.GatherBlockQuantized',
  'com.microsoft.QEmbedLayerNormalization',
]);

/** Input whose element type tells what a kernel works on. */
const dataInput: Readonly<Record<string, number>> = { Where: 1, If: -1, Loop: -1, Scan: -1 };

/** Kernels that give other integers than the codes they may be fed. */
const countsOrCompares = /^(Shape|Size|NonZero|ArgM|TopK|Equal|Less|Greater|OneHot|Cast|Is)/;

/** What is known of a value of the optimized graph. */
export type TypeOf = (value: Value) => DataType | undefined;

/** How a node executes; `float-qdq` when conversions sit right beside it. */
export function runsAs(node: Node, typeOf: TypeOf): RunsAs {
  const name = node.qualifiedOpType;
  if (statics.has(name)) return 'int8';
  if (dynamics.has(name)) return 'int8-dynamic';
  if (packed.has(name)) return 'weights-only';
  if (toFloat.has(name)) return isStatic(node.input(0)) ? 'int8' : 'int8-dynamic';
  if (worksOnCodes(node, typeOf)) return 'int8';
  return hasConversions(node) ? 'float-qdq' : 'float';
}

/** True for nodes that only convert between codes and real numbers. */
export function isConversion({ opType }: Node): boolean {
  return opType === 'QuantizeLinear' || opType === 'DequantizeLinear' || opType === 'DynamicQuantizeLinear';
}

/** Codes whose scale is a constant: from a QuantizeLinear or a kernel that ends in one. */
function isStatic(value: Value | undefined): boolean {
  const producer = originOf(value);
  return producer !== undefined && (producer.opType === 'QuantizeLinear' || statics.has(producer.qualifiedOpType));
}

/** The node that a value comes from, before it was moved about. */
function originOf(value: Value | undefined): Node | undefined {
  let producer = value?.producer;
  while (producer && moves.has(producer.opType)) producer = producer.input(0)?.producer;
  return producer;
}

const moves = new Set('Transpose Reshape Squeeze Unsqueeze Flatten Slice Gather Split MaxPool NhwcMaxPool'.split(' '));

/** Layers that only move or compare data take 8-bit codes as they are; other integers are indices and shapes. */
function worksOnCodes(node: Node, typeOf: TypeOf): boolean {
  if (countsOrCompares.test(node.opType) || isConversion(node)) return false;
  const value = node.input(dataInput[node.opType] ?? 0);
  const type = value && typeOf(value);
  if (type !== undefined && type !== 'undefined') return type === 'int8' || type === 'uint8';
  // Behind a node of the runtime's own that inference does not know.
  return isStatic(value);
}

function hasConversions(node: Node): boolean {
  const fed = node.inputs.some((value) => value?.producer?.opType === 'DequantizeLinear');
  return fed || node.outputs.some((value) => value?.consumers().some(({ opType }) => opType === 'QuantizeLinear'));
}
