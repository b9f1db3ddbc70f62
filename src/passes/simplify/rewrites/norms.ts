/**
 * Layer norms that an exporter wrote out (Ba, Kiros, Hinton 2016) become LayerNormalization, as ONNX Runtime makes of
 * them when it loads the model: (x − mean) / √(mean((x − mean)²) + ε) · scale + shift over the last axis.
 */
import { Attribute } from '../../../graph/attribute';
import { Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { toNumbers } from '../../../numerics/elements';
import { type Editor, type Rewrite } from '../editor';

/** The opset that LayerNormalization begins at. */
const normOpset = 17;

/** One written-out norm, from its input to the node that makes its output. */
interface Norm {
  readonly x: Value;
  readonly epsilon: number;
  readonly scale: Value;
  readonly shift?: Value;
  readonly last: Node;
  /** Everything but `last`, consumers before producers. */
  readonly inner: readonly Node[];
}

/** Seven to ten nodes become one. */
export const fuseNorms: Rewrite = {
  id: 'norm',
  apply(editor) {
    if (editor.model.opset < normOpset) return;
    for (const division of editor.nodes()) {
      const norm = normAt(editor, division);
      if (!norm) continue;
      const { last, inner } = norm;
      editor.attempt('norm', last, `a layer norm of ${inner.length + 1} nodes is one LayerNormalization`, () =>
        replace(editor, norm),
      );
    }
  },
};

function replace(editor: Editor, { x, epsilon, scale, shift, last, inner }: Norm): void {
  const graph = last.graph!;
  const output = last.output(0)!;
  const attributes = [
    new Attribute('axis', { kind: 'int', value: -1n }),
    new Attribute('epsilon', { kind: 'float', value: epsilon }),
  ];
  const inputs = shift ? [x, scale, shift] : [x, scale];
  const { name, metadata } = last;
  const norm = new Node({ opType: 'LayerNormalization', name, inputs, outputs: [undefined], attributes, metadata });
  graph.insertBefore(last, norm);
  editor.adopt(norm, last);
  last.setOutput(0, undefined);
  norm.setOutput(0, output);
  graph.remove(last);
  for (const node of inner) graph.remove(node);
}

/** The norm whose division is `division`: by the standard deviation, or times its inverse. */
function normAt(editor: Editor, division: Node): Norm | undefined {
  const graph = division.graph!;
  const isDivision = division.is('Div');
  if (!isDivision && !division.is('Mul')) return undefined;
  const inner: Node[] = [];
  /** The producer of a value that only the norm reads. */
  const step = (value: Value | undefined, opType: string, readers: number): Node | undefined => {
    const node = value?.producer;
    if (!node?.is(opType) || node.graph !== graph || node.outputs.length !== 1) return undefined;
    if (value!.useCount > readers || graph.outputs.includes(value!)) return undefined;
    inner.push(node);
    return node;
  };
  // From the division upwards.
  const root = isDivision
    ? step(division.input(1), 'Sqrt', 1)
    : step(step(division.input(1), 'Reciprocal', 1)?.input(0), 'Sqrt', 1);
  const sum = step(root?.input(0), 'Add', 1);
  const [variance, epsilon] = withScalar(editor, sum);
  const squareMean = meanOf(editor, step(variance, 'ReduceMean', 1));
  const square = step(squareMean, squareMean?.producer?.is('Mul') ? 'Mul' : 'Pow', 1);
  const centred = square?.input(0);
  if (!square || !centred || epsilon === undefined || division.input(0) !== centred) return undefined;
  const [, power] = square.is('Pow') ? withScalar(editor, square) : [];
  if (square.is('Pow') ? power !== 2 : square.input(1) !== centred) return undefined;
  const difference = step(centred, 'Sub', square.is('Pow') ? 2 : 3);
  const x = difference?.input(0);
  const mean = step(difference?.input(1), 'ReduceMean', 1);
  if (!x || meanOf(editor, mean) !== x) return undefined;
  const type = editor.inference.typeOf(x);
  const width = editor.inference.shapeOf(x)?.at(-1);
  if (type?.kind !== 'tensor' || type.dataType !== 'float' || typeof width !== 'number') return undefined;
  const onward = follow(editor, division, width);
  return onward && { x, epsilon, ...onward, inner: [...onward.inner, ...inner] };
}

/** Scale and shift after the division; without a scale there is nothing to give the operator. */
function follow(
  editor: Editor,
  division: Node,
  width: number,
): Pick<Norm, 'scale' | 'shift' | 'last' | 'inner'> | undefined {
  const scaling = next(editor, division, 'Mul', width);
  if (!scaling) return undefined;
  const shifting = next(editor, scaling.node, 'Add', width);
  const { operand: scale, node } = scaling;
  if (!shifting) return { scale, last: node, inner: [division] };
  return { scale, shift: shifting.operand, last: shifting.node, inner: [node, division] };
}

/** The only reader of a node, if it combines its output with a constant row. */
function next(editor: Editor, before: Node, opType: string, width: number): { node: Node; operand: Value } | undefined {
  const graph = before.graph!;
  const value = before.output(0)!;
  const node = value.consumers()[0];
  if (!node?.is(opType) || node.graph !== graph || !editor.servesOnly(value, node)) return undefined;
  const operand = node.inputs.find((input) => input !== value);
  const row = operand && editor.constant(operand, graph);
  if (!row || operand.producer || row.dataType !== 'float') return undefined;
  return row.shape.length === 1 && row.shape[0] === width ? { node, operand } : undefined;
}

/** What a ReduceMean over the last axis reads. */
function meanOf(editor: Editor, node: Node | undefined): Value | undefined {
  const input = node?.input(0);
  if (!node || !input || node.int('keepdims', 1) !== 1) return undefined;
  const given = node.input(1) && editor.constant(node.input(1), node.graph!);
  const axes = node.input(1)
    ? given && toNumbers(given.dataType, given.bytes(), given.size)
    : node.ints('axes')?.map(Number);
  const rank = editor.inference.shapeOf(input)?.length;
  const [axis] = axes ?? [];
  return axes?.length === 1 && (axis === -1 || (rank !== undefined && axis === rank - 1)) ? input : undefined;
}

/** The operand and the number of a node that combines something with one constant number. */
function withScalar(editor: Editor, node: Node | undefined): [Value?, number?] {
  if (!node) return [];
  for (const index of node.is('Pow') ? [1] : [1, 0]) {
    const scalar = editor.constant(node.input(index), node.graph!);
    if (scalar?.size !== 1 || scalar.data.kind === 'strings') continue;
    return [node.input(1 - index), toNumbers(scalar.dataType, scalar.bytes(), 1)[0]];
  }
  return [];
}
