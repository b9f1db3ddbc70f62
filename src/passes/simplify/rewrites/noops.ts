/** Removes nodes that compute nothing: identities, casts to the same type, reshapes to the same shape … */
import { codeOfDataType, familyOf } from '../../../graph/dataType';
import { type Node } from '../../../graph/node';
import { sameDim, type Shape } from '../../../graph/shape';
import { type Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { toNumbers } from '../../../numerics/elements';
import { bypass, canBypass, type Editor, type Rewrite } from '../editor';

/** A rule says why the node does nothing, and which input passes when that is not the first; or undefined. */
type Rule = (node: Node, editor: Editor) => string | { readonly why: string; readonly passes: number } | undefined;

const sameShape = (a: Shape | undefined, b: Shape | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((dim, axis) => sameDim(dim, b[axis]!));

const keepsShape: Rule = (node, { inference }) => {
  const [input, output] = [node.input(0), node.output(0)];
  if (!input || !output || !sameShape(inference.shapeOf(input), inference.shapeOf(output))) return undefined;
  return `${node.opType} to the shape it has`;
};

const single: Rule = (node) => (node.inputs.length === 1 ? `${node.opType} of one input` : undefined);

/** Values of a small constant input, or undefined. */
function numbersOf(editor: Editor, node: Node, index: number): number[] | undefined {
  const tensor: Tensor | undefined = editor.constant(node.input(index), node.graph!);
  if (!tensor || tensor.size > 4096 || tensor.data.kind === 'strings') return undefined;
  return toNumbers(tensor.dataType, tensor.bytes(), tensor.size);
}

/** `x + 0`, `x · 1` …: the other input, at one of `sides`, must not broaden the shape. */
const neutral =
  (value: number, ...sides: readonly (0 | 1)[]): Rule =>
  (node, editor) => {
    for (const side of sides) {
      const kept = node.input(1 - side);
      const numbers = numbersOf(editor, node, side);
      // A vector is a bias or a norm's scale that happens to be neutral: runtimes look for it when they fuse layers.
      // Of a zero that comes out the sign may differ.
      if (numbers && numbers.length > 1 && isFloating(editor, node.input(side)!)) continue;
      if (!kept || !numbers || numbers.length === 0 || !numbers.every((item) => item === value)) continue;
      if (!sameShape(editor.inference.shapeOf(kept), editor.inference.shapeOf(node.output(0)!))) continue;
      return { why: `${node.opType} by ${value}`, passes: 1 - side };
    }
    return undefined;
  };

function isFloating({ inference }: Editor, value: Value): boolean {
  const type = inference.typeOf(value);
  return type?.kind !== 'tensor' || familyOf(type.dataType) === 'float';
}

const rules: Readonly<Record<string, Rule>> = {
  Identity: () => 'an identity',
  Dropout: (node, editor) => {
    const training = node.input(2) ? numbersOf(editor, node, 2) : [0];
    // Before opset 7 it trains unless it is told that it does not.
    const tests = node.int('is_test', 0) === 1 || editor.model.opset >= 7;
    return tests && training?.[0] === 0 ? 'dropout does nothing in inference' : undefined;
  },
  Cast: (node, { inference }) => {
    const type = node.input(0) && inference.typeOf(node.input(0)!);
    const same = type?.kind === 'tensor' && codeOfDataType(type.dataType) === node.int('to', -1);
    return same ? 'a cast to the type it has' : undefined;
  },
  Transpose: (node) =>
    node.ints('perm')?.every((axis, index) => axis === index) ? 'a transpose that moves no axis' : undefined,
  Reshape: keepsShape,
  Flatten: keepsShape,
  Squeeze: keepsShape,
  Unsqueeze: keepsShape,
  Expand: keepsShape,
  Tile: keepsShape,
  Slice: (node, editor) => {
    const steps = node.input(4) ? numbersOf(editor, node, 4) : [1];
    return steps?.every((step) => step === 1) ? keepsShape(node, editor) : undefined;
  },
  Pad: (node, editor) => {
    const pads = node.ints('pads') ?? numbersOf(editor, node, 1);
    return pads?.every((pad) => pad === 0) ? 'a pad of nothing' : undefined;
  },
  Concat: single,
  Sum: single,
  Max: single,
  Min: single,
  Mean: single,
  Add: neutral(0, 0, 1),
  Sub: neutral(0, 1),
  Mul: neutral(1, 0, 1),
  Div: neutral(1, 1),
  Pow: neutral(1, 1),
};

/** Takes out nodes that pass an input on unchanged. */
export const removeNoops: Rewrite = {
  id: 'no-op',
  apply(editor) {
    for (const node of editor.nodes()) {
      const rule = node.domain === '' ? rules[node.opType] : undefined;
      const found = rule?.(node, editor);
      if (found === undefined) continue;
      const { why, passes } = typeof found === 'string' ? { why: found, passes: 0 } : found;
      const source = node.input(passes);
      if (canBypass(node, source)) editor.attempt('no-op', node, `removed: ${why}`, () => bypass(node, source));
    }
  },
};
