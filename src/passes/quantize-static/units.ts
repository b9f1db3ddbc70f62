/** What can run in 8 bits: a node with its weights, and the Relu or Clip whose work its output's range does. */
import { type ConstantSource, constantSource, owningGraph } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type ValueType } from '../../graph/shape';
import { type Use, type Value } from '../../graph/value';
import { toNumbers } from '../../numerics/elements';
import { type Inference } from '../../operators/infer';
import { BodyLifter } from '../../pass/bodyValues';
import { matchesName } from '../../pass/option';
import { type SkippedLayer } from '../../protocol/report';
import { elementTypeText } from '../../report/elementType';
import { channelAxis, weightProblem } from './eligible';
import { type OperatorRule, ruleOf } from './operators';

/** One candidate. Values and nodes are those of the prepared model. */
export interface Unit {
  /** Name of its first output: the same in every clone of the model, and no two units share it. */
  readonly key: string;
  readonly node: Node;
  readonly rule: OperatorRule;
  /** Indices of inputs that are computed, and read as codes. */
  readonly data: readonly number[];
  /** Indices of inputs that are constants in the place of data: they are coded like activations. */
  readonly constants: readonly number[];
  /** The constants behind those. */
  readonly operands: ReadonlyMap<number, ConstantSource>;
  readonly weight?: ConstantSource;
  readonly bias?: ConstantSource;
  /** The Add behind a MatMul that holds its bias, and which input that is. */
  readonly biasAt?: Use;
  /** Relu or Clip behind it that nothing else stands between. */
  readonly tail?: Node;
  /** The range that the tail lets through. */
  readonly clip?: readonly [min: number, max: number];
  /** What it gives, behind the tail. */
  readonly outputs: readonly Value[];
}

/** Candidates in the order of the graph, and the layers that are none. */
export interface Candidates {
  readonly units: readonly Unit[];
  readonly skipped: readonly SkippedLayer[];
}

/** What finding depends on. */
export interface FindOptions {
  readonly inference: Inference;
  readonly forCpu: boolean;
  readonly exclude: readonly string[];
}

/** Finds all candidates, in bodies too; there, values must be such that they can be observed from outside. */
export function findUnits(model: Model, options: FindOptions): Candidates {
  const units: Unit[] = [];
  const skipped: SkippedLayer[] = [];
  const bodies = new BodyLifter(model, options.inference);
  for (const node of model.graph.allNodes()) {
    const graph = node.graph!;
    const unit = unitOf(node, graph, options);
    const found = typeof unit === 'object' ? (hiddenBecause(unit, graph, bodies) ?? unit) : unit;
    if (typeof found === 'object') units.push(found);
    else if (found !== undefined && (typeof unit !== 'object' || unit.rule.role === 'layer')) {
      skipped.push({ node: node.label, opType: node.opType, reason: found });
    }
  }
  return { units, skipped };
}

/** Why values of a unit inside a body cannot be observed. */
function hiddenBecause({ node, data, outputs }: Unit, graph: Graph, bodies: BodyLifter): string | undefined {
  for (const value of [...data.map((index) => node.input(index)!), ...outputs]) {
    const problem = bodies.problem(value, owningGraph(value, graph));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Why a layer that reads or gives such a value stays as it is. */
function otherTypeReason(type: ValueType | undefined): string {
  if (type?.kind !== 'tensor') return 'The type of what it reads or gives is not known.';
  const computes = elementTypeText(type.dataType);
  const hint = /^b?float16$/.test(computes) ? ': quantize the float32 model it was made from' : '';
  return `It computes in ${computes}, not in float32${hint}.`;
}

/** A unit, why a layer is none, or undefined for nodes that nobody expects to be one. */
function unitOf(node: Node, graph: Graph, { inference, forCpu, exclude }: FindOptions): Unit | string | undefined {
  const rule = ruleOf(node, forCpu);
  if (rule === undefined || typeof rule === 'string') return rule;
  const isLayer = rule.role === 'layer';
  if (matchesName(node.label, exclude)) return isLayer ? 'Excluded by name.' : undefined;
  const indices = rule.data === 'all' ? node.inputs.map((_, index) => index) : rule.data;
  const output = node.output(0);
  if (!output || indices.some((index) => !node.input(index))) return undefined;
  const touched = [
    ...indices.map((index) => node.input(index)!),
    ...node.outputs.filter((value) => value !== undefined),
  ];
  for (const value of touched) {
    const type = inference.typeOf(value);
    if (type?.kind !== 'tensor' || type.dataType !== 'float') return isLayer ? otherTypeReason(type) : undefined;
  }
  // What pooling says of positions has no meaning in codes.
  if (rule.role === 'move' && node.opType !== 'Split' && node.outputs.length > 1 && node.output(1)) return undefined;
  if (node.inputs.some((value) => value?.producer?.opType === 'DequantizeLinear') && rule.role !== 'move') {
    return isLayer ? 'It is quantized already.' : undefined;
  }
  if (isBiasAddition(node, graph)) return undefined;
  const sources = new Map<number, ConstantSource>();
  for (const index of indices) {
    const source = constantSource(node.input(index)!, graph);
    if (source) sources.set(index, source);
  }
  const weight = rule.weight === undefined ? undefined : sources.get(rule.weight);
  const biasValue = rule.bias === undefined ? undefined : node.input(rule.bias);
  const bias = biasValue && constantSource(biasValue, graph);
  const data = indices.filter((index) => !sources.has(index));
  if (data.length === 0) return undefined;
  if (isLayer) {
    const problem = weightProblem(node, weight, biasValue, bias);
    if (problem !== undefined) return problem;
  }
  const constants = [...sources.keys()].filter((index) => weight === undefined || index !== rule.weight);
  const added = node.is('MatMul') && weight ? biasBehind(output, weight, graph, inference) : undefined;
  const base = {
    key: output.name,
    node,
    rule,
    data,
    constants,
    operands: sources,
    ...(weight && { weight }),
    ...(bias && { bias }),
    ...added,
  };
  const tail = rule.role === 'move' ? undefined : tailOf(output, graph);
  if (tail) return { ...base, ...tail, outputs: [tail.tail.output(0)!] };
  return { ...base, outputs: node.outputs.filter((value) => value !== undefined) };
}

/**
 * MatMul and the Add of its bias: the product goes to float as it is unpacked (MatMulIntegerToFloat), and the bias is
 * added there at no cost; codes in between would only lose precision.
 */
function isBiasAddition(node: Node, graph: Graph): boolean {
  if (!node.is('Add')) return false;
  const at = node.inputs.findIndex((value) => value?.producer?.is('MatMul') && value.useCount === 1);
  const other = at < 0 ? undefined : node.input(1 - at);
  const source = other && constantSource(other, graph);
  return source !== undefined && source.tensor.shape.filter((dim) => dim > 1).length <= 1;
}

/**
 * The bias behind a MatMul, where ONNX Runtime makes one Gemm of both before it looks at Q/DQ (for matrices, and for
 * shapes without symbols): that becomes int8 only with a bias in int32.
 */
function biasBehind(
  product: Value,
  weight: ConstantSource,
  graph: Graph,
  inference: Inference,
): Pick<Unit, 'bias' | 'biasAt'> | undefined {
  const [use] = product.uses();
  if (
    use?.node.graph !== graph ||
    !isBiasAddition(use.node, graph) ||
    product.useCount !== 1 ||
    graph.outputs.includes(product)
  ) {
    return undefined;
  }
  const index = 1 - use.index;
  const bias = constantSource(use.node.input(index)!, graph);
  const shape = inference.shapeOf(product);
  const fuses = shape && (shape.length === 2 || shape.every((dim) => typeof dim === 'number'));
  const columns = weight.perm ? weight.tensor.shape[weight.perm.at(-1)!] : weight.tensor.shape.at(-1);
  if (!fuses || bias?.tensor.dataType !== 'float' || bias.perm) return undefined;
  if (bias.tensor.shape.length !== 1 || bias.tensor.size !== columns) return undefined;
  return { bias, biasAt: { node: use.node, index } };
}

/** The Relu or Clip that alone reads `output`, if 0 is in the range that it lets through. */
function tailOf(output: Value, graph: Graph): (Pick<Unit, 'tail' | 'clip'> & { tail: Node }) | undefined {
  const [tail] = output.consumers();
  if (!tail || output.useCount !== 1 || tail.graph !== graph || graph.outputs.includes(output)) return undefined;
  if (tail.is('Relu')) return { tail, clip: [0, Infinity] };
  if (!tail.is('Clip')) return undefined;
  const [min, max] = [limitOf(tail, 1, 'min', -Infinity), limitOf(tail, 2, 'max', Infinity)];
  return min === undefined || max === undefined || min > 0 || max < 0 ? undefined : { tail, clip: [min, max] };
}

function limitOf(node: Node, index: number, attribute: string, none: number): number | undefined {
  const value = node.input(index);
  if (!value) return node.float(attribute, none);
  const source = constantSource(value, node.graph!);
  return source?.tensor.dataType === 'float' ? toNumbers('float', source.tensor.bytes(), 1)[0] : undefined;
}

/** Axis of the output channels of a unit's weight as it is read. */
export function axisOf({ node, weight }: Unit): number | undefined {
  if (!weight) return undefined;
  const { tensor, perm } = weight;
  return channelAxis(node, perm ? perm.map((axis) => tensor.shape[axis]!) : tensor.shape);
}
