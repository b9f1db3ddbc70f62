/** Weights that a model stores quantized for others to restore, or in parts: as the floats that come of them. */
import { type ConstantSource, constantSource } from '../../graph/constants';
import { isFloat } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { type Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf, toNumbers } from '../../numerics/elements';
import { assembledConstant } from './assembled';

/**
 * The weight behind `value`: a float constant, or a DequantizeLinear of constants, also behind Identity, Transpose or
 * Reshape as constantSource() has them; or what the model puts together of constants. What was quantized symmetrically per channel before gets the same codes again.
 */
export function weightSource(value: Value, graph: Graph): ConstantSource | undefined {
  const source = constantSource(value, graph);
  if (source) return source;
  const { producer } = value;
  if (!producer || producer.domain !== '') return undefined;
  if (producer.is('DequantizeLinear')) return dequantized(producer, value);
  const assembled = assembledConstant(value);
  if (assembled) return { tensor: assembled, root: value, graph: producer.graph! };
  const input = producer.input(0);
  const inner = input && (producer.is('Identity') || producer.is('Transpose')) ? weightSource(input, graph) : undefined;
  if (!inner || producer.is('Identity')) return inner;
  const perm = inner.perm ?? inner.tensor.shape.map((_, axis) => axis);
  const turned = producer.ints('perm') ?? [...perm.keys()].reverse();
  return { ...inner, perm: turned.map((axis) => perm[axis]!) };
}

/** ONNX DequantizeLinear (up to opset 25): (x − zero point) · scale, per tensor, along an axis, or in blocks of one. */
function dequantized(node: Node, root: Value): ConstantSource | undefined {
  const graph = node.graph!;
  const [codes, scales, zeros] = [0, 1, 2].map((index) => {
    const input = node.input(index);
    const source = input && constantSource(input, graph);
    return source && !source.perm ? source.tensor : undefined;
  });
  if (!codes || !scales || (node.input(2) && !zeros) || isFloat(codes.dataType) || scales.dataType !== 'float') {
    return undefined;
  }
  const { shape, size } = codes;
  const numbers = (tensor: Tensor): number[] => toNumbers(tensor.dataType, tensor.bytes(), tensor.size);
  const [q, scale, zero] = [numbers(codes), numbers(scales), zeros && numbers(zeros)];
  const given = node.int('axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const along = shape[axis] ?? 1;
  const block = node.int('block_size', 0);
  const blocks = block > 0 ? Math.ceil(along / block) : along;
  const parameterAt = (index: number): number => {
    if (scale.length === 1) return 0;
    const position = Math.floor(index / inner) % along;
    if (block === 0) return position;
    const outer = Math.floor(index / (inner * along));
    return (outer * blocks + Math.floor(position / block)) * inner + (index % inner);
  };
  const values = new Float32Array(size);
  for (let index = 0; index < size; index++) {
    const at = parameterAt(index);
    values[index] = (q[index]! - (zero?.[at] ?? 0)) * scale[at]!;
  }
  const tensor = Tensor.ofBytes(root.name, 'float', shape, bytesOf(values));
  return { tensor, root, graph };
}
