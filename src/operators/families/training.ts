/** Optimizer steps of ai.onnx.preview.training: new values for each tensor and each of its statistics. */
import { defineOperators, type InferenceContext } from '../definition';

/**
 * Inputs R, T, then n tensors, n gradients and n of each statistic. Outputs: n new tensors, then the new statistics in
 * the same order.
 */
function optimizer(statistics: number): (context: InferenceContext) => void {
  return (context) => {
    const count = Math.floor((context.node.inputs.length - 2) / (2 + statistics));
    for (let index = 0; index < count; index++) {
      context.output(index, context.input(2 + index));
      for (let kind = 0; kind < statistics; kind++) {
        context.output(count * (kind + 1) + index, context.input(2 + count * (2 + kind) + index));
      }
    }
  };
}

/** One derivative for each of the values that `xs` names. */
function gradient(context: InferenceContext): void {
  const names = context.node.strings('xs') ?? [];
  names.forEach((_, index) => context.output(index, context.input(index)));
}

const domain = 'ai.onnx.preview.training';

/** Members of this family. */
export const training = [
  ...defineOperators(['Adagrad', 'Momentum'], { infer: optimizer(1) }, domain),
  ...defineOperators(['Adam'], { infer: optimizer(2) }, domain),
  ...defineOperators(['Gradient'], { infer: gradient }, domain),
];
