/** What a person reads as the kind of a layer: "Conv 3x3 /2", "Conv 3x3 depthwise (int8)", "MatMul". */
import { type DataType, familyOf } from '../graph/dataType';
import { type Node } from '../graph/node';
import { type Shape } from '../graph/shape';
import { type Value } from '../graph/value';
import { isQuantizedData, isQuantizedOperator } from '../operators/quantizedInputs';

/** Types of the values around a node, as far as known. */
export interface TypeView {
  shapeOf(value: Value): Shape | undefined;
  dataTypeOf(value: Value): DataType | undefined;
}

/** Kind of a node, from its operator, its window and how its weights are stored. */
export function kindOf(node: Node, view: TypeView): string {
  const parts = [node.opType, ...windowText(node, view)];
  const storage = storageOf(node, view);
  return storage ? `${parts.join(' ')} (${storage})` : parts.join(' ');
}

function windowText(node: Node, view: TypeView): string[] {
  if (!/^(Fused|NhwcFused|QLinear|Nhwc)?(Deform)?(Conv|MaxPool|AveragePool|LpPool)/.test(node.opType)) return [];
  const weight = weightOf(node, view);
  const kernel = node.ints('kernel_shape') ?? weight?.slice(2);
  const text: string[] = [];
  if (kernel && kernel.length > 0) text.push(kernel.map(String).join('x'));
  const strides = node.ints('strides') ?? [];
  if (strides.some((stride) => stride > 1)) text.push(`/${sameAll(strides) ? strides[0] : strides.join('x')}`);
  const group = node.int('group', 1);
  if (group > 1) text.push(weight?.[1] === 1 ? 'depthwise' : `${group} groups`);
  const dilations = node.ints('dilations') ?? [];
  if (dilations.some((d) => d > 1)) text.push(`dilated ${sameAll(dilations) ? dilations[0] : dilations.join('x')}`);
  return text;
}

const sameAll = (numbers: readonly number[]): boolean => numbers.every((number) => number === numbers[0]);

function weightOf(node: Node, view: TypeView): Shape | undefined {
  if (node.opType.includes('Pool')) return undefined;
  const value = node.input(node.opType.startsWith('QLinear') ? 3 : 1);
  return value && view.shapeOf(value);
}

/** Element type of quantized weights, whether the operator reads them itself or through DequantizeLinear. */
function storageOf(node: Node, view: TypeView): string | undefined {
  if (/^(Quantize|Dequantize)Linear$/.test(node.opType)) return undefined;
  if (node.opType === 'MatMulNBits') return `int${node.int('bits', 4)}`;
  for (const [index, value] of node.inputs.entries()) {
    if (!value) continue;
    const type = isQuantizedOperator(node) ? view.dataTypeOf(value) : dequantizedFrom(value, view);
    const stored = isQuantizedOperator(node) ? isQuantizedData(node, index) : true;
    if (stored && type && ['int', 'uint'].includes(familyOf(type)) && type !== 'int32') return type;
  }
  return undefined;
}

/** Type behind a DequantizeLinear, or a Cast and arithmetic, of a constant; also through a Transpose or Reshape. */
function dequantizedFrom(value: Value, view: TypeView): DataType | undefined {
  let current: Value | undefined = value;
  for (let steps = 0; current && steps < 4; steps++) {
    const producer: Node | undefined = current.producer;
    if (!producer) return undefined;
    const source: Value | undefined = producer.input(0);
    if (producer.opType === 'DequantizeLinear') return source?.constant ? view.dataTypeOf(source) : undefined;
    if (producer.opType === 'Cast' && source?.constant) return view.dataTypeOf(source);
    if (!/^(Transpose|Reshape|Identity|Squeeze|Unsqueeze|Cast|Mul|Sub)$/.test(producer.opType)) return undefined;
    current = source;
  }
  return undefined;
}
