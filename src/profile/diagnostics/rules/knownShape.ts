/** Shapes that are computed in every run although they never change. */
import { type Node } from '../../../graph/node';
import { type CheckContext } from '../context';
import { type Finding, type Rule } from '../rule';

/** Inputs that tell sizes, by operator. */
const sizeInputs: Readonly<Record<string, readonly number[]>> = {
  Reshape: [1],
  Expand: [1],
  Tile: [1],
  ConstantOfShape: [0],
  Slice: [1, 2, 3, 4],
  Pad: [1],
  Resize: [2, 3],
  Unsqueeze: [1],
  Squeeze: [1],
};

/** A size that is computed from shapes and is known before any run. */
export const knownShape: Rule = {
  code: 'known-shape',
  summary: 'A shape that is computed in every run although it never changes.',
  *check(context): Generator<Finding> {
    for (const node of context.nodes) {
      const sizes = knownInput(node, context);
      if (!sizes) continue;
      yield {
        severity: 'hint',
        node: node.label,
        message: `The sizes that this ${node.opType} takes are computed in every run, but are always [${sizes.join(', ')}].`,
        fix: { pass: 'simplify', options: {} },
      };
    }
  },
};

function knownInput(node: Node, context: CheckContext): readonly number[] | undefined {
  if (node.domain !== '') return undefined;
  for (const index of sizeInputs[node.opType] ?? []) {
    const value = node.input(index);
    if (!value?.producer || context.isConstant(value)) continue;
    const elements = context.inference.contentsOf(value)?.elements;
    if (elements?.every((each): each is number => typeof each === 'number')) return elements;
  }
  return undefined;
}
