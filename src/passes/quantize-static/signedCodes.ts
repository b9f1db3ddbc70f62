/**
 * What int8 activations need from opset 21 on. ONNX Runtime 1.30 moves a DequantizeLinear past operators that hand values
 * on. On x86 it turns int8 codes into uint8 afterwards, forgets the type that it gave the moved pair, and refuses the
 * model as invalid. So there must be nothing that it could move past.
 */
import { constantSource, removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { inferModel } from '../../operators/infer';
import { type Formats } from './settings';

/** Whether a model with these formats would meet that fault. */
export const movedCodesBreak = (model: Model, { activation }: Pick<Formats, 'activation'>): boolean =>
  model.opset >= 21 && activation === 'int8';

/**
 * Gives each bias behind a stack of products the rank of the stack, in place: the same sums, but a vector would make the
 * runtime reshape the stack in front of a Gemm.
 */
export function raiseBiases(model: Model): void {
  const inference = inferModel(model);
  for (const node of [...model.graph.allNodes()]) {
    if (!node.is('Add')) continue;
    const graph = node.graph!;
    const at = node.inputs.findIndex((value) => value?.producer?.is('MatMul'));
    const bias = at < 0 ? undefined : node.input(1 - at);
    const source = bias && constantSource(bias, graph);
    const rank = at < 0 ? 0 : (inference.shapeOf(node.input(at)!)?.length ?? 0);
    if (!bias || !source || source.perm || rank < 3 || source.tensor.shape.length >= rank) continue;
    const shape = [...new Array<number>(rank - source.tensor.shape.length).fill(1), ...source.tensor.shape];
    node.setInput(1 - at, graph.addInitializer(source.tensor.with({ name: graph.uniqueName(bias.name), shape })));
    removeUnused(bias, graph);
  }
}
