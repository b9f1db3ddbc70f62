/** Signal processing: Fourier transforms, windows, the mel filter bank. */
import { type DataType, dataTypeOfCode } from '../../graph/dataType';
import { Expression } from '../../graph/expression';
import { type Dim } from '../../graph/shape';
import { flopCost, noCost, perElement, productExpression, sizeExpression } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { addDims, floorDivDims, normalAxis, subDims, unknownDims, withDim } from '../dims';
import { scalarOf } from '../rules';

/** Bins of a real signal's spectrum. */
const half = (length: Dim): Dim => addDims(floorDivDims(length, 2), 1);

/** Axis: attribute 1 in opset 17, third input (default -2) since opset 20. */
function dftAxis(context: Pick<InferenceContext, 'node' | 'opset' | 'contents'>, rank: number): number | undefined {
  if (context.opset < 20) return normalAxis(context.node.int('axis', 1), rank);
  const given = context.node.input(2) ? scalarOf(context.contents(2)) : -2;
  return typeof given === 'number' ? normalAxis(given, rank) : undefined;
}

/** The last axis holds real (1) or complex (2) numbers; the transform has complex ones, or real ones when inverted. */
function dft(context: InferenceContext): void {
  const input = context.shape(0);
  const { node } = context;
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  const axis = dftAxis(context, input.length);
  const onesided = node.int('onesided', 0) === 1;
  const inverse = node.int('inverse', 0) === 1;
  if (axis === undefined) {
    // A full transform changes no axis but the last one, whichever axis it runs along.
    const kept = onesided || node.input(1) ? unknownDims(input.length) : input;
    return context.tensor(0, context.dataType(0), withDim(kept, input.length - 1, onesided && inverse ? 1 : 2));
  }
  const length = node.input(1) ? (scalarOf(context.contents(1)) ?? null) : undefined;
  const points = length ?? (inverse && onesided ? doubled(input[axis]!) : input[axis]!);
  const shape = withDim(
    input,
    axis,
    node.input(1) && length === null ? null : onesided && !inverse ? half(points) : points,
  );
  context.tensor(0, context.dataType(0), withDim(shape, input.length - 1, onesided && inverse ? 1 : 2));
}

/** Length of the real signal that a one-sided spectrum comes from. */
const doubled = (bins: Dim): Dim => subDims(addDims(bins, bins), 2);

/** Frames of a signal [B, L, 1 or 2]: [B, frames, bins, 2]. */
function stft(context: InferenceContext): void {
  const [signal, window] = [context.shape(0), context.shape(2)];
  const step = scalarOf(context.contents(1));
  const given = context.has(3) ? (scalarOf(context.contents(3)) ?? null) : undefined;
  const length = given ?? window?.[0];
  if (!signal) return context.tensor(0, context.dataType(0), undefined);
  if (length === undefined || length === null || step === undefined || step === null) {
    return context.tensor(0, context.dataType(0), [signal[0] ?? null, null, null, 2]);
  }
  const frames = addDims(floorDivDims(subDims(signal[1] ?? null, length), step), 1);
  const bins = context.node.int('onesided', 1) === 1 ? half(length) : length;
  context.tensor(0, context.dataType(0), [signal[0]!, frames, bins, 2]);
}

function outputType(context: InferenceContext): DataType | undefined {
  return dataTypeOfCode(context.node.int('output_datatype', 1));
}

function windowFunction(context: InferenceContext): void {
  context.tensor(0, outputType(context), [scalarOf(context.contents(0)) ?? null]);
}

/** [bins of the spectrum, mel bins]. */
function melWeights(context: InferenceContext): void {
  const [mels, length] = [scalarOf(context.contents(0)), scalarOf(context.contents(1))];
  context.tensor(0, outputType(context), [half(length ?? null), mels ?? null]);
}

/** A fast transform of n points takes about 5·n·log2(n) operations; symbolic sizes are counted as 1024 points. */
function transformCost(context: CostContext, points: Dim | undefined): Cost {
  const log = typeof points === 'number' && points > 1 ? Math.log2(points) : 10;
  return flopCost(sizeExpression(context.outputShape(0))?.mul(Math.round(2.5 * log)));
}

function dftCost(context: CostContext): Cost {
  const input = context.shape(0);
  const axis = input && dftAxis(context, input.length);
  return axis === undefined ? noCost : transformCost(context, input?.[axis]);
}

/** det of the square matrices in the last two axes. */
function det(context: InferenceContext): void {
  context.tensor(0, context.dataType(0), context.shape(0)?.slice(0, -2));
}

/** Elimination takes 2/3 · n³ operations. */
function detCost(context: CostContext): Cost {
  const input = context.shape(0);
  const size = input?.[input.length - 1];
  const cubes = productExpression([...(input ?? [null]), size])?.mul(2);
  return flopCost(cubes instanceof Expression ? cubes.floorDiv(3) : undefined);
}

/** Members of this family. */
export const signal = [
  ...defineOperators(['DFT'], { infer: dft, cost: dftCost }),
  ...defineOperators(['STFT'], { infer: stft, cost: (context) => transformCost(context, context.shape(2)?.[0]) }),
  ...defineOperators(['HannWindow', 'HammingWindow', 'BlackmanWindow'], {
    infer: windowFunction,
    cost: (context) => perElement(context.outputShape(0), 4),
  }),
  ...defineOperators(['MelWeightMatrix'], { infer: melWeights }),
  ...defineOperators(['Det'], { infer: det, cost: detCost }),
];
