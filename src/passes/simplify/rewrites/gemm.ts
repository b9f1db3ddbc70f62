/** MatMul and the Add of its bias become one Gemm, as ONNX Runtime would make of them. */
import { type Node } from '../../../graph/node';
import { bypass, canBypass, type Editor, type Rewrite } from '../editor';

/** Only for a matrix: Gemm takes no batch. */
export const fuseGemm: Rewrite = {
  id: 'gemm',
  apply(editor) {
    for (const node of editor.nodes()) {
      const add = node.is('MatMul') ? node.output(0)?.consumers()[0] : undefined;
      if (!add || !isBiasAdd(editor, node, add)) continue;
      const bias = add.inputs.find((value) => value !== node.output(0))!;
      editor.attempt('gemm', add, `became the bias of ${node.label}, now a Gemm`, () => {
        node.opType = 'Gemm';
        node.setInput(2, bias);
        bypass(add, node.output(0)!);
      });
    }
  },
};

function isBiasAdd(editor: Editor, node: Node, add: Node): boolean {
  const product = node.output(0)!;
  const { inference } = editor;
  if (!add.is('Add') || add.graph !== node.graph || !editor.servesOnly(product, add) || !canBypass(add, product))
    return false;
  const weight = editor.constant(node.input(1), node.graph!);
  const rank = node.input(0) && inference.shapeOf(node.input(0)!)?.length;
  if (rank !== 2 || weight?.shape.length !== 2 || weight.dataType !== 'float') return false;
  const bias = editor.constant(
    add.inputs.find((value) => value !== product),
    node.graph!,
  );
  // Before opset 7 Gemm broadcasts only when told to; before 11 its bias is not optional.
  return (
    bias?.dataType === 'float' &&
    bias.shape.length === 1 &&
    bias.shape[0] === weight.shape[1] &&
    editor.model.opset >= 7
  );
}
