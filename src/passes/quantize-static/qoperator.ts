/** From Q/DQ around float operators to operators on codes (QLinearConv …): the older form, for runtimes that know no other. */
import { Attribute } from '../../graph/attribute';
import { removeUnused } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';

/** Codes with what they stand for. */
interface Coded {
  readonly codes: Value;
  readonly scale: Value;
  readonly zeroPoint: Value;
}

/** What an operator becomes; undefined where its form needs codes that are not there. */
type Form = (
  operands: readonly (Coded | undefined)[],
  result: Coded | undefined,
  node: Node,
) => Partial<Parts> | undefined;

interface Parts {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: readonly Attribute[];
  /** True where the result is float: no Q follows. */
  readonly float: boolean;
}

const all = (each: Coded): Value[] => [each.codes, each.scale, each.zeroPoint];
const scaling = (each: Coded): Value[] => [each.scale, each.zeroPoint];
const microsoft = 'com.microsoft';

const unary =
  (opType: string): Form =>
  ([x], y) =>
    x && y && { opType, domain: microsoft, inputs: [...all(x), ...scaling(y)] };
const binary =
  (opType: string): Form =>
  ([a, b], y) =>
    a && b && y && { opType, domain: microsoft, inputs: [...all(a), ...all(b), ...scaling(y)] };

/** Hands codes on as they are: possible where both sides have one scale. */
const move: Form = ([x], y, node) => {
  if (!x || !y || x.scale !== y.scale) return undefined;
  return { opType: node.opType, inputs: [x.codes, ...node.inputs.slice(1)] };
};

const forms: Readonly<Record<string, Form>> = {
  Conv: ([x, w, b], y, node) =>
    x &&
    w &&
    y &&
    (!node.input(2) || b) && { opType: 'QLinearConv', inputs: [...all(x), ...all(w), ...scaling(y), b?.codes] },
  MatMul: ([a, b], y) => {
    if (!a || !b) return undefined;
    if (y) return { opType: 'QLinearMatMul', inputs: [...all(a), ...all(b), ...scaling(y)] };
    const inputs = [a.codes, b.codes, a.scale, b.scale, a.zeroPoint, b.zeroPoint];
    return { opType: 'MatMulIntegerToFloat', domain: microsoft, inputs, float: true };
  },
  Gemm: ([a, b, c], y, node) => {
    if (!a || !b || (node.input(2) && !c)) return undefined;
    const inputs = [...all(a), ...all(b), c?.codes, ...(y ? scaling(y) : [])];
    const attributes = ['alpha', 'transA', 'transB'].flatMap((name) => node.attributes.get(name) ?? []);
    return { opType: 'QGemm', domain: microsoft, inputs, attributes, float: !y };
  },
  Add: binary('QLinearAdd'),
  Mul: binary('QLinearMul'),
  Sigmoid: unary('QLinearSigmoid'),
  LeakyRelu: unary('QLinearLeakyRelu'),
  AveragePool: unary('QLinearAveragePool'),
  GlobalAveragePool: unary('QLinearGlobalAveragePool'),
  Softmax: ([x], y, node) =>
    x &&
    y && {
      opType: 'QLinearSoftmax',
      domain: microsoft,
      inputs: [...all(x), ...scaling(y)],
      attributes: [Attribute.int('axis', node.int('axis', -1)), Attribute.int('opset', 13)],
    },
  Concat: (operands, y, node) => {
    const coded = operands.filter((operand) => operand !== undefined);
    if (!y || coded.length !== node.inputs.length) return undefined;
    return { opType: 'QLinearConcat', domain: microsoft, inputs: [...scaling(y), ...coded.flatMap(all)] };
  },
  Where: ([, x, y], z, node) =>
    x &&
    y &&
    z && {
      opType: 'QLinearWhere',
      domain: microsoft,
      inputs: [node.input(0), ...all(x), ...all(y), ...scaling(z)],
    },
  ...Object.fromEntries(
    'MaxPool Reshape Flatten Transpose Squeeze Unsqueeze Gather Slice Expand Tile DepthToSpace Resize'
      .split(' ')
      .map((opType) => [opType, move]),
  ),
};

/** Rewrites `model`, which must be the caller's own, bodies included. What has no form on codes keeps its Q/DQ. */
export function toQOperators(model: Model): void {
  for (const node of [...model.graph.allNodes()]) {
    const { graph } = node;
    if (!graph || node.domain !== '') continue;
    const form = forms[node.opType];
    const parts = form && partsOf(form, node, graph);
    if (!parts) continue;
    replace(node, parts, graph);
    if (parts.domain === microsoft) model.opsets.set(microsoft, model.opsets.get(microsoft) ?? 1);
  }
}

function partsOf(form: Form, node: Node, graph: Graph): Partial<Parts> | undefined {
  const operands = node.inputs.map((value) => value && codedBy(value.producer, 'DequantizeLinear', graph));
  const [quantize] = quantizers(node, graph);
  return form(operands, quantize && codedBy(quantize, 'QuantizeLinear', graph), node);
}

/** The Q that alone reads the node's output. */
function quantizers(node: Node, graph: Graph): Node[] {
  const output = node.output(0);
  if (!output || output.useCount !== 1 || graph.outputs.includes(output) || node.outputs.length > 1) return [];
  return output.consumers().filter((user) => user.is('QuantizeLinear') && user.input(0) === output);
}

/** What a Q or DQ reads or gives; a zero point that is left out is 0, and is put in. */
function codedBy(node: Node | undefined, opType: string, graph: Graph): Coded | undefined {
  const scale = node?.input(1);
  const codes = opType === 'DequantizeLinear' ? node?.input(0) : node?.output(0);
  if (!node?.is(opType) || !codes || !scale) return undefined;
  const zeroPoint = node.input(2) ?? unsaidZero(codes, scale, graph);
  return zeroPoint && { codes, scale, zeroPoint };
}

/** The zero point of constant codes that goes without saying, in the shape of the scale; that of int32 nobody reads. */
function unsaidZero({ name, constant }: Value, scale: Value, graph: Graph): Value | undefined {
  if (constant?.dataType === 'int32') return scale;
  const shape = scale.constant?.shape;
  if (!constant || !shape) return undefined;
  const zero = graph.uniqueName(name.replace(/_quantized$/, '_zero_point'));
  return graph.addInitializer(Tensor.ofBytes(zero, constant.dataType, shape, new Uint8Array(countElements(shape))));
}

function replace(node: Node, parts: Partial<Parts>, graph: Graph): void {
  const [quantize] = parts.float ? [] : quantizers(node, graph);
  const before = [...node.inputs];
  const parameters = quantize ? [...quantize.inputs.slice(1)] : [];
  const attributes = parts.attributes ?? [...node.attributes.values()];
  const output = (quantize ?? node).output(0)!;
  (quantize ?? node).truncateOutputs(0);
  if (quantize) graph.remove(quantize);
  const { name, metadata, docString } = node;
  const made = new Node({
    opType: parts.opType ?? node.opType,
    domain: parts.domain ?? '',
    ...{ name, metadata, docString, attributes },
    inputs: parts.inputs ?? [],
    outputs: [output],
  });
  graph.insertBefore(node, made);
  node.truncateOutputs(0);
  graph.remove(node);
  for (const value of new Set([...before, ...parameters])) if (value) removeUnused(value, graph);
}
