/** Folds shape arithmetic: what inference knows of a value without running becomes a constant. */
import { familyOf } from '../../../graph/dataType';
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { fromNumbers } from '../../../numerics/elements';
import { type Editor, type Rewrite } from '../editor';
import { addTarget, literalTarget } from './targets';

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
  // Whole numbers alone: inference computes in float64 what the runtime computes in float32.
  if (!['int', 'uint', 'bool'].includes(familyOf(type.dataType)) || isFloatDerived(editor, value, graph)) return;
  if (!elements.every((element): element is number => Number.isSafeInteger(element))) return;
  editor.attempt('shape', node, 'its value follows from the shapes', () => {
    const bytes = fromNumbers(type.dataType, elements);
    const tensor = Tensor.ofBytes(graph.uniqueName(value.name), type.dataType, shape, bytes);
    value.replaceUsesWith(graph.addInitializer(tensor));
  });
}

/** Operators whose result does not depend on the elements of their input. */
const shapeReaders = new Set(['Shape', 'Size']);

/** True when floats were on the way to the value: a scaled size may round differently in the runtime. */
function isFloatDerived(editor: Editor, value: Value, graph: Graph, seen = new Set<Value>()): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  const { producer } = value;
  if (!producer) return false;
  if (shapeReaders.has(producer.opType) || editor.constant(value, graph)) return false;
  return producer.inputs.some((input) => {
    if (!input) return false;
    const type = editor.inference.typeOf(input);
    const whole = type?.kind === 'tensor' && ['int', 'uint', 'bool'].includes(familyOf(type.dataType));
    return !whole || isFloatDerived(editor, input, producer.graph ?? graph, seen);
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
    node.setInput(1, addTarget(graph, node, elements));
  });
}
