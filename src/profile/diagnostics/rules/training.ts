/** Whether a node runs as it does in training. */
import { type Node } from '../../../graph/node';
import { toNumbers } from '../../../numerics/elements';
import { type CheckContext } from '../context';

/**
 * Dropout from opset 12 and BatchNormalization from opset 14 say so by an input and an attribute (ONNX operators).
 * Before that, runtimes for inference take both for what they are at inference.
 */
export function isTraining(node: Node, context: CheckContext): boolean {
  if (node.is('BatchNormalization')) return context.model.opset >= 14 && node.int('training_mode', 0) === 1;
  if (!node.is('Dropout') || context.model.opset < 12 || !node.input(2)) return false;
  const mode = context.constant(node, 2)?.tensor;
  // A mode that is computed may turn out either way.
  return !mode || toNumbers('bool', mode.bytes(), 1)[0] === 1;
}
