/** The layers of a quantized model whose bias can be corrected. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Inference } from '../../operators/infer';
import { type AddTo, newBias, vectorAt } from './operands';

/** A layer with the value that its bias goes into. */
export interface Slot {
  /** The node with the weights. */
  readonly layer: Node;
  /** The node whose first output the bias is part of: the layer itself, or an Add behind it. */
  readonly end: Node;
  readonly channels: number;
  /** Axis of the channels in that output. */
  readonly axis: 1 | -1;
  readonly add: AddTo;
}

/** A layer that stays as it is. */
export interface Refused {
  readonly layer: Node;
  readonly reason: string;
}

const products = new Set(['MatMul', 'MatMulInteger', 'ConvInteger', 'com.microsoft.MatMulNBits']);

/** What may stand between a product and the Add of its bias. */
const between = new Set(['Mul', 'Cast', 'QuantizeLinear', 'DequantizeLinear']);

/** Every layer with weights in the main graph. */
export function slotsOf({ graph }: Model, inference: Inference): (Slot | Refused)[] {
  return [...graph.nodes()].flatMap((node): readonly (Slot | Refused)[] => {
    if (node.domain === '' && ['Conv', 'ConvTranspose', 'Gemm'].includes(node.opType))
      return [ownSlot(node, inference)];
    if (node.opType.startsWith('QLinear') || node.opType === 'QGemm') {
      return [{ layer: node, reason: 'Its output is 8-bit already (QOperator format): use the QDQ format.' }];
    }
    if (!products.has(node.qualifiedOpType) || !node.output(0) || !hasWeight(node)) return [];
    return [addedSlot(node, inference)];
  });
}

/** A product of two computed values has no weights. */
function hasWeight(node: Node): boolean {
  if (node.opType === 'MatMulNBits') return true;
  const depends = (value: Value | undefined, depth = 0): boolean => {
    if (!value || value.constant) return false;
    if (!value.producer || depth > 6) return true;
    return value.producer.inputs.some((input) => depends(input, depth + 1));
  };
  return node.inputs.slice(0, 2).some((input) => input && !depends(input));
}

function ownSlot(node: Node, inference: Inference): Slot | Refused {
  const shape = node.input(1) && inference.shapeOf(node.input(1)!);
  const rows = shape?.[0];
  const columns = shape?.[1];
  const outputs = node.is('Conv') || node.int('transB', 0) === 1 ? rows : columns;
  if (typeof outputs !== 'number') return { layer: node, reason: 'The shape of its weight is not known.' };
  if (node.float('beta', 1) !== 1) return { layer: node, reason: 'It scales its bias (beta).' };
  const channels = node.is('ConvTranspose') ? outputs * node.int('group', 1) : outputs;
  const add = node.input(2) ? vectorAt(node, 2, channels) : newBias(node, channels);
  if (!add)
    return { layer: node, reason: 'Its bias is neither a float32 nor an int32 constant of one number a channel.' };
  return { layer: node, end: node, channels, axis: node.is('Gemm') ? -1 : 1, add };
}

/** A product whose bias is added behind it, or, for MatMulNBits, is its sixth input. */
function addedSlot(layer: Node, inference: Inference): Slot | Refused {
  const channels = inference.shapeOf(layer.output(0)!)?.at(-1) ?? layer.int('N');
  if (typeof channels !== 'number') return { layer, reason: 'How many channels it makes is not known.' };
  const own = layer.input(5) && vectorAt(layer, 5, channels);
  if (own) return { layer, end: layer, channels, axis: -1, add: own };
  const output = layer.graph!.outputs;
  for (let value = layer.output(0)!; ;) {
    const [next] = value.consumers();
    if (!next || value.useCount !== 1 || output.includes(value) || !next.output(0)) break;
    if (next.is('Add')) {
      const add = vectorAt(next, 1 - next.inputs.indexOf(value), channels);
      if (add) return { layer, end: next, channels, axis: -1, add };
      break;
    }
    if (!between.has(next.opType)) break;
    value = next.output(0)!;
  }
  return { layer, reason: 'It has no bias, and one more operator would keep it from being fused.' };
}
