/** What stands around a layer in a model with QuantizeLinear and DequantizeLinear nodes. */
import { constantSource } from '../../../graph/constants';
import { type DataType } from '../../../graph/dataType';
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { toNumbers } from '../../../numerics/elements';

/** Scale and zero point of a Quantize- or DequantizeLinear; undefined where they are computed. */
export interface Parameters {
  readonly type: DataType;
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
}

/** The DequantizeLinear that a value comes from. */
export function dequantizerOf(value: Value | undefined): Node | undefined {
  const producer = value?.producer;
  return producer?.opType === 'DequantizeLinear' ? producer : undefined;
}

/** QuantizeLinear nodes that read a value. */
export function quantizersOf(value: Value | undefined): Node[] {
  return value?.consumers().filter(({ opType }) => opType === 'QuantizeLinear') ?? [];
}

/** True for what a constant gives, itself or dequantized. */
export function isConstantOperand(value: Value, graph: Graph): boolean {
  const source = dequantizerOf(value)?.input(0) ?? value;
  return constantSource(source, graph) !== undefined;
}

/** Parameters of a Quantize- or DequantizeLinear node. */
export function parametersOf(node: Node): Parameters | undefined {
  const { graph } = node;
  const scale = graph && constantNumbers(node.input(1), graph);
  if (!graph || !scale) return undefined;
  if (!node.input(2)) return { type: codeType(node), scale: scale.numbers, zeroPoint: scale.numbers.map(() => 0) };
  const zeroPoint = constantNumbers(node.input(2), graph);
  return zeroPoint && { type: zeroPoint.type, scale: scale.numbers, zeroPoint: zeroPoint.numbers };
}

/** Without a zero point, QuantizeLinear makes uint8; DequantizeLinear takes whatever it is given (ONNX operators). */
function codeType(node: Node): DataType {
  const codes = node.opType === 'DequantizeLinear' ? node.input(0) : undefined;
  const source = codes && node.graph && constantSource(codes, node.graph);
  return source?.tensor.dataType ?? 'uint8';
}

/** True when two sets of parameters map real numbers to the same codes. */
export function sameParameters(a: Parameters, b: Parameters): boolean {
  const same = (x: readonly number[], y: readonly number[]): boolean =>
    x.length === y.length && x.every((number, index) => number === y[index]);
  return a.type === b.type && same(a.scale, b.scale) && same(a.zeroPoint, b.zeroPoint);
}

const leastCodes: Partial<Record<DataType, number>> = {
  uint8: 0,
  int8: -128,
  uint16: 0,
  int16: -32768,
  uint4: 0,
  int4: -8,
};

/** Least code of an integer type; NaN for others. */
export const leastCode = (type: DataType): number => leastCodes[type] ?? NaN;

function constantNumbers(value: Value | undefined, graph: Graph): { type: DataType; numbers: number[] } | undefined {
  const tensor = value && constantSource(value, graph)?.tensor;
  if (!tensor || tensor.dataType === 'string') return undefined;
  return { type: tensor.dataType, numbers: [...toNumbers(tensor.dataType, tensor.bytes(), tensor.size)] };
}
