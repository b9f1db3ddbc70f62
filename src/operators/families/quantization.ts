/** Quantize and dequantize: they stand for nothing that a network computes, so they cost no MACs. */
import { dataTypeOfCode } from '../../graph/dataType';
import { perElement } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';

/** Element type of the zero point, else `output_dtype` (opset 21), else uint8. */
function quantize(context: InferenceContext): void {
  const code = context.node.int('output_dtype', 0);
  const asked = code === 0 ? undefined : dataTypeOfCode(code);
  context.tensor(0, context.dataType(2) ?? asked ?? 'uint8', context.shape(0));
}

/** Element type of the scale; float8e8m0 scales give what `output_dtype` says. */
function dequantize(context: InferenceContext): void {
  const code = context.node.int('output_dtype', 0);
  const asked = code === 0 ? undefined : dataTypeOfCode(code);
  const scale = context.dataType(1);
  context.tensor(0, asked ?? (scale === 'float8e8m0' ? 'float' : scale), context.shape(0));
}

/** Data, scale and zero point, measured from the input. */
function dynamicQuantize(context: InferenceContext): void {
  context.tensor(0, 'uint8', context.shape(0));
  context.tensor(1, 'float', []);
  context.tensor(2, 'uint8', []);
}

const onePerElement = { cost: (context: CostContext): Cost => perElement(context.outputShape(0)) };

/** Members of this family, in ai.onnx and, with the same meaning, in com.microsoft. */
export const quantization = ['', 'com.microsoft'].flatMap((domain) => [
  ...defineOperators(['QuantizeLinear'], { infer: quantize, ...onePerElement }, domain),
  ...defineOperators(['DequantizeLinear'], { infer: dequantize, ...onePerElement }, domain),
  ...defineOperators(['DynamicQuantizeLinear'], { infer: dynamicQuantize, ...onePerElement }, domain),
]);
