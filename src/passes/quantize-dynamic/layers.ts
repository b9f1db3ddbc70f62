/** Which nodes are layers with weights that can run in int8, and why the others cannot. */
import { type ConstantSource } from '../../graph/constants';
import { type DataType, isFloat } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { matchesName } from '../../pass/option';
import { weightSource } from './quantizedConstants';

/** A layer that can be quantized. */
export interface Layer {
  readonly node: Node;
  readonly graph: Graph;
  readonly kind: 'MatMul' | 'Gemm' | 'LSTM' | 'Conv' | 'Attention' | 'Gather';
  /** LSTM: W and R; others have one. */
  readonly weights: readonly ConstantSource[];
}

/** Operators that have weights and are looked at; others are not layers in the sense of this pass. */
const looked: ReadonlySet<string> = new Set([
  ...['MatMul', 'Gemm', 'LSTM', 'GRU', 'RNN', 'Conv', 'ConvTranspose', 'Gather'],
  'com.microsoft.Attention',
]);

/** What the search depends on. */
export interface LayerOptions {
  readonly convolutions: boolean;
  readonly exclude: readonly string[];
}

/** The layer that a node is, a reason why it stays as it is, or undefined when it is no layer at all. */
export function layerOf(model: Model, node: Node, options: LayerOptions): Layer | string | undefined {
  const { graph } = node;
  if (!graph || !looked.has(node.qualifiedOpType)) return undefined;
  if (model.functionOf(node.domain, node.opType, node.overload)) return undefined;
  // Most look up shapes, not rows of a table.
  if (node.is('Gather') && !isTable(node, graph)) return undefined;
  if (matchesName(node.name, options.exclude)) return 'Excluded by name.';
  switch (node.opType) {
    case 'MatMul':
      return matMulLayer(node, graph);
    case 'Gemm':
      return gemmLayer(node, graph);
    case 'LSTM':
      return lstmLayer(node, graph);
    case 'Conv':
      return convLayer(node, graph, options);
    case 'Attention':
      return attentionLayer(node, graph);
    case 'Gather':
      return embeddingLayer(node, graph);
    case 'ConvTranspose':
      return 'There is no int8 transposed convolution to run it.';
    default:
      return `ONNX Runtime has no int8 ${node.opType}.`;
  }
}

function matMulLayer(node: Node, graph: Graph): Layer | string {
  const weight = weightOf(node, 1, graph);
  if (typeof weight === 'string') {
    const left = weightOf(node, 0, graph);
    return typeof left === 'string' ? weight : 'The constant is the left factor; only a right one runs in int8.';
  }
  if (typeof weightOf(node, 0, graph) === 'object') return 'Both factors are constants: the runtime folds it.';
  const rank = weight.tensor.shape.length;
  if (rank < 2) return 'The weight is a vector: too little work to gain anything.';
  return { node, graph, kind: 'MatMul', weights: [weight] };
}

function gemmLayer(node: Node, graph: Graph): Layer | string {
  const weight = weightOf(node, 1, graph);
  if (typeof weight === 'string') return weight;
  if (node.int('transA', 0) !== 0) return 'The activation is transposed (transA).';
  const [rows, columns] = weight.perm ?? [0, 1];
  const read = node.int('transB', 0) !== 0 ? { ...weight, perm: [columns!, rows!] } : weight;
  return { node, graph, kind: 'Gemm', weights: [read] };
}

function lstmLayer(node: Node, graph: Graph): Layer | string {
  const input = weightOf(node, 1, graph);
  const recurrent = weightOf(node, 2, graph);
  if (typeof input === 'string') return input;
  if (typeof recurrent === 'string') return recurrent;
  if (node.int('layout', 0) !== 0) return 'DynamicQuantizeLSTM has no batch-first layout.';
  return { node, graph, kind: 'LSTM', weights: [input, recurrent] };
}

function convLayer(node: Node, graph: Graph, options: LayerOptions): Layer | string {
  if (!options.convolutions) {
    return 'Dynamic int8 convolution does not pay on a CPU: static quantization does. (Option "convolutions" forces it.)';
  }
  const weight = weightOf(node, 1, graph);
  if (typeof weight === 'string') return weight;
  return { node, graph, kind: 'Conv', weights: [weight] };
}

/** Why an Attention has no int8 form; undefined when it has. */
function attentionProblem(node: Node): string | undefined {
  if (!node.input(2)) return 'QAttention needs a bias.';
  if (node.input(5) || node.input(6)) return 'QAttention takes no attention bias and no length of the past.';
  if (node.attributes.has('qkv_hidden_sizes')) return 'QAttention has queries, keys and values of one size only.';
  return undefined;
}

function attentionLayer(node: Node, graph: Graph): Layer | string {
  const weight = weightOf(node, 1, graph);
  return typeof weight === 'string'
    ? weight
    : (attentionProblem(node) ?? { node, graph, kind: 'Attention', weights: [weight] });
}

function isTable(node: Node, graph: Graph): boolean {
  const table = node.input(0) && weightSource(node.input(0)!, graph);
  return table?.tensor.shape.length === 2 && isFloat(table.tensor.dataType);
}

function embeddingLayer(node: Node, graph: Graph): Layer | string {
  const weight = weightOf(node, 0, graph);
  if (typeof weight === 'string') return weight;
  if (node.int('axis', 0) !== 0) return 'It looks columns up, not rows.';
  const columns = countElements(weight.tensor.shape.slice(1));
  if (columns < leastColumns) return `Its rows have ${columns} elements: a scale for each takes more than it saves.`;
  return { node, graph, kind: 'Gather', weights: [weight] };
}

/** The float32 constant at input `index`, or why it is none. */
function weightOf(node: Node, index: number, graph: Graph): ConstantSource | string {
  const value = node.input(index);
  if (!value) return 'It has no weight.';
  const source = weightSource(value, graph);
  if (!source) {
    const producer = value.producer?.opType;
    if (producer === 'DequantizeLinear') return 'Its weight is quantized in a way that cannot be undone here.';
    return 'It multiplies two activations: there is no weight to quantize.';
  }
  const { dataType } = source.tensor;
  if (dataType !== 'float') return notFloat(dataType);
  const { size } = source.tensor;
  return size < leastElements ? `Its ${size} weights are fewer than pay for the nodes of an int8 layer.` : source;
}

/** A row of fewer elements is hardly larger than its scale; tables of such scales have one. */
const leastColumns = 8;

/** Weights below this save less than the names and nodes of the int8 form take. */
const leastElements = 512;

const notFloat = (type: DataType): string => `It computes in ${type}; dynamic quantization takes float32.`;
