/** Models that import a version of the operators from before what compression needs. */
import { type Finding, type Rule } from '../rule';

/** First opset of DequantizeLinear with a scale per channel (ONNX operators, DequantizeLinear-13). */
const perChannel = 13;

/** What "Simplify" is asked to raise to: all that runtimes of the last years read. */
const modern = 17;

/** ai.onnx below 13. */
export const oldOpset: Rule = {
  code: 'old-opset',
  summary: 'A model of an old opset.',
  *check({ model }): Generator<Finding> {
    const { opset } = model;
    if (opset >= perChannel || !model.opsets.has('')) return;
    yield {
      severity: 'information',
      message: `The model uses opset ${opset}. Quantized weights with a scale per channel begin with opset ${perChannel}; other tools may fail on it or fall back to one scale per tensor. It can be raised without a change of its outputs.`,
      fix: { pass: 'simplify', options: { opset: modern } },
    };
  },
};
