/** Quantized operators of com.microsoft: what ONNX Runtime's quantizer and optimizer emit. */
import { type Dim, type Shape } from '../../graph/shape';
import { macCost, perElement, pointwise, productExpression, unknownCost, sizeExpression } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { broadcastShapes, mulDims, normalAxis, sumOf, unifyDims, withDim } from '../dims';
import { axesOf, sameAsInput } from '../rules';
import { channelsFirst, channelsLast, convolutionCost, convolutionShape } from './convolution';
import { matmulCost, matmulRule, matmulShape } from './matmul';
import { poolCost, pooledShape } from './pooling';
import { recurrentCost, recurrentRule } from './recurrent';

const domain = 'com.microsoft';

/** Two quantized operands, each with scale and zero point behind it. */
function binary(context: InferenceContext): void {
  context.tensor(0, context.dataType(0), broadcastShapes([context.shape(0), context.shape(3)]));
}

function where(context: InferenceContext): void {
  context.tensor(0, context.dataType(1), broadcastShapes([0, 1, 4].map((index) => context.shape(index))));
}

/** Output scale and zero point first, then tensor, scale and zero point of each part. */
function concat(context: InferenceContext): void {
  const { node } = context;
  const parts = node.inputs.flatMap((_, index) => (index >= 2 && index % 3 === 2 ? [context.shape(index)] : []));
  const rank = parts.find((shape) => shape)?.length;
  if (rank === undefined) return context.tensor(0, context.dataType(2), undefined);
  const axis = normalAxis(node.int('axis', 0), rank);
  const dims = Array.from({ length: rank }, (_, at): Dim => {
    const here = parts.map((shape) => shape?.[at] ?? null);
    return at === axis ? sumOf(here) : here.reduce<Dim>((a, b) => unifyDims(a, b), null);
  });
  context.tensor(0, context.dataType(2), dims);
}

function convolution(context: InferenceContext): void {
  const last = context.node.int('channels_last', 0) === 1;
  const input = last ? channelsFirst(context.shape(0)) : context.shape(0);
  const output = convolutionShape(context, input, context.shape(3));
  context.tensor(0, context.dataType(7) ?? context.dataType(0), last ? channelsLast(output) : output);
}

function quantizedConvolutionCost(context: CostContext): Cost {
  if (context.node.int('channels_last', 0) === 0) return convolutionCost(context, 3, 8);
  const [output, weight] = [channelsFirst(context.outputShape(0)), context.shape(3)];
  return output && weight ? macCost(productExpression([output[0], ...output.slice(2), ...weight])) : unknownCost;
}

function averagePool(context: InferenceContext): void {
  const last = context.node.int('channels_last', 0) === 1;
  const input = last ? channelsFirst(context.shape(0)) : context.shape(0);
  const output = pooledShape(context, input);
  context.tensor(0, context.dataType(0), last ? channelsLast(output) : output);
}

function globalAveragePool(context: InferenceContext): void {
  const last = context.node.int('channels_last', 0) === 1;
  const kept = (axis: number, rank: number): boolean => axis === 0 || axis === (last ? rank - 1 : 1);
  const input = context.shape(0);
  context.tensor(
    0,
    context.dataType(0),
    input?.map((dim, axis) => (kept(axis, input.length) ? dim : 1)),
  );
}

function reduceMean(context: InferenceContext): void {
  const input = context.shape(0);
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const axes = axesOf(context, Infinity, input.length);
  const gone = new Set(Array.isArray(axes) ? axes : input.map((_, axis) => axis));
  const keep = context.node.int('keepdims', 1) === 1;
  const shape = keep
    ? input.map((dim, axis) => (gone.has(axis) ? 1 : dim))
    : input.filter((_, axis) => !gone.has(axis));
  context.tensor(0, context.dataType(0), shape);
}

/** [M, N] of A and B with their scales in between; float when no output scale is given. */
function gemm(context: InferenceContext): void {
  const [a, b] = [context.shape(0), context.shape(3)];
  const [transA, transB] = [context.node.int('transA', 0) !== 0, context.node.int('transB', 0) !== 0];
  const type = context.has(7) ? (context.dataType(8) ?? context.dataType(0)) : (context.dataType(1) ?? 'float');
  context.tensor(0, type, [a?.[transA ? 1 : 0] ?? null, b?.[transB ? 0 : 1] ?? null]);
}

function gemmCost(context: CostContext): Cost {
  const [a, output] = [context.shape(0), context.outputShape(0)];
  const inner = a?.[context.node.int('transA', 0) !== 0 ? 0 : 1];
  if (!output) return unknownCost;
  return macCost(productExpression([...output, inner]), context.node.input(6) ? sizeExpression(output) : 0);
}

/** Packed weights: K and N are attributes. */
function packedMatMul(context: InferenceContext): void {
  const input = context.shape(0);
  context.tensor(0, context.dataType(0), input && withDim(input, input.length - 1, context.node.int('N') ?? null));
}

/** One product per element of the unpacked weight and row of the input. */
function packedCost(context: CostContext): Cost {
  const output = context.outputShape(0);
  return output ? macCost(productExpression([...output, context.node.int('K')])) : unknownCost;
}

/** The weight's shape is given as an input of its own. */
function matMulFpQ4(context: InferenceContext): void {
  const [input, weight] = [context.shape(0), context.numbers(2)];
  context.tensor(0, context.dataType(0), matmulShape(input, weight ?? [null, null]));
}

/** Rows of a table quantized in blocks; two 4-bit elements share a byte of uint8 along the last axis. */
function gatherBlocks(context: InferenceContext): void {
  const { node } = context;
  const [table, indices] = [context.shape(0), context.shape(1)];
  if (!table) return context.tensor(0, context.dataType(2), undefined);
  const axis = normalAxis(node.int('gather_axis', 0), table.length);
  const perByte = context.dataType(0) === 'uint8' ? 8 / node.int('bits', 4) : 1;
  const unpacked = withDim(table, table.length - 1, mulDims(table[table.length - 1]!, perByte));
  const shape = indices && [...unpacked.slice(0, axis), ...indices, ...unpacked.slice(axis + 1)];
  context.tensor(0, context.dataType(2), shape);
}

/** Weights are stored transposed, so the hidden size is an attribute. */
function quantizedEmbedding(context: InferenceContext): void {
  const [ids, table] = [context.shape(0), context.shape(2)];
  const shape: Shape | undefined = ids && [ids[0] ?? null, ids[1] ?? null, table?.[1] ?? null];
  context.tensor(0, context.dataType(8) ?? 'float', shape);
  context.tensor(1, 'int32', ids && [ids[0] ?? null]);
}

const one = { infer: sameAsInput, cost: pointwise(), elementwise: true };

/** Members of this family. */
export const contribQuantized = [
  ...defineOperators(['QLinearAdd', 'QLinearMul'], { infer: binary, cost: pointwise(), elementwise: true }, domain),
  ...defineOperators(['QLinearSigmoid', 'QLinearLeakyRelu'], one, domain),
  ...defineOperators(['QLinearSoftmax'], { infer: sameAsInput, cost: pointwise(5) }, domain),
  ...defineOperators(['QLinearWhere'], { infer: where, cost: pointwise() }, domain),
  ...defineOperators(['QLinearConcat'], { infer: concat }, domain),
  ...defineOperators(['QLinearReduceMean'], { infer: reduceMean, cost: (c) => perElement(c.shape(0)) }, domain),
  ...defineOperators(['QLinearConv'], { infer: convolution, cost: quantizedConvolutionCost }, domain),
  ...defineOperators(['QLinearAveragePool'], { infer: averagePool, cost: poolCost }, domain),
  ...defineOperators(
    ['QLinearGlobalAveragePool'],
    { infer: globalAveragePool, cost: (c) => perElement(c.shape(0)) },
    domain,
  ),
  ...defineOperators(['QGemm'], { infer: gemm, cost: gemmCost }, domain),
  ...defineOperators(
    ['MatMulIntegerToFloat'],
    { infer: matmulRule(0, 1, (c) => c.dataType(2) ?? 'float'), cost: (c) => matmulCost(c) },
    domain,
  ),
  ...defineOperators(
    ['DynamicQuantizeMatMul'],
    { infer: matmulRule(0, 1, (c) => c.dataType(0)), cost: (c) => matmulCost(c) },
    domain,
  ),
  ...defineOperators(
    ['MatMulInteger16'],
    { infer: matmulRule(0, 1, () => 'int32'), cost: (c) => matmulCost(c) },
    domain,
  ),
  ...defineOperators(['DynamicQuantizeLSTM'], { infer: recurrentRule, cost: recurrentCost }, domain),
  ...defineOperators(['MatMulNBits', 'MatMulBnb4'], { infer: packedMatMul, cost: packedCost }, domain),
  ...defineOperators(['MatMulFpQ4'], { infer: matMulFpQ4, cost: (c) => fpQ4Cost(c) }, domain),
  ...defineOperators(['GatherBlockQuantized'], { infer: gatherBlocks }, domain),
  ...defineOperators(
    ['QEmbedLayerNormalization'],
    { infer: quantizedEmbedding, cost: (c) => perElement(c.outputShape(0), 7) },
    domain,
  ),
];

function fpQ4Cost(context: CostContext): Cost {
  const [input, output] = [context.shape(0), context.outputShape(0)];
  return output && input ? macCost(productExpression([...output, input[input.length - 1]])) : unknownCost;
}
