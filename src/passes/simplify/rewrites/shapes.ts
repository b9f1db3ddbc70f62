/** Folds shape arithmetic: what inference knows of a value without running becomes a constant. */
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { type Dim, sameDim } from '../../../graph/shape';
import { Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { bytesOf, fromNumbers } from '../../../numerics/elements';
import { type Editor, type Rewrite } from '../editor';

/** Elements beyond this are not shapes. */
const mostElements = 64;

/** Values that are known whatever the inputs are, and the shape operands of Reshape with a dynamic dimension. */
export const foldShapes: Rewrite = {
  id: 'shape',
  apply(editor) {
    for (const graph of editor.graphs()) {
      for (const node of graph.nodes()) {
        if (node.is('Reshape')) foldTarget(editor, graph, node);
        for (const value of node.outputs) if (value) foldKnown(editor, graph, node, value);
      }
    }
  },
};

function foldKnown(editor: Editor, graph: Graph, node: Node, value: Value): void {
  if (value.useCount === 0 || graph.outputs.includes(value) || node.is('Constant')) return;
  const contents = editor.inference.contentsOf(value);
  const type = editor.inference.typeOf(value);
  if (!contents || type?.kind !== 'tensor' || contents.elements.length > mostElements) return;
  const { elements, shape } = contents;
  if (!elements.every((element) => typeof element === 'number')) return;
  editor.attempt('shape', node, 'its value follows from the shapes', () => {
    const bytes = fromNumbers(type.dataType, elements);
    const tensor = Tensor.ofBytes(graph.uniqueName(value.name), type.dataType, shape, bytes);
    value.replaceUsesWith(graph.addInitializer(tensor));
  });
}

/** Reshape to [batch, 12, 64] with a dynamic batch is Reshape to [0, 12, 64] (copy) or [-1, 12, 64] (infer). */
function foldTarget(editor: Editor, graph: Graph, node: Node): void {
  const target = node.input(1);
  if (!target?.producer || target.producer.is('Constant') || node.int('allowzero', 0) !== 0) return;
  const contents = editor.inference.contentsOf(target);
  const source = editor.inference.shapeOf(node.input(0)!);
  if (!contents || contents.elements.every((element) => typeof element === 'number')) return;
  const elements = literalTarget(contents.elements, source);
  if (!elements) return;
  editor.attempt('shape', node, `its target shape is [${elements.join(', ')}]`, () => {
    const data = BigInt64Array.from(elements, (element) => BigInt(element));
    const tensor = Tensor.ofBytes(graph.uniqueName(`${node.label}_shape`), 'int64', [elements.length], bytesOf(data));
    node.setInput(1, graph.addInitializer(tensor));
  });
}

function literalTarget(elements: readonly Dim[], source: readonly Dim[] | undefined): number[] | undefined {
  const literals: number[] = [];
  let inferred = elements.filter((element) => element === -1).length;
  for (const [axis, element] of elements.entries()) {
    if (typeof element === 'number') {
      // A literal 0 in the data means "copy", which the expression beside it did not.
      if (element === 0) return undefined;
      literals.push(element);
    } else if (source && axis < source.length && sameDim(element, source[axis]!)) literals.push(0);
    else if (inferred++ === 0) literals.push(-1);
    else return undefined;
  }
  return literals;
}
