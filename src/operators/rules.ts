/** Inference rules and readers that several families share. */
import { type DataType } from '../graph/dataType';
import { type Dim, type Shape } from '../graph/shape';
import { type InferenceContext, type PartialContents } from './definition';
import { broadcastShapes, normalAxis, RuleError } from './dims';

/** Output 0 has the type of input 0 (any kind of value). */
export function sameAsInput(context: InferenceContext): void {
  context.output(0, context.input(0));
}

/** Output 0 has the shape of input 0 and the given element type. */
export function sameShapeAs(dataType: DataType): (context: InferenceContext) => void {
  return (context) => context.tensor(0, dataType, context.shape(0));
}

/** Shape that all inputs broadcast to; old opsets let the second fit into the first at `axis`. */
export function broadcastInputs(context: InferenceContext, indices?: readonly number[]): Shape | undefined {
  const { node, opset } = context;
  if (node.domain === '' && opset < 7 && node.inputs.length === 2) {
    if (node.int('broadcast', 0) === 1 || node.attributes.has('axis')) return context.shape(0);
  }
  const all = indices ?? node.inputs.map((_, index) => index).filter((index) => context.has(index));
  return broadcastShapes(all.map((index) => context.shape(index)));
}

/** First known element type among the inputs. */
export function firstDataType(context: InferenceContext, indices: readonly number[]): DataType | undefined {
  for (const index of indices) {
    const type = context.dataType(index);
    if (type) return type;
  }
  return undefined;
}

/** Known length of a vector input, even when its contents are not known. */
export function lengthOf(context: InferenceContext, index: number): number | undefined {
  const contents = context.contents(index);
  if (contents) return contents.elements.length;
  const [length] = context.shape(index) ?? [];
  return typeof length === 'number' ? length : undefined;
}

/**
 * Axes from the attribute (old opsets) or from an input (new ones), normalized.
 * `none`: neither is given. `unknown`: only running tells.
 */
export function axesOf(
  context: InferenceContext,
  inputIndex: number,
  rank: number,
  attribute = 'axes',
): readonly number[] | 'none' | 'unknown' {
  const known = context.has(inputIndex) && lengthOf(context, inputIndex) === 0 ? [] : context.numbers(inputIndex);
  const given = context.node.ints(attribute) ?? (context.has(inputIndex) ? known : 'none');
  if (given === 'none') return 'none';
  if (given === undefined) return 'unknown';
  return given.map((axis) => normalAxis(axis, rank));
}

/** Fails the rule unless the rank is as the operator needs it. */
export function needRank(shape: Shape, least: number, what = 'input'): void {
  if (shape.length < least) throw new RuleError(`the ${what} needs at least ${least} dimensions, not ${shape.length}`);
}

/** The single element of known contents. */
export function scalarOf(contents: PartialContents | undefined): Dim | undefined {
  return contents?.elements.length === 1 ? contents.elements[0] : undefined;
}
