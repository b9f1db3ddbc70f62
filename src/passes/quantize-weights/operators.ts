/** Layers on packed blocks: com.microsoft's MatMulNBits and GatherBlockQuantized instead of MatMul, Gemm and Gather. */
import { Attribute } from '../../graph/attribute';
import { constantSource, removeUnused } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { Value } from '../../graph/value';
import { bytesOf, fromNumbers } from '../../numerics/elements';
import { type BlockMatrix, packZeroPoints } from '../../pass/weights/blockMatrix';
import { type MatrixReader } from './forms';

/** A packed weight as initializers. */
interface Stored {
  readonly matrix: BlockMatrix;
  readonly codes: Value;
  readonly scales: Value;
  readonly zeroPoints?: Value;
}

/** Everything about one weight and those who read it. */
export interface OperatorWeight {
  /** Name of the float weight. */
  readonly name: string;
  /** Where its initializers go. */
  readonly graph: Graph;
  readonly dataType: 'float' | 'float16';
  readonly matrix: BlockMatrix;
  readonly readers: readonly MatrixReader[];
  /** 0 to 4, see ONNX Runtime's MatMulNBits. */
  readonly accuracyLevel: number;
}

/** Replaces every reader of the weight; returns the bytes stored. */
export function useOperators(weight: OperatorWeight): number {
  const stored = store(weight);
  for (const reader of weight.readers) {
    if (reader.kind === 'Gather') replaceGather(reader, stored);
    else replaceProduct(reader, stored, weight.accuracyLevel);
  }
  const { codes, scales, zeroPoints } = stored;
  return [codes, scales, zeroPoints].reduce((sum, value) => sum + (value?.constant?.byteLength ?? 0), 0);
}

/** Names as ONNX Runtime's own tools give them. */
function store({ name, graph, dataType, matrix, readers }: OperatorWeight): Stored {
  const { rows, blocks, size, coding, packed, scales } = matrix;
  const rowBytes = (size * coding.bits) / 8;
  const add = (tensor: Tensor): Value => graph.addInitializer(tensor.with({ name: graph.uniqueName(tensor.name) }));
  const onlyGathers = readers.every(({ kind }) => kind === 'Gather');
  const shape = onlyGathers ? [rows, blocks * rowBytes] : [rows, blocks, rowBytes];
  const scaleBytes = dataType === 'float' ? bytesOf(scales) : fromNumbers(dataType, scales);
  const zeroBytes = coding.symmetric ? undefined : packZeroPoints(matrix);
  return {
    matrix,
    codes: add(Tensor.ofBytes(`${name}_Q${coding.bits}`, 'uint8', shape, packed)),
    scales: add(Tensor.ofBytes(`${name}_scales`, dataType, [rows, blocks], scaleBytes)),
    zeroPoints:
      zeroBytes && add(Tensor.ofBytes(`${name}_zero_points`, 'uint8', [rows, zeroBytes.length / rows], zeroBytes)),
  };
}

/** X·W + C → MatMulNBits, with C as its bias where that is a row of constants. */
function replaceProduct({ node, graph, kind }: MatrixReader, stored: Stored, accuracyLevel: number): void {
  const { matrix, codes, scales, zeroPoints } = stored;
  const addend = kind === 'Gemm' ? node.input(2) : undefined;
  const fits = addend && isRow(addend, graph, matrix.rows);
  const attributes = {
    K: matrix.columns,
    N: matrix.rows,
    bits: matrix.coding.bits,
    block_size: matrix.size,
    accuracy_level: accuracyLevel,
  };
  const inputs = [node.input(0), codes, scales, zeroPoints, undefined, fits ? addend : undefined];
  const last = fits ? 6 : zeroPoints ? 4 : 3;
  replace(node, graph, 'MatMulNBits', inputs.slice(0, last), attributes, fits ? undefined : addend);
}

function isRow(value: Value, graph: Graph, size: number): boolean {
  const tensor = constantSource(value, graph)?.tensor;
  return tensor?.shape.length === 1 && tensor.shape[0] === size;
}

function replaceGather({ node, graph }: MatrixReader, { matrix, codes, scales, zeroPoints }: Stored): void {
  let data = codes;
  if (codes.constant!.shape.length === 3) {
    // A product reads the same codes by blocks: the runtime folds the change of shape.
    const dims = Tensor.ofBytes(`${codes.name}_rows`, 'int64', [2], fromNumbers('int64', [matrix.rows, -1]));
    const shape = graph.addInitializer(dims.with({ name: graph.uniqueName(dims.name) }));
    data = graph.newValue(`${codes.name}_Reshape_Output`);
    graph.insertBefore(node, new Node({ opType: 'Reshape', inputs: [codes, shape], outputs: [data] }));
  }
  const attributes = { gather_axis: 0, quantize_axis: 1, block_size: matrix.size, bits: matrix.coding.bits };
  const inputs = zeroPoints ? [data, node.input(1), scales, zeroPoints] : [data, node.input(1), scales];
  replace(node, graph, 'GatherBlockQuantized', inputs, attributes);
}

/** A node of com.microsoft in the place of another, which keeps its name and output; `addend` is added behind it. */
function replace(
  node: Node,
  graph: Graph,
  opType: string,
  inputs: readonly (Value | undefined)[],
  attributes: Readonly<Record<string, number>>,
  addend?: Value,
): void {
  const output = node.output(0)!;
  const { name, metadata, docString } = node;
  const before = new Set(node.inputs);
  node.truncateOutputs(0);
  const product = addend ? new Value(graph.uniqueName(`${output.name}_${opType}_Output`)) : output;
  graph.insertBefore(
    node,
    new Node({
      opType,
      domain: 'com.microsoft',
      ...{ name, metadata, docString, inputs },
      outputs: [product],
      attributes: Object.entries(attributes).map(([key, value]) => Attribute.int(key, value)),
    }),
  );
  if (addend) {
    const addName = name === '' ? '' : `${name}_bias`;
    graph.insertBefore(node, new Node({ opType: 'Add', name: addName, inputs: [product, addend], outputs: [output] }));
  }
  graph.remove(node);
  // The float weight may be behind nodes that nobody else reads.
  for (const input of before) if (input) removeUnused(input, graph);
}
