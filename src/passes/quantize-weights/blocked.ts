/** Blocked DequantizeLinear (opset 21) in front of products: the standard form that ONNX Runtime turns into MatMulNBits. */
import { Attribute } from '../../graph/attribute';
import { removeUnused } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { bytesOf, fromNumbers } from '../../numerics/elements';
import { packBits, type PackedBits } from '../../numerics/packing';
import { byColumns, type BlockMatrix, codesByColumns } from '../../pass/weights/blockMatrix';
import { type MatrixReader } from './forms';
import { smallType } from './restore';
import { standardCodes } from './standardCodes';

/** Everything about one weight and those who read it. */
export interface BlockedWeight {
  /** Name of the float weight. */
  readonly name: string;
  readonly dataType: 'float' | 'float16';
  readonly matrix: BlockMatrix;
  readonly readers: readonly MatrixReader[];
}

/**
 * Makes every product read the weight, stored [K, N], through a DequantizeLinear of its own (the runtime fuses pairs);
 * Gemm's transB is undone, since only without it the runtime fuses. Each body has its own copy of the codes: ONNX Runtime
 * 1.30 refuses a model where it finds the pair to fuse in a body and the codes outside. Returns the bytes stored.
 */
export function useBlockedDequantize({ name, dataType, matrix, readers }: BlockedWeight): number {
  const { rows, columns, blocks, size, coding } = matrix;
  const type = smallType(coding.bits, coding.symmetric);
  const packed = packBits(codesByColumns(matrix), coding.bits as PackedBits);
  const scaleValues = byColumns(matrix, matrix.scales);
  const scaleBytes = dataType === 'float' ? bytesOf(scaleValues) : fromNumbers(dataType, scaleValues);
  const parameters = [blocks, rows];
  const tensors = [
    Tensor.ofBytes(`${name}_Q${coding.bits}`, type, [columns, rows], standardCodes(packed, coding)),
    Tensor.ofBytes(`${name}_scales`, dataType, parameters, scaleBytes),
  ];
  if (!coding.symmetric) {
    const zeros = packBits(byColumns(matrix, matrix.zeroPoints), coding.bits as PackedBits);
    tensors.push(Tensor.ofBytes(`${name}_zero_points`, type, parameters, zeros));
  }
  const inputsIn = new Map<Graph, readonly Value[]>();
  for (const { graph } of readers) {
    if (inputsIn.has(graph)) continue;
    const add = (tensor: Tensor): Value => graph.addInitializer(tensor.with({ name: graph.uniqueName(tensor.name) }));
    inputsIn.set(graph, tensors.map(add));
  }
  const attributes = [Attribute.int('axis', 0), Attribute.int('block_size', size)];
  for (const { node, graph: readerGraph } of readers) {
    const inputs = inputsIn.get(readerGraph)!;
    const restored = readerGraph.newValue(`${name}_DequantizeLinear_Output`);
    readerGraph.insertBefore(node, new Node({ opType: 'DequantizeLinear', inputs, outputs: [restored], attributes }));
    const before = node.input(1)!;
    node.setInput(1, restored);
    removeUnused(before, readerGraph);
    if (node.is('Gemm')) node.attributes.delete('transB');
  }
  return inputsIn.size * tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
}
