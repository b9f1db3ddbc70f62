/** Sums over a weight for each index of one of its axes. */
import { countElements } from '../../graph/shape';
import { type Tensor } from '../../graph/tensor';
import { toFloat32 } from '../../numerics/elements';
import { FloatReader, isReadableFloat } from '../floatPieces';

/** Σ |w| (power 1) or Σ w² (power 2) for each index along `axis`. A weight of any size passes piece by piece. */
export function axisSums(tensor: Tensor, axis: number, power: 1 | 2): Float64Array {
  const size = tensor.shape[axis]!;
  const inner = countElements(tensor.shape.slice(axis + 1));
  const sums = new Float64Array(size);
  for (const { start, values } of piecesOf(tensor)) {
    let index = Math.floor(start / inner) % size;
    let left = inner - (start % inner);
    for (let at = 0; at < values.length;) {
      const end = Math.min(values.length, at + left);
      let sum = 0;
      if (power === 2) for (let i = at; i < end; i++) sum += values[i]! * values[i]!;
      else for (let i = at; i < end; i++) sum += Math.abs(values[i]!);
      sums[index]! += sum;
      left -= end - at;
      at = end;
      if (left === 0) {
        index = index + 1 === size ? 0 : index + 1;
        left = inner;
      }
    }
  }
  return sums;
}

/** The elements of any tensor of numbers as float32; codes of quantized weights as they are stored. */
export function* piecesOf(tensor: Tensor): Generator<{ readonly start: number; readonly values: Float32Array }> {
  if (isReadableFloat(tensor.dataType)) yield* new FloatReader(tensor).pieces();
  else yield { start: 0, values: toFloat32(tensor.dataType, tensor.bytes(), tensor.size) };
}
