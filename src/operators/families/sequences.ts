/** Sequences and optionals. */
import { type Graph } from '../../graph/graph';
import { type Dim, type Shape, tensorType, type ValueType } from '../../graph/shape';
import { dataTypeOfCode } from '../../graph/dataType';
import { repeatCost } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { normalAxis, withDim } from '../dims';
import { commonType } from '../merge';
import { Expression } from '../../graph/expression';

function elementOf(type: ValueType | undefined): ValueType | undefined {
  return type?.kind === 'sequence' || type?.kind === 'optional' ? type.element : undefined;
}

function sequence(element: ValueType | undefined): ValueType {
  return { kind: 'sequence', element };
}

function construct(context: InferenceContext): void {
  const types = context.node.inputs.map((_, index) => context.input(index));
  context.output(0, sequence(types.reduce((common, type) => commonType(common, type))));
}

function empty(context: InferenceContext): void {
  const type = dataTypeOfCode(context.node.int('dtype', 1));
  context.output(0, sequence(type && tensorType(type)));
}

/** The new element joins what the sequence promises; an empty sequence promises an element type alone. */
function insert(context: InferenceContext): void {
  const before = elementOf(context.input(0));
  const added = context.input(1);
  if (before?.kind === 'tensor' && !before.shape && context.node.input(0)?.producer?.is('SequenceEmpty')) {
    return context.output(0, sequence(added ?? before));
  }
  context.output(0, sequence(commonType(before, added) ?? before));
}

/** Parts along an axis; without `split` one of each position, without the axis when keepdims is 0. */
function splitToSequence(context: InferenceContext): void {
  const input = context.shape(0);
  const type = context.dataType(0);
  if (!type) return;
  if (!input) return context.output(0, sequence(tensorType(type)));
  const { node } = context;
  const axis = normalAxis(node.int('axis', 0), input.length);
  let shape: Shape;
  if (context.has(1)) shape = withDim(input, axis, equalPart(context, input[axis]!));
  else shape = node.int('keepdims', 1) === 0 ? input.filter((_, at) => at !== axis) : withDim(input, axis, 1);
  context.output(0, sequence(tensorType(type, shape)));
}

/** The length that all parts have, if it is one. */
function equalPart(context: InferenceContext, total: Dim): Dim {
  const parts = context.numbers(1);
  if (!parts) return null;
  const [first = 0] = parts;
  if (context.contents(1)?.shape.length === 0) return typeof total === 'number' && total % first === 0 ? first : null;
  return parts.every((part) => part === first) ? first : null;
}

/** Joined along an axis, or along a new one. */
function concatFromSequence(context: InferenceContext): void {
  const element = elementOf(context.input(0));
  if (element?.kind !== 'tensor') return;
  if (!element.shape) return context.tensor(0, element.dataType, undefined);
  const fresh = context.node.int('new_axis', 0) === 1;
  const rank = element.shape.length + (fresh ? 1 : 0);
  const axis = normalAxis(context.node.int('axis', 0), rank);
  const shape = fresh
    ? [...element.shape.slice(0, axis), null, ...element.shape.slice(axis)]
    : withDim(element.shape, axis, null);
  context.tensor(0, element.dataType, shape);
}

/** The body runs once for each element; tensors beside the sequence are handed to every run. */
function sequenceMap(context: InferenceContext): void {
  const body = context.node.subgraph('body');
  if (!body) return;
  const inputs = context.node.inputs.map((_, index) => {
    const type = context.input(index);
    return { type: type?.kind === 'sequence' ? type.element : type };
  });
  context.inferBody(body, inputs).forEach(({ type }, index) => context.output(index, sequence(type)));
}

function sequenceMapCost(context: CostContext): Cost {
  const body: Graph | undefined = context.node.subgraph('body');
  const times = Expression.symbol(`${context.node.output(0)?.name ?? 'sequence'}_length`);
  return body ? repeatCost(context.bodyCost(body), times) : { macs: Expression.zero, flops: Expression.zero };
}

function optional(context: InferenceContext): void {
  const { payload } = context.node.attributes.get('type') ?? {};
  const declared = payload?.kind === 'type' ? payload.value : undefined;
  context.output(0, { kind: 'optional', element: context.input(0) ?? declared });
}

/** Works on plain tensors and sequences as well since opset 18. */
function getElement(context: InferenceContext): void {
  const type = context.input(0);
  context.output(0, type?.kind === 'optional' ? type.element : type);
}

function hasElement(context: InferenceContext): void {
  context.tensor(0, 'bool', []);
  const kind = context.input(0)?.kind;
  if (!context.has(0)) context.setContents(0, { shape: [], elements: [0] });
  else if (kind && kind !== 'optional') context.setContents(0, { shape: [], elements: [1] });
}

/** Members of this family. */
export const sequences = [
  ...defineOperators(['SequenceConstruct'], { infer: construct }),
  ...defineOperators(['SequenceEmpty'], { infer: empty }),
  ...defineOperators(['SequenceInsert'], { infer: insert }),
  ...defineOperators(['SequenceErase'], { infer: (context) => context.output(0, context.input(0)) }),
  ...defineOperators(['SequenceAt'], { infer: (context) => context.output(0, elementOf(context.input(0))) }),
  ...defineOperators(['SequenceLength'], { infer: (context) => context.tensor(0, 'int64', []) }),
  ...defineOperators(['SequenceMap'], { infer: sequenceMap, cost: sequenceMapCost }),
  ...defineOperators(['SplitToSequence'], { infer: splitToSequence }),
  ...defineOperators(['ConcatFromSequence'], { infer: concatFromSequence }),
  ...defineOperators(['Optional'], { infer: optional }),
  ...defineOperators(['OptionalGetElement'], { infer: getElement }),
  ...defineOperators(['OptionalHasElement'], { infer: hasElement }),
];
