/** Folds batch norms, scales, shifts and pads into the convolution or matrix product beside them. */
import { Attribute } from '../../../graph/attribute';
import { type Graph } from '../../../graph/graph';
import { type Node } from '../../../graph/node';
import { Tensor } from '../../../graph/tensor';
import { type Value } from '../../../graph/value';
import { toFloat64, toNumbers } from '../../../numerics/elements';
import { absorb, bypass, canBypass, type Editor, type Rewrite } from '../editor';
import { scaleChannels, weightOf, type Weighted } from './weights';

/** y = scale·x + shift for each output channel. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  readonly what: string;
}

/** BatchNormalization, Mul, Add, Sub, Div by constants, after a layer with weights that nobody else reads. */
export const foldAffine: Rewrite = {
  id: 'affine',
  apply(editor) {
    for (const node of editor.nodes()) {
      const graph = node.graph!;
      const [source, layer] = sourceOf(editor, node, graph);
      if (!source || !layer || !canBypass(node, source)) continue;
      const affine = affineOf(editor, node, source, layer);
      if (affine?.scale.every(Number.isFinite) && affine.shift.every(Number.isFinite)) {
        const what = `${affine.what} folded into ${layer.node.label}`;
        editor.attempt(
          'affine',
          node,
          what,
          () => {
            applyAffine(graph, layer, affine);
            absorb(node, layer.node);
          },
          layer.node,
        );
      }
    }
  },
};

/** The layer whose output, read by `node` alone, `node` scales or shifts. */
function sourceOf(editor: Editor, node: Node, graph: Graph): [Value?, Weighted?] {
  for (const value of node.is('BatchNormalization') ? [node.input(0)] : node.inputs) {
    const producer = value?.producer;
    if (!value || producer?.graph !== graph || !editor.servesOnly(value, node)) continue;
    const layer = weightOf(editor, producer);
    if (layer) return [value, layer];
  }
  return [];
}

function affineOf(editor: Editor, node: Node, source: Value, layer: Weighted): Affine | undefined {
  const { channels } = layer;
  const filled = (value: number): Float64Array => new Float64Array(channels).fill(value);
  if (node.is('BatchNormalization')) return batchNorm(editor, node, channels);
  const index = node.inputs.indexOf(source);
  const operand = channelOperand(editor, node, 1 - index, layer);
  // Before opset 7 an attribute says along which axis to broadcast.
  if (!operand || node.domain !== '' || node.inputs.length !== 2 || editor.model.opset < 7) return undefined;
  const each = (f: (value: number) => number): Float64Array => operand.map(f);
  switch (node.opType) {
    case 'Mul':
      return { scale: operand, shift: filled(0), what: 'scale' };
    case 'Add':
      return { scale: filled(1), shift: operand, what: 'shift' };
    case 'Sub':
      return index === 0
        ? { scale: filled(1), shift: each((value) => -value), what: 'shift' }
        : { scale: filled(-1), shift: operand, what: 'negated shift' };
    case 'Div':
      if (index !== 0 || operand.includes(0)) return undefined;
      return { scale: each((value) => 1 / value), shift: filled(0), what: 'scale' };
    default:
      return undefined;
  }
}

/** W·γ/√(v+ε), β − μ·γ/√(v+ε): Ioffe and Szegedy 2015, section 3.1. */
function batchNorm(editor: Editor, node: Node, channels: number): Affine | undefined {
  const { opset } = editor.model;
  if (node.int('training_mode', 0) !== 0 || node.int('spatial', 1) === 0) return undefined;
  // Before opset 14 further outputs asked for training; before 7 so did the lack of is_test.
  if (opset < 14 && node.outputs.slice(1).some((value) => value !== undefined)) return undefined;
  if (opset < 7 && node.int('is_test', 0) !== 1) return undefined;
  const vectors = [1, 2, 3, 4].map((index) => vectorOf(editor, node, index));
  const [gamma, beta, mean, variance] = vectors;
  if (!gamma || !beta || !mean || !variance || vectors.some((vector) => vector?.length !== channels)) return undefined;
  const epsilon = node.float('epsilon', 1e-5);
  const scale = gamma.map((value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const shift = beta.map((value, c) => value - mean[c]! * scale[c]!);
  return { scale, shift, what: 'batch norm' };
}

function vectorOf(editor: Editor, node: Node, index: number): Float64Array | undefined {
  const tensor = editor.constant(node.input(index), node.graph!);
  return tensor?.dataType === 'float' ? toFloat64('float', tensor.bytes(), tensor.size) : undefined;
}

/** A constant that is one number for each channel, or one for all, broadcast as the layer's output is laid out. */
function channelOperand(editor: Editor, node: Node, index: number, layer: Weighted): Float64Array | undefined {
  const tensor = editor.constant(node.input(index), node.graph!);
  if (tensor?.dataType !== 'float') return undefined;
  const output = editor.inference.shapeOf(node.output(0)!);
  const rank = output?.length ?? layer.rank;
  if (rank !== layer.rank || tensor.shape.length > rank) return undefined;
  const shape = [...new Array<number>(rank - tensor.shape.length).fill(1), ...tensor.shape];
  const axis = layer.outputAxis;
  if (shape.some((size, at) => size !== 1 && at !== axis)) return undefined;
  const values = toFloat64('float', tensor.bytes(), tensor.size);
  if (values.length === layer.channels) return values;
  return values.length === 1 ? new Float64Array(layer.channels).fill(values[0]!) : undefined;
}

function applyAffine(graph: Graph, layer: Weighted, { scale, shift }: Affine): void {
  const { node, bias, channels } = layer;
  if (scale.some((value) => value !== 1)) {
    const scaled = scaleChannels(layer, scale);
    const name = graph.uniqueName(layer.weightValue.name);
    node.setInput(1, graph.addInitializer(Tensor.ofBytes(name, 'float', layer.weight.shape, scaled)));
  }
  const values = Float32Array.from({ length: channels }, (_, c) => (bias?.[c] ?? 0) * scale[c]! + shift[c]!);
  const name = graph.uniqueName(node.input(2)?.name ?? `${layer.weightValue.name}_bias`);
  node.setInput(2, graph.addInitializer(Tensor.ofBytes(name, 'float', [channels], new Uint8Array(values.buffer))));
}

/** Zero pads before a convolution become its own. */
export const foldPads: Rewrite = {
  id: 'pad',
  apply(editor) {
    for (const node of editor.nodes()) {
      const output = node.output(0);
      const conv = output?.consumers()[0];
      if (!node.is('Pad') || !output || !conv?.is('Conv') || conv.graph !== node.graph) continue;
      if (!editor.servesOnly(output, conv) || conv.input(0) !== output) continue;
      const pads = zeroPads(editor, node);
      const spatial = pads && pads.length / 2 - 2;
      if (!pads || !spatial || spatial < 1 || conv.string('auto_pad', 'NOTSET') !== 'NOTSET') continue;
      const [begins, ends] = [pads.slice(0, spatial + 2), pads.slice(spatial + 2)];
      if (pads.some((pad) => pad < 0) || begins[0] || begins[1] || ends[0] || ends[1]) continue;
      const own = conv.ints('pads') ?? new Array<number>(spatial * 2).fill(0);
      const added = [...begins.slice(2), ...ends.slice(2)];
      editor.attempt('pad', node, `folded into the pads of ${conv.label}`, () => {
        conv.setAttribute(
          Attribute.ints(
            'pads',
            own.map((pad, index) => pad + added[index]!),
          ),
        );
        bypass(node, node.input(0)!);
      });
    }
  },
};

function zeroPads(editor: Editor, node: Node): number[] | undefined {
  if (node.string('mode', 'constant') !== 'constant' || node.input(3)) return undefined;
  const fill = node.input(2) ? editor.constant(node.input(2), node.graph!) : undefined;
  if (node.input(2) && (fill?.dataType !== 'float' || toNumbers('float', fill.bytes(), fill.size)[0] !== 0))
    return undefined;
  if (node.float('value', 0) !== 0) return undefined;
  const attribute = node.ints('pads');
  if (attribute) return attribute;
  const tensor = editor.constant(node.input(1), node.graph!);
  return tensor?.dataType === 'int64' ? toNumbers('int64', tensor.bytes(), tensor.size) : undefined;
}
