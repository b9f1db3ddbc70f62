/** Says what a runtime would refuse in a model that could be read. */
import { LapidaryError } from '../protocol/errors';
import { type Model } from './model';

/** Newest ai.onnx opset and IR version that ONNX has released (ONNX 1.23). */
export const newest = { opset: 28, irVersion: 14 } as const;

/** Throws `invalid-model` for a model that no tool can do anything with; says what is wrong and where. */
export function checkModel(model: Model): void {
  const fail = (message: string, hint?: string): never => {
    throw new LapidaryError('invalid-model', message, { model: model.path, hint });
  };
  if (model.graph.nodeCount === 0) fail('The graph has no nodes.', 'There is nothing to inspect or compress in it.');
  if (model.opsets.size === 0) fail('The model does not say which opset it uses.');
  const known = `The newest released one is ${newest.opset}`;
  const { opset } = model;
  if (model.opsets.has('') && (opset < 1 || opset > newest.opset))
    fail(`The model uses opset ${opset}, which is not known.`, `${known}.`);
  if (model.irVersion > newest.irVersion || model.irVersion < 1) {
    fail(
      `The model has IR version ${model.irVersion}, which is not known.`,
      `The newest released one is ${newest.irVersion}.`,
    );
  }
  for (const node of model.graph.allNodes()) {
    if (!model.opsets.has(node.domain) && !model.functionOf(node.domain, node.opType, node.overload)) {
      throw new LapidaryError('invalid-model', `The model imports no opset for domain "${node.domain || 'ai.onnx'}".`, {
        model: model.path,
        node: node.label,
      });
    }
  }
}
