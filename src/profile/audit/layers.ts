/** Which nodes of a model are layers in the sense of an audit: what computes or moves real numbers. */
import { type DataType, familyOf } from '../../graph/dataType';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Inference } from '../../operators/infer';
import { isQuantizedOperator } from '../../operators/quantizedInputs';
import { adapters } from './match';

/** Layers in the order of the graph, bodies included. */
export function layersToAudit(model: Model, inference: Inference): Node[] {
  const constants = new Map<Value, boolean>();
  const isConstant = (value: Value): boolean => {
    const known = constants.get(value);
    if (known !== undefined) return known;
    constants.set(value, false);
    const { producer } = value;
    const found = producer
      ? producer.bodies.length === 0 && producer.inputs.every((input) => !input || isConstant(input))
      : value.constant !== undefined;
    constants.set(value, found);
    return found;
  };
  const typeOf = (value: Value): DataType | undefined => {
    const type = inference.typeOf(value);
    return type?.kind === 'tensor' ? type.dataType : undefined;
  };
  return [...model.graph.allNodes()].filter((node) => {
    if (node.opType === 'Transpose' ? false : adapters.has(node.opType)) return false;
    if (node.bodies.length > 0 || isPartOfDynamic(node)) return false;
    const output = node.outputs.find((value) => value !== undefined);
    if (!output || isConstant(output)) return false;
    if (isQuantizedOperator(node)) return true;
    const type = typeOf(output);
    return type !== undefined && (familyOf(type) === 'float' || carriesCodes(output, typeOf));
  });
}

/** Operators that pass on what they read, moved. */
const movers = new Set(
  'Transpose Reshape Squeeze Unsqueeze Flatten Slice Gather Split MaxPool Concat Pad Resize Identity'.split(' '),
);

/** True for 8-bit values that stand for real numbers, rather than indices or pixels. */
function carriesCodes(value: Value, typeOf: (value: Value) => DataType | undefined): boolean {
  let current: Value | undefined = value;
  while (current) {
    const type = typeOf(current);
    if (type !== 'int8' && type !== 'uint8') return false;
    if (current.uses().some(({ node, index }) => index !== 1 && isQuantizedOperator(node))) return true;
    const producer: Node | undefined = current.producer;
    if (!producer) return false;
    if (producer.opType === 'QuantizeLinear' || isQuantizedOperator(producer)) return true;
    current = movers.has(producer.opType) ? producer.input(0) : undefined;
  }
  return false;
}

/**
 * Arithmetic that belongs to an integer product written out: Cast → Mul by the scales, and the product of the scales.
 */
function isPartOfDynamic(node: Node): boolean {
  if (!node.is('Mul')) return false;
  return node.inputs.some((value) => {
    const producer = value?.producer;
    if (producer?.opType === 'DynamicQuantizeLinear') return true;
    const source = producer?.is('Cast') ? producer.input(0)?.producer : undefined;
    return source?.is('MatMulInteger') === true || source?.is('ConvInteger') === true;
  });
}
