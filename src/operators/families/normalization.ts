/** Normalizations: batch, layer, instance, group, RMS, local response, Lp. */
import { dataTypeOfCode } from '../../graph/dataType';
import { type Dim } from '../../graph/shape';
import { perElement } from '../cost';
import { type CostContext, defineOperators, type InferenceContext } from '../definition';
import { normalAxis } from '../dims';
import { sameAsInput } from '../rules';

const flops = (operations: number) => (context: CostContext) => perElement(context.outputShape(0), operations);

/** Statistics come out in training only: names and count of these outputs changed with the opset. */
function batchNormalization(context: InferenceContext): void {
  sameAsInput(context);
  const channels = context.shape(0)?.[1] ?? context.shape(1)?.[0] ?? null;
  for (let index = 1; index < 5; index++) {
    const type = context.dataType(index === 1 || index === 3 ? 3 : 4) ?? context.dataType(0);
    context.tensor(index, type, context.shape(3) ?? [channels]);
  }
}

/**
 * Mean and inverse deviation keep the rank, with 1 on the normalized axes. Before opset 17 the operator was ONNX
 * Runtime's own, whose output has the element type of the scale.
 */
function layerNormalization(context: InferenceContext): void {
  if (context.opset < 17) context.tensor(0, context.dataType(1) ?? context.dataType(0), context.shape(0));
  else sameAsInput(context);
  const input = context.shape(0);
  const stash = dataTypeOfCode(context.node.int('stash_type', 1));
  const axis = input && normalAxis(context.node.int('axis', -1), input.length);
  const reduced = input?.map((dim, index): Dim => (index < axis! ? dim : 1));
  context.tensor(1, stash, reduced);
  context.tensor(2, stash, reduced);
}

/** Members of this family. */
export const normalization = [
  ...defineOperators(['BatchNormalization'], { infer: batchNormalization, cost: flops(2) }),
  ...defineOperators(['LayerNormalization'], { infer: layerNormalization, cost: flops(5) }),
  ...defineOperators(['RMSNormalization'], { infer: sameAsInput, cost: flops(4) }),
  ...defineOperators(['InstanceNormalization', 'GroupNormalization', 'MeanVarianceNormalization'], {
    infer: sameAsInput,
    cost: flops(5),
  }),
  ...defineOperators(['LpNormalization'], { infer: sameAsInput, cost: flops(3) }),
  ...defineOperators(['LRN'], {
    infer: sameAsInput,
    cost: (context) => perElement(context.outputShape(0), context.node.int('size', 1) + 4),
  }),
];
