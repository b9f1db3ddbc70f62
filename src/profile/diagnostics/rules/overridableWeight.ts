/** Weights that a caller could replace, so that runtimes must not build on them. */
import { type Finding, type Rule } from '../rule';

/** First IR version in which an initializer need not be an input (ONNX IR, "Graphs"). */
const separate = 4;

/** Weights that are listed as inputs too, said once for the model. */
export const overridableWeight: Rule = {
  code: 'overridable-weight',
  summary: 'Weights that are listed as inputs as well.',
  *check({ model }): Generator<Finding> {
    if (model.irVersion < separate) return;
    const listed = model.graph.inputs.filter(({ constant, useCount }) => constant && useCount > 0 && constant.size > 1);
    const [first] = listed;
    if (!first) return;
    yield {
      severity: 'information',
      tensor: first.name,
      message: `${listed.length} weights, "${first.name}" the first, are graph inputs as well. A caller may replace them, so runtimes neither fold nor fuse them. Export with keep_initializers_as_inputs=False.`,
    };
  },
};
