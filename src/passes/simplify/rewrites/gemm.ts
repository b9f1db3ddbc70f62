/** MatMul and the Add of its bias become one Gemm, as ONNX Runtime would make of them. */
import { type Node } from '../../../graph/node';
import { absorb, canBypass, type Editor, type Rewrite } from '../editor';

/** Only for a matrix: Gemm takes no batch. */
export const fuseGemm: Rewrite = {
  id: 'gemm',
  apply(editor) {
    // Before opset 7 Gemm broadcasts its bias only when an attribute says so.
    if (editor.model.opset < 7) return;
    for (const node of editor.nodes()) {
      const add = node.is('MatMul') ? node.output(0)?.consumers()[0] : undefined;
      if (!add || !isBiasAdd(editor, node, add)) continue;
      const bias = add.inputs.find((value) => value !== node.output(0))!;
      editor.attempt(
        'gemm',
        add,
        `became the bias of ${node.label}, now a Gemm`,
        () => {
          node.opType = 'Gemm';
          node.setInput(2, bias);
          absorb(add, node);
        },
        node,
      );
    }
  },
};

function isBiasAdd(editor: Editor, node: Node, add: Node): boolean {
  const product = node.output(0)!;
  if (!add.is('Add') || add.graph !== node.graph) return false;
  if (!editor.servesOnly(product, add) || !canBypass(add, product)) return false;
  const weight = editor.constant(node.input(1), node.graph!);
  const rank = node.input(0) && editor.inference.shapeOf(node.input(0)!)?.length;
  if (rank !== 2 || weight?.shape.length !== 2 || weight.dataType !== 'float') return false;
  const biasValue = add.inputs.find((value) => value !== product);
  const bias = editor.constant(biasValue, node.graph!);
  // A bias that a node computes may come after the product.
  if (biasValue?.producer || bias?.dataType !== 'float') return false;
  // [N], or [1, N]: one row for all.
  const row = bias.shape.length === 1 || (bias.shape.length === 2 && bias.shape[0] === 1);
  return row && bias.shape.at(-1) === weight.shape[1];
}
