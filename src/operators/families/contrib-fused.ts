/** Fused and small operators of com.microsoft: convolution and matrix products with extras, and odds and ends. */
import { type Dim, type Shape } from '../../graph/shape';
import { macCost, noCost, perElement, pointwise, productExpression, unknownCost, sizeExpression } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { ceilDivDims, productOf, RuleError, unknownDims } from '../dims';
import { sameAsInput } from '../rules';
import { channelsFirst, channelsLast, convolutionCost, convolutionRule, convolutionShape } from './convolution';
import { gemmCost, gemmShape, matmulCost, matmulRule, matmulShape } from './matmul';
import { poolCost, pooledShape } from './pooling';

const domain = 'com.microsoft';

/** Axes as the product sees them: `transBatch` moves the first axis to the rows, `trans` swaps rows and columns. */
function operand(shape: Shape | undefined, trans: boolean, transBatch: boolean): Shape | undefined {
  if (!shape || shape.length < 2) return shape;
  const [first, ...rest] = shape;
  const moved = transBatch ? [...rest.slice(0, -1), first!, rest[rest.length - 1]!] : shape;
  if (!trans) return moved;
  return [...moved.slice(0, -2), moved[moved.length - 1]!, moved[moved.length - 2]!];
}

function flag(context: Pick<InferenceContext, 'node'>, name: string): boolean {
  return context.node.int(name, 0) !== 0;
}

function fusedMatMul(context: InferenceContext): void {
  const a = operand(context.shape(0), flag(context, 'transA'), flag(context, 'transBatchA'));
  const b = operand(context.shape(1), flag(context, 'transB'), flag(context, 'transBatchB'));
  context.tensor(0, context.dataType(0) ?? context.dataType(1), matmulShape(a, b));
}

function fusedMatMulCost(context: CostContext): Cost {
  const a = operand(context.shape(0), flag(context, 'transA'), flag(context, 'transBatchA'));
  const output = context.outputShape(0);
  return a && output ? macCost(productExpression([...output, a[a.length - 1]])) : unknownCost;
}

function nhwcConvolution(context: InferenceContext): void {
  const output = convolutionShape(context, channelsFirst(context.shape(0)), context.shape(1));
  context.tensor(0, context.dataType(0), channelsLast(output));
}

/** The weight's elements times batch and output positions; the output has its channels last. */
function nhwcConvolutionCost(context: CostContext): Cost {
  const [output, weight] = [channelsFirst(context.outputShape(0)), context.shape(1)];
  if (!output || !weight) return unknownCost;
  return macCost(productExpression([output[0], ...output.slice(2), ...weight]), sizeExpression(output));
}

function nhwcMaxPool(context: InferenceContext): void {
  context.tensor(0, context.dataType(0), channelsLast(pooledShape(context, channelsFirst(context.shape(0)))));
}

/** Half of the channels gate the other half. */
function splitGelu(context: InferenceContext): void {
  const input = context.shape(0);
  const last = input?.[input.length - 1];
  const halved = last === undefined || last === null ? null : typeof last === 'number' ? last / 2 : last.floorDiv(2);
  context.tensor(0, context.dataType(0), input && [...input.slice(0, -1), halved]);
}

/** The mask is packed, 32 elements in a uint32. */
function bitmaskDropout(context: InferenceContext): void {
  sameAsInput(context);
  const input = context.shape(0);
  context.tensor(1, 'uint32', [ceilDivDims(input ? productOf(input) : null, 32)]);
}

function dropoutLike(context: InferenceContext): void {
  sameAsInput(context);
  context.tensor(1, 'bool', context.shape(0));
}

function cropAndResize(context: InferenceContext): void {
  const [image, regions, size] = [context.shape(0), context.shape(1), context.numbers(3)];
  context.tensor(0, context.dataType(0), [
    regions?.[0] ?? null,
    image?.[1] ?? null,
    size?.[0] ?? null,
    size?.[1] ?? null,
  ]);
}

function expandDims(context: InferenceContext): void {
  const [input, axis] = [context.shape(0), context.numbers(1)?.[0]];
  if (!input || axis === undefined)
    return context.tensor(0, context.dataType(0), input && unknownDims(input.length + 1));
  const at = axis < 0 ? axis + input.length + 1 : axis;
  if (at < 0 || at > input.length) throw new RuleError(`axis ${axis} is outside rank ${input.length + 1}`);
  context.tensor(0, context.dataType(0), [...input.slice(0, at), 1, ...input.slice(at)]);
}

/** Distances between the rows of two matrices. */
function distances(context: InferenceContext): void {
  context.tensor(0, context.dataType(0), [context.shape(0)?.[0] ?? null, context.shape(1)?.[0] ?? null]);
}

function distancesCost(context: CostContext): Cost {
  return macCost(productExpression([...(context.outputShape(0) ?? [null]), context.shape(0)?.[1]]));
}

function unique(context: InferenceContext): void {
  const count = context.freshSymbol(`${context.node.output(0)?.name ?? 'unique'}_count`);
  context.tensor(0, context.dataType(0), [count]);
  context.tensor(1, 'int64', context.shape(0));
  context.tensor(2, 'int64', [count]);
}

/** Rows of a table. */
function embedding(context: InferenceContext): void {
  const [table, indices] = [context.shape(0), context.shape(1)];
  context.tensor(0, context.dataType(0), indices && [...indices, table?.[1] ?? null]);
}

/** Takes padding out: [B, S, D] to [tokens, D], with where each token was. */
function removePadding(context: InferenceContext): void {
  const input = context.shape(0);
  const tokens = context.freshSymbol(`${context.node.output(0)?.name ?? 'tokens'}_count`);
  const [batch, length, width] = input?.length === 3 ? (input as [Dim, Dim, Dim]) : [null, null, null];
  context.tensor(0, context.dataType(0), [tokens, width]);
  context.tensor(1, 'int32', [batch, length]);
  context.tensor(2, 'int32', [typeof batch === 'number' ? batch + 1 : (batch?.add(1) ?? null)]);
  context.tensor(3, 'int32', [1]);
}

function restorePadding(context: InferenceContext): void {
  const [input, offsets] = [context.shape(0), context.shape(1)];
  const [batch, length] = offsets ?? [null, null];
  context.tensor(0, context.dataType(0), [batch ?? null, length ?? null, input?.[1] ?? null]);
}

const copy = { infer: sameAsInput };
const one = { infer: sameAsInput, cost: pointwise(), elementwise: true };
const gemm = {
  infer: (context: InferenceContext): void => context.tensor(0, context.dataType(0), gemmShape(context)),
  cost: gemmCost,
};

/** Members of this family. */
export const contribFused = [
  ...defineOperators(['FusedConv'], { infer: convolutionRule(), cost: (c) => convolutionCost(c) }, domain),
  ...defineOperators(['NhwcFusedConv'], { infer: nhwcConvolution, cost: nhwcConvolutionCost }, domain),
  ...defineOperators(['NhwcMaxPool'], { infer: nhwcMaxPool, cost: poolCost }, domain),
  ...defineOperators(
    ['MaxpoolWithMask'],
    {
      infer: (c) => c.tensor(0, c.dataType(0), pooledShape(c, c.shape(0))),
      cost: poolCost,
    },
    domain,
  ),
  ...defineOperators(
    ['FusedMatMul', 'TransposeMatMul', 'FusedMatMulActivation'],
    { infer: fusedMatMul, cost: fusedMatMulCost },
    domain,
  ),
  ...defineOperators(['FusedGemm', 'GemmFloat8'], gemm, domain),
  ...defineOperators(['GemmFastGelu'], { infer: matmulRule(), cost: (c) => matmulCost(c) }, domain),
  ...defineOperators(['BiasSplitGelu'], { infer: splitGelu, cost: pointwise(2) }, domain),
  ...defineOperators(['BiasSoftmax'], { infer: sameAsInput, cost: pointwise(6) }, domain),
  ...defineOperators(['BiasAdd', 'BiasDropout'], { infer: dropoutLike, cost: pointwise() }, domain),
  ...defineOperators(['BitmaskDropout', 'BitmaskBiasDropout'], { infer: bitmaskDropout }, domain),
  ...defineOperators(
    ['GroupNorm', 'SkipGroupNorm'],
    {
      infer: (c) => [0, 1].forEach((index) => c.tensor(index, c.dataType(0), c.shape(0))),
      cost: (c) => perElement(c.outputShape(0), 5),
    },
    domain,
  ),
  ...defineOperators(['CropAndResize'], { infer: cropAndResize, cost: (c) => perElement(c.outputShape(0), 8) }, domain),
  ...defineOperators(['ExpandDims'], { infer: expandDims }, domain),
  ...defineOperators(['CDist'], { infer: distances, cost: distancesCost }, domain),
  ...defineOperators(['Unique'], { infer: unique }, domain),
  ...defineOperators(['TorchEmbedding'], { infer: embedding }, domain),
  ...defineOperators(['RemovePadding'], { infer: removePadding }, domain),
  ...defineOperators(['RestorePadding'], { infer: restorePadding }, domain),
  ...defineOperators(['IsAllFinite'], { infer: (c) => c.tensor(0, 'bool', []) }, domain),
  ...defineOperators(
    ['MurmurHash3'],
    {
      infer: (c) => c.tensor(0, c.node.int('positive', 1) === 1 ? 'uint32' : 'int32', c.shape(0)),
    },
    domain,
  ),
  ...defineOperators(['SparseToDenseMatMul'], { infer: fusedMatMul, cost: () => noCost }, domain),
  ...defineOperators(['Inverse', 'Trilu', 'SampleOp'], copy, domain),
  ...defineOperators(['ComplexMul', 'ComplexMulConj'], one, domain),
  ...defineOperators(['NGramRepeatBlock'], { infer: (c) => c.output(0, c.input(1)) }, domain),
  // ONNX Runtime registers this in ai.onnx, where the standard does not have it.
  ...defineOperators(['SimplifiedLayerNormalization'], {
    infer: simplifiedNormalization,
    cost: (c) => perElement(c.outputShape(0), 4),
  }),
];

/** The output has the element type of the scale. */
function simplifiedNormalization(context: InferenceContext): void {
  const input = context.shape(0);
  context.tensor(0, context.dataType(1) ?? context.dataType(0), input);
  context.tensor(1, 'float', input && [...input.slice(0, -1), 1]);
}
