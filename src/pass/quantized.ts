/** Telling quantized models from float ones. */
import { type DataType } from '../graph/dataType';
import { type Graph } from '../graph/graph';
import { type Model } from '../graph/model';

const smallIntegers = new Set<DataType>(['int8', 'uint8', 'int4', 'uint4', 'int2', 'uint2']);
const operators = /Quantize|QLinear|QGemm|MatMulInteger|ConvInteger|NBits/;

/** Constants with fewer elements are numbers of the model's own arithmetic. */
const leastWeight = 16;

/** True when weights or activations of the model are in 8 bits or fewer. */
export function isQuantized({ graph, functions }: Model): boolean {
  return [graph, ...functions.map(({ body }) => body)].some(holdsIntegers);
}

function holdsIntegers(graph: Graph): boolean {
  for (const { constant } of graph.initializers.values()) {
    if (constant && smallIntegers.has(constant.dataType) && constant.size >= leastWeight) return true;
  }
  for (const node of graph.nodes()) {
    const constant = node.is('Constant') ? node.tensor('value') : undefined;
    if (constant && smallIntegers.has(constant.dataType) && constant.size >= leastWeight) return true;
    if (operators.test(node.opType) || node.bodies.some(holdsIntegers)) return true;
  }
  return false;
}
