/** Puts a chain in the place of a layer. The node stays as the last of it, with its name, output and bias. */
import { Attribute } from '../../graph/attribute';
import { removeUnused } from '../../graph/constants';
import { type DataType } from '../../graph/dataType';
import { Node } from '../../graph/node';
import { countElements } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { fromNumbers } from '../../numerics/elements';
import { type Matrix, transposed } from '../../numerics/linear/matrix';
import { type Chain } from './chains';
import { type Layer } from './layers';
import { type SchemeId, type StageShape, stagesOf } from './schemes';

/** Replaces the weight of `layer` by `chains` (one per group). */
export function rewriteLayer(layer: Layer, scheme: SchemeId, ranks: readonly number[], chains: readonly Chain[]): void {
  const { node, weight } = layer;
  const graph = node.graph!;
  const stages = stagesOf(layer, scheme, ranks);
  const base = weight.name;
  stages.forEach((stage, index) => {
    const matrices = chains.map((chain) => chain[index]!);
    const last = index === stages.length - 1;
    const factor = graph.addInitializer(
      layer.kind === 'Conv'
        ? kernelTensor(graph.uniqueName(`${base}_factor${index + 1}`), layer, stage, matrices)
        : productTensor(graph.uniqueName(`${base}_factor${index + 1}`), layer, matrices[0]!, last),
    );
    if (last) reduce(layer, stage, factor);
    else insert(layer, stage, factor, index);
  });
  removeUnused(weight, graph);
}

function insert(layer: Layer, stage: StageShape, factor: Value, index: number): void {
  const { node } = layer;
  const graph = node.graph!;
  const name = node.name || (node.output(0)?.name ?? node.opType);
  const output = graph.newValue(`${node.output(0)!.name}_factor${index + 1}`);
  const made = new Node({
    opType: layer.kind === 'Conv' ? 'Conv' : 'MatMul',
    name: `${name}_factor${index + 1}`,
    inputs: [node.input(0), factor],
    outputs: [output],
    attributes: layer.kind === 'Conv' ? windowAttributes(layer, stage) : [],
    metadata: node.metadata,
  });
  graph.insertBefore(node, made);
  node.setInput(0, output);
}

/** The node itself becomes the last stage. */
function reduce(layer: Layer, stage: StageShape, factor: Value): void {
  layer.node.setInput(1, factor);
  if (layer.kind === 'Conv') {
    for (const attribute of windowAttributes(layer, stage)) layer.node.setAttribute(attribute);
  }
}

/** Kernel, strides, pads and dilations of the axes that a stage covers; the others are left as they come. */
function windowAttributes({ node, kernel, inputs, groups }: Layer, { axes, depthwise }: StageShape): Attribute[] {
  const rank = kernel.length;
  const pick = (given: readonly number[], neutral: number): number[] =>
    given.map((value, index) => (axes[index % rank] ? value : neutral));
  const list = (name: string, neutral: number, count = rank): readonly number[] =>
    node.ints(name) ?? new Array<number>(count).fill(neutral);
  const attributes = [
    Attribute.ints('kernel_shape', pick(kernel, 1)),
    Attribute.ints('strides', pick(list('strides', 1), 1)),
    Attribute.ints('dilations', pick(list('dilations', 1), 1)),
    Attribute.int('group', depthwise ? inputs : groups),
  ];
  const automatic = node.string('auto_pad', 'NOTSET');
  // auto_pad works axis by axis, and adds nothing where the kernel is 1.
  if (automatic !== 'NOTSET') return [...attributes, Attribute.string('auto_pad', automatic)];
  return [...attributes, Attribute.ints('pads', pick(list('pads', 0, 2 * rank), 0))];
}

function kernelTensor(name: string, layer: Layer, stage: StageShape, matrices: readonly Matrix[]): Tensor {
  const extents = layer.kernel.map((extent, axis) => (stage.axes[axis] ? extent : 1));
  const shape = [stage.outputs * layer.groups, stage.depthwise ? 1 : stage.inputs, ...extents];
  const values = new Float64Array(countElements(shape));
  let at = 0;
  for (const { data } of matrices) {
    values.set(data, at);
    at += data.length;
  }
  return factorTensor(name, layer.dataType, shape, values);
}

/** MatMul reads inputs × outputs; the Gemm that stays reads what it read before. */
function productTensor(name: string, { kind, node, dataType }: Layer, factor: Matrix, last: boolean): Tensor {
  const asStored = last && kind === 'Gemm' && node.int('transB', 0) !== 0 ? factor : transposed(factor);
  return factorTensor(name, dataType, [asStored.rows, asStored.columns], asStored.data);
}

function factorTensor(name: string, dataType: DataType, shape: readonly number[], values: Float64Array): Tensor {
  return Tensor.ofBytes(name, dataType, shape, fromNumbers(dataType, values));
}
