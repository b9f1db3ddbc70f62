/** Control flow: If, Loop, Scan. Bodies are inferred where they stand and read the values around them. */
import { Expression } from '../../graph/expression';
import { canonicalDim, type Dim, type Shape, tensorType, type ValueType } from '../../graph/shape';
import { noCost, repeatCost } from '../cost';
import {
  type Cost,
  type CostContext,
  defineOperators,
  type Fact,
  type InferenceContext,
  type PartialContents,
} from '../definition';
import { normalAxis, unifyDims } from '../dims';
import { commonType, sameType } from '../merge';
import { scalarOf } from '../rules';
import { type Graph } from '../../graph/graph';
import { type Node } from '../../graph/node';

/** Deeper bodies are inferred once, with loop-carried shapes unknown: trying twice at each level is exponential. */
const MAX_RETRY_DEPTH = 3;

function conditional(context: InferenceContext): void {
  const [yes, no] = [context.node.subgraph('then_branch'), context.node.subgraph('else_branch')];
  const condition = scalarOf(context.contents(0));
  const whenTrue = yes ? context.inferBody(yes, [], condition === 0) : [];
  const whenFalse = no ? context.inferBody(no, [], condition === 1) : [];
  context.node.outputs.forEach((_, index) => {
    const [a, b] = [whenTrue[index], whenFalse[index]];
    if (typeof condition === 'number') return declare(context, index, condition !== 0 ? a : b);
    context.output(index, commonType(a?.type, b?.type));
  });
}

function declare(context: InferenceContext, index: number, fact: Fact | undefined): void {
  context.output(index, fact?.type);
  context.setContents(index, fact?.contents);
}

/** Only one branch runs: the one that the condition says, or else the dearer one of those whose cost is known. */
function conditionalCost(context: CostContext): Cost {
  const condition = scalarOf(context.contents(0));
  const names = condition === 1 ? ['then_branch'] : condition === 0 ? ['else_branch'] : ['then_branch', 'else_branch'];
  const bodies = names.map((name) => context.node.subgraph(name));
  const costs = bodies.map((body) => (body ? context.bodyCost(body) : noCost));
  const dearer = (x?: Expression, y?: Expression): Expression | undefined => (x && y ? x.max(y) : (x ?? y));
  return costs.reduce((a, b) => ({ macs: dearer(a.macs, b.macs), flops: dearer(a.flops, b.flops) }));
}

/** The type with every dimension forgotten, or the rank too. */
function forget(type: ValueType | undefined): ValueType | undefined {
  return type?.kind === 'tensor' ? tensorType(type.dataType) : type;
}

/**
 * Types that loop-carried values keep through the iterations: start from the initial ones, and give up what the body
 * changes until nothing changes any more.
 */
function carriedTypes(
  context: InferenceContext,
  initial: readonly (ValueType | undefined)[],
  run: (carried: readonly (ValueType | undefined)[]) => readonly (ValueType | undefined)[],
): void {
  if (context.depth >= MAX_RETRY_DEPTH) {
    run(initial.map(forget));
    return;
  }
  let carried = initial;
  for (let attempt = 0; attempt < 3; attempt++) {
    const after = run(carried);
    const next = carried.map((type, index) => (after[index] ? commonType(type, after[index]) : forget(type)));
    if (next.every((type, index) => sameType(type, carried[index]))) return;
    carried = attempt === 0 ? next : next.map(forget);
  }
}

const tripsName = (node: Node): string => `${node.name === '' ? (node.output(0)?.name ?? 'loop') : node.name}_trips`;

function loop(context: InferenceContext): void {
  const { node } = context;
  const body = node.subgraph('body');
  if (!body) return;
  const count = node.inputs.length - 2;
  const initial = Array.from({ length: count }, (_, index) => context.input(index + 2));
  let outputs: Fact[] = [];
  carriedTypes(context, initial, (carried) => {
    const [counter, condition] = [0, 1].map((index) => scalarInput(body, index));
    const facts = carried.map((type) => ({ type }));
    outputs = context.inferBody(body, [counter, condition, ...facts]);
    return outputs.slice(1, 1 + count).map((fact) => fact.type);
  });
  const contents = (index: number): PartialContents | undefined => context.contents(index);
  const trips =
    sureTrips({ node, contents, nextCondition: outputs[0]?.contents }) ??
    canonicalDim(context.freshSymbol(tripsName(node)));
  for (let index = 0; index < node.outputs.length; index++) {
    const type = outputs[index + 1]?.type;
    if (index < count) context.output(index, carriedOutput(type, initial[index]));
    else context.output(index, stacked(type, trips));
  }
}

/** Counter and condition are scalars; some exporters declare them as [1], and runtimes go along. */
function scalarInput(body: Graph, index: number): Fact {
  const declared = body.inputs[index]?.type;
  const vector = declared?.kind === 'tensor' && declared.shape?.length === 1;
  return { type: tensorType(index === 0 ? 'int64' : 'bool', vector ? [1] : []) };
}

/** No iteration at all hands out the initial value. */
function carriedOutput(after: ValueType | undefined, initial: ValueType | undefined): ValueType | undefined {
  return after && initial ? commonType(after, initial) : (after ?? forget(initial));
}

/** What tells whether a Loop runs as often as its trip count says. */
interface LoopFacts {
  readonly node: Node;
  readonly contents: (index: number) => PartialContents | undefined;
  /** Contents of the condition that the body hands on. */
  readonly nextCondition: PartialContents | undefined;
}

/** The trip count where it is sure that no condition ends the loop early; undefined where only running tells. */
function sureTrips({ node, contents, nextCondition }: LoopFacts): Dim | undefined {
  const count = scalarOf(contents(0));
  if (count === undefined || count === null || (typeof count === 'number' && count >= 2 ** 31)) return undefined;
  const conditional = node.input(1) !== undefined;
  if (conditional && (scalarOf(contents(1)) !== 1 || !(keepsCondition(node) || scalarOf(nextCondition) === 1))) {
    return undefined;
  }
  return typeof count === 'number' ? Math.max(0, count) : count;
}

/** True when the body hands its condition on unchanged. */
function keepsCondition(node: Node): boolean {
  const body = node.subgraph('body');
  let value = body?.outputs[0];
  while (value?.producer?.is('Identity')) value = value.producer.input(0);
  return value !== undefined && value === body?.inputs[1];
}

function stacked(type: ValueType | undefined, count: Dim): ValueType | undefined {
  if (type?.kind !== 'tensor') return type;
  return { ...type, shape: type.shape && [count, ...type.shape] };
}

function loopCost(context: CostContext): Cost {
  const body = context.node.subgraph('body');
  if (!body) return noCost;
  const contents = (index: number): PartialContents | undefined => context.contents(index);
  const known = sureTrips({ node: context.node, contents, nextCondition: context.contentsOf(body.outputs[0]) });
  const trips =
    known === undefined || known === null ? Expression.symbol(tripsName(context.node)) : Expression.of(known);
  return repeatCost(context.bodyCost(body), trips);
}

interface ScanLayout {
  readonly states: number;
  readonly scans: number;
  /** Inputs before the first state: opset 8 has the optional sequence lengths. */
  readonly offset: number;
  /** Opset 8 scans inside a batch: every value has a leading batch axis. */
  readonly batched: boolean;
}

function scanLayout(node: Node, opset: number): ScanLayout {
  const offset = opset < 9 ? 1 : 0;
  const scans = Math.max(0, Math.min(node.int('num_scan_inputs', 0), node.inputs.length - offset));
  return { states: node.inputs.length - offset - scans, scans, offset, batched: opset < 9 };
}

function scanAxis(node: Node, attribute: string, index: number, rank: number): number {
  return normalAxis(node.ints(attribute)?.[index] ?? 0, rank);
}

/** Length of the scanned axis: all scan inputs agree on it. */
function scanLength(node: Node, layout: ScanLayout, shapeOf: (index: number) => Shape | undefined): Dim {
  let length: Dim = null;
  for (let index = 0; index < layout.scans; index++) {
    const shape = shapeOf(layout.offset + layout.states + index);
    if (!shape) continue;
    const axis = layout.batched ? 1 : scanAxis(node, 'scan_input_axes', index, shape.length);
    length = unifyDims(length, shape[axis] ?? null);
  }
  return length;
}

function scan(context: InferenceContext): void {
  const { node } = context;
  const body = node.subgraph('body');
  if (!body) return;
  const layout = scanLayout(node, context.opset);
  const { states, scans, offset, batched } = layout;
  const inner = (type: ValueType | undefined): ValueType | undefined =>
    batched && type?.kind === 'tensor' ? { ...type, shape: type.shape?.slice(1) } : type;
  const initial = Array.from({ length: states }, (_, index) => inner(context.input(offset + index)));
  const slices = Array.from({ length: scans }, (_, index) => {
    const type = inner(context.input(offset + states + index));
    if (type?.kind !== 'tensor' || !type.shape) return type;
    const axis = batched ? 0 : scanAxis(node, 'scan_input_axes', index, type.shape.length);
    return tensorType(
      type.dataType,
      type.shape.filter((_, at) => at !== axis),
    );
  });
  let outputs: Fact[] = [];
  carriedTypes(context, initial, (carried) => {
    outputs = context.inferBody(
      body,
      [...carried, ...slices].map((type) => ({ type })),
    );
    return outputs.slice(0, states).map((fact) => fact.type);
  });
  const length = scanLength(node, layout, (index) => context.shape(index));
  const batch = context.shape(offset)?.[0] ?? context.shape(offset + states)?.[0] ?? null;
  outputs.forEach(({ type }, index) => {
    if (type?.kind !== 'tensor') return context.output(index, type);
    let shape = index < states ? type.shape : insertAxis(node, index - states, type.shape, length, batched);
    if (batched && shape) shape = [batch, ...shape];
    context.tensor(index, type.dataType, shape);
  });
}

function insertAxis(
  node: Node,
  index: number,
  shape: Shape | undefined,
  length: Dim,
  first: boolean,
): Shape | undefined {
  if (!shape) return undefined;
  const axis = first ? 0 : scanAxis(node, 'scan_output_axes', index, shape.length + 1);
  return [...shape.slice(0, axis), length, ...shape.slice(axis)];
}

function scanCost(context: CostContext): Cost {
  const body = context.node.subgraph('body');
  if (!body) return noCost;
  const layout = scanLayout(context.node, context.opset);
  const length = scanLength(context.node, layout, (index) => context.shape(index));
  const times = length === null ? undefined : Expression.of(length);
  const batch = layout.batched ? context.shape(layout.offset + layout.states)?.[0] : 1;
  return repeatCost(context.bodyCost(body), batch === undefined || batch === null ? undefined : times?.mul(batch));
}

/** Members of this family. */
export const control = [
  ...defineOperators(['If'], { infer: conditional, cost: conditionalCost }),
  ...defineOperators(['Loop'], { infer: loop, cost: loopCost }),
  ...defineOperators(['Scan'], { infer: scan, cost: scanCost }),
];
