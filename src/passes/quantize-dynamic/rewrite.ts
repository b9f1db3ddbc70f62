/** Replaces a float layer by its int8 form, the one that ONNX Runtime fuses. */
import { Attribute } from '../../graph/attribute';
import { type ConstantSource, constantSource, removeUnused } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { Node, type NodeInit } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf, fromNumbers } from '../../numerics/elements';
import { rewriteAttention } from './attention';
import { rewriteEmbedding } from './embeddings';
import { type Layer } from './layers';
import {
  addInitializer,
  formOf,
  type QuantizedWeight,
  readSource,
  sourceTensor,
  turnedForm,
  uint8Zero,
  type WeightCoding,
} from './weights';
import { notFinite, type Rewritten, type Workshop } from './workshop';

/** Rewrites `layer` in place; a string says why that cannot be, and then nothing has changed. */
export function rewriteLayer(layer: Layer, shop: Workshop): Rewritten | string {
  switch (layer.kind) {
    case 'MatMul':
    case 'Gemm':
      return rewriteProduct(layer, shop);
    case 'LSTM':
      return rewriteLstm(layer, shop);
    case 'Conv':
      return rewriteConv(layer, shop);
    case 'Attention':
      return rewriteAttention(layer, shop);
    case 'Gather':
      return rewriteEmbedding(layer, shop);
  }
}

/**
 * X·W + C → DynamicQuantizeLinear, MatMulInteger, Cast, Mul, Add, which becomes DynamicQuantizeMatMul (or, when the
 * quantized X has several readers, MatMulIntegerToFloat). Gemm's alpha goes into the scale, beta into C.
 */
function rewriteProduct({ node, graph, weights: [source], kind }: Layer, shop: Workshop): Rewritten | string {
  const coding: WeightCoding = { type: 'int8', perChannel: shop.perChannel, reduceRange: shop.reduceRange };
  const alpha = kind === 'Gemm' ? node.float('alpha', 1) : 1;
  const quantized = shop.weights.quantize(source!, formsOf(source!, alpha), coding, () => {
    const tensor = sourceTensor(source!);
    const { shape } = tensor;
    const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
    const stacked = coding.perChannel && shape.length > 2;
    const batch = stacked ? countElements(shape.slice(0, -2)) : 1;
    const matrices = { tensor, batch, rows: stacked ? rows : tensor.size / columns, columns };
    const scaleShape = stacked ? [...shape.slice(0, -2), 1, columns] : coding.perChannel ? [columns] : [];
    return { matrices, codesShape: shape, scaleShape, factor: alpha };
  });
  if (!quantized) return notFinite;
  const { codes, scale } = quantized.weight;
  const emit = emitterFor(node, graph);
  const x = shop.activations.quantize(node.input(0)!, node, graph);
  const product = emit('MatMulInteger', node.name, [x.codes, codes, x.zeroPoint]);
  const bias = kind === 'Gemm' ? biasOf(node, graph, emit) : undefined;
  const finish = restore(emit, product, x.scale, scale, bias);
  const old = [...node.inputs];
  replaceNode(node, graph, [finish]);
  for (const input of new Set(old)) if (input) removeUnused(input, graph);
  return { weights: [quantized.weight], first: quantized.first };
}

/** A product whose scales hold an alpha shares them with nobody else. */
const formsOf = (source: ConstantSource, alpha: number): { form: string; turned?: string | undefined } =>
  alpha === 1
    ? { form: formOf('product', source), turned: turnedForm('product', source) }
    : { form: `${formOf('product', source)} ${alpha}` };

/** LSTM → com.microsoft.DynamicQuantizeLSTM, whose weights are [directions, I or H, 4·H]. */
function rewriteLstm({ node, graph, weights: [input, recurrent] }: Layer, shop: Workshop): Rewritten | string {
  const coding: WeightCoding = { type: 'int8', perChannel: shop.perChannel, reduceRange: shop.reduceRange };
  const prepared = [input!, recurrent!].map((source) => {
    const perm = source.perm ?? [0, 1, 2];
    const read = { ...source, perm: [perm[0]!, perm[2]!, perm[1]!] };
    return shop.weights.quantize(source, { form: formOf('lstm', read) }, coding, () => {
      const tensor = sourceTensor(read);
      const [batch, rows, columns] = tensor.shape as readonly [number, number, number];
      const scaleShape = coding.perChannel ? [batch, columns] : [batch];
      return { matrices: { tensor, batch, rows, columns }, codesShape: tensor.shape, scaleShape };
    });
  });
  const [w, r] = prepared;
  if (!w || !r) return notFinite;
  const zero = (of: QuantizedWeight): Value => {
    const { shape } = of.scale.constant!;
    const size = countElements(shape);
    return addInitializer(graph, Tensor.ofBytes(`${of.codes.name}_zero_point`, 'int8', shape, new Uint8Array(size)));
  };
  const old = [...node.inputs];
  const [x, , , bias, lengths, h, c, peephole] = old;
  const [wq, rq] = [w.weight, r.weight];
  const scales = [wq.scale, zero(wq), rq.scale, zero(rq)];
  const outputs = [...node.outputs];
  node.truncateOutputs(0);
  const attributes = [...node.attributes.values()].filter(({ name }) => name !== 'layout');
  const { name, metadata, docString } = node;
  const made = new Node({
    opType: 'DynamicQuantizeLSTM',
    domain: 'com.microsoft',
    ...{ name, metadata, docString, attributes, outputs },
    inputs: [x, wq.codes, rq.codes, bias, lengths, h, c, peephole, ...scales],
  });
  graph.insertBefore(node, made);
  graph.remove(node);
  shop.model.opsets.set('com.microsoft', shop.model.opsets.get('com.microsoft') ?? 1);
  for (const value of new Set(old)) if (value) removeUnused(value, graph);
  return { weights: [wq, rq], first: w.first || r.first };
}

/** Conv → DynamicQuantizeLinear, ConvInteger, Cast, Mul, Add. Nothing of it is fused, so it is made only when asked. */
function rewriteConv({ node, graph, weights: [source] }: Layer, shop: Workshop): Rewritten | string {
  const coding: WeightCoding = { type: 'uint8', perChannel: shop.perChannel, reduceRange: shop.reduceRange };
  const spatial = source!.tensor.shape.length - 2;
  const ones = new Array<number>(spatial).fill(1);
  const quantized = shop.weights.quantize(source!, { form: formOf('conv', source!) }, coding, () => {
    const tensor = sourceTensor(source!);
    const { shape } = tensor;
    // One matrix of a single column per output channel gives the channel's scale.
    const batch = coding.perChannel ? shape[0]! : 1;
    const matrices = { tensor, batch, rows: tensor.size / batch, columns: 1 };
    return { matrices, codesShape: shape, scaleShape: coding.perChannel ? [1, shape[0]!, ...ones] : [] };
  });
  if (!quantized) return notFinite;
  const emit = emitterFor(node, graph);
  const x = shop.activations.quantize(node.input(0)!, node, graph);
  const zero = addInitializer(graph, Tensor.ofBytes('conv_weight_zero_point', 'uint8', [], Uint8Array.of(uint8Zero)));
  const attributes = [...node.attributes.values()];
  const product = emit('ConvInteger', node.name, [x.codes, quantized.weight.codes, x.zeroPoint, zero], attributes);
  const bias = node.input(2);
  let shaped: Value | undefined;
  if (bias) {
    const source = constantSource(bias, graph);
    const shape = [1, -1, ...ones];
    if (source) {
      const { values } = readSource(source);
      const tensor = Tensor.ofBytes(bias.name, 'float', [1, values.length, ...ones], bytesOf(values));
      shaped = addInitializer(source.graph, tensor);
    } else {
      const target = Tensor.ofBytes(`${bias.name}_shape`, 'int64', [shape.length], fromNumbers('int64', shape));
      shaped = emit('Reshape', `${node.name}_bias_shaped`, [bias, addInitializer(graph, target)]);
    }
  }
  const finish = restore(emit, product, x.scale, quantized.weight.scale, shaped);
  const old = [...node.inputs];
  replaceNode(node, graph, [finish]);
  for (const input of new Set(old)) if (input) removeUnused(input, graph);
  return { weights: [quantized.weight], first: quantized.first };
}

type Emit = (opType: string, name: string, inputs: readonly Value[], attributes?: readonly Attribute[]) => Value;

/** Metadata that tells where in the source a node belongs; the rest (stack traces) is long, one copy of it will do. */
const scopeKeys: ReadonlySet<string> = new Set(['namespace', 'pkg.torch.onnx.name_scopes']);

/** Makes nodes of one output right before `anchor`, in its place of the source; the one that keeps its name, wholly. */
function emitterFor(anchor: Node, graph: Graph): Emit {
  const base = anchor.output(0)!.name;
  const scope = new Map([...anchor.metadata].filter(([key]) => scopeKeys.has(key)));
  return (opType, name, inputs, attributes = []) => {
    const output = graph.newValue(`${base}_${opType}`);
    const metadata = name === anchor.name ? anchor.metadata : scope;
    const init: NodeInit = { opType, name, inputs, outputs: [output], attributes, metadata };
    graph.insertBefore(anchor, new Node(init));
    return output;
  };
}

/** int32 accumulators back to float: Cast · (activation scale · weight scale) [+ bias]. */
function restore(emit: Emit, product: Value, xScale: Value, wScale: Value, bias: Value | undefined): Value {
  const name = product.producer!.name;
  const part = (what: string): string => (name === '' ? '' : `${name}_${what}`);
  const float = emit('Cast', part('to_float'), [product], [Attribute.int('to', 1)]);
  const scale = emit('Mul', part('scale'), [xScale, wScale]);
  const scaled = emit('Mul', part('restore'), [float, scale]);
  return bias ? emit('Add', part('bias'), [scaled, bias]) : scaled;
}

/** beta·C as an addend: a constant of one row becomes [N], which the runtime fuses as a bias. */
function biasOf(node: Node, graph: Graph, emit: Emit): Value | undefined {
  const bias = node.input(2);
  const beta = node.float('beta', 1);
  if (!bias || beta === 0) return undefined;
  const source = constantSource(bias, graph);
  if (source && source.tensor.dataType === 'float') {
    const { values, shape } = readSource(source);
    const row = shape.length === 2 && shape[0] === 1 ? [shape[1]!] : shape;
    if (beta === 1 && row === shape && source.root === bias) return bias;
    const scaled = beta === 1 ? values : values.map((value) => value * beta);
    return addInitializer(source.graph, Tensor.ofBytes(bias.name, 'float', row, bytesOf(scaled)));
  }
  if (beta === 1) return bias;
  const factor = addInitializer(graph, Tensor.ofBytes('beta', 'float', [], bytesOf(Float32Array.of(beta))));
  return emit('Mul', `${node.name}_beta`, [bias, factor]);
}

/** Gives `node`'s outputs to the nodes that make `values`, and takes `node` out. */
function replaceNode(node: Node, graph: Graph, values: readonly Value[]): void {
  values.forEach((value, index) => {
    const public_ = node.output(index)!;
    const { producer, outputIndex } = value;
    node.setOutput(index, undefined);
    producer!.setOutput(outputIndex, undefined);
    producer!.setOutput(outputIndex, public_);
  });
  graph.remove(node);
}
