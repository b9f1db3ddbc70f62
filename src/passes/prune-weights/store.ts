/** Puts pruned weights into the model, dense or sparse, and tells what a compressed file gains. */
import { deflateSync } from 'node:zlib';
import { Attribute } from '../../graph/attribute';
import { bitsOf } from '../../graph/dataType';
import { type Graph } from '../../graph/graph';
import { tensorType } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { Value } from '../../graph/value';
import { bytesOf } from '../../numerics/elements';

/** Replaces the constant behind `value`; sparse where that is asked for and smaller. Returns the bytes it takes. */
export function storePruned(graph: Graph, value: Value, tensor: Tensor, sparse: boolean): number {
  const kept = nonZeros(tensor);
  const elementBytes = bitsOf(tensor.dataType) / 8;
  const sparseBytes = kept.length * (elementBytes + 8);
  const replaceable =
    graph.initializers.get(value.name) === value && !graph.outputs.includes(value) && !graph.inputs.includes(value);
  const { producer } = value;
  if (producer) {
    producer.setAttribute(Attribute.tensor('value', tensor));
    return tensor.byteLength;
  }
  if (!sparse || !replaceable || sparseBytes >= tensor.byteLength) {
    graph.setInitializer(value, tensor);
    return tensor.byteLength;
  }
  const bytes = tensor.bytes();
  const values = new Uint8Array(kept.length * elementBytes);
  kept.forEach((index, at) => {
    values.set(bytes.subarray(index * elementBytes, (index + 1) * elementBytes), at * elementBytes);
  });
  const { name } = value;
  const indices = BigInt64Array.from(kept, BigInt);
  const stored = new Value(name, tensorType(tensor.dataType, tensor.shape));
  value.replaceUsesWith(stored);
  graph.removeInitializer(value);
  graph.sparseInitializers.push({
    value: stored,
    tensor: {
      values: Tensor.ofBytes(name, tensor.dataType, [kept.length], values),
      indices: Tensor.ofBytes(`${name}_indices`, 'int64', [kept.length], bytesOf(indices)),
      shape: tensor.shape,
    },
  });
  return sparseBytes;
}

/** Indices of elements that are not zero, of a float type of whole bytes. */
function nonZeros(tensor: Tensor): number[] {
  const bytes = tensor.bytes();
  const size = bitsOf(tensor.dataType) / 8;
  const kept: number[] = [];
  for (let index = 0; index < tensor.size; index++) {
    let any = 0;
    // The sign of a zero does not count.
    for (let b = 0; b < size; b++) any |= bytes[index * size + b]! & (b === size - 1 ? 0x7f : 0xff);
    if (any !== 0) kept.push(index);
  }
  return kept;
}

/** Bytes of a tensor in a zip file, measured on its first megabytes. */
export function deflatedBytes(tensor: Tensor): number {
  const most = 4 << 20;
  const bytes = tensor.bytes();
  const part = bytes.subarray(0, most);
  return part.length === 0 ? 0 : Math.round((deflateSync(part).length * bytes.length) / part.length);
}
