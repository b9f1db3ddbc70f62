/** Distance of filters to their geometric median: those in the middle can be stood in for by the others. */
import { countElements } from '../../graph/shape';
import { type Tensor } from '../../graph/tensor';
import { toFloat32 } from '../../numerics/elements';

/** Products that one weight may take: distances are compared, not used, so that every so manieth element will do. */
const mostProducts = 1e8;

/**
 * For each index along `axis` the sum of its distances to all others (He et al. 2019, "Filter Pruning via Geometric
 * Median": the filter with the smallest sum is nearest to the median).
 */
export function medianDistances(tensor: Tensor, axis: number): Float64Array {
  const filters = filtersOf(tensor, axis);
  const [count, width] = [tensor.shape[axis]!, filters.length / tensor.shape[axis]!];
  const squares = new Float64Array(count);
  for (let f = 0; f < count; f++) for (let i = 0; i < width; i++) squares[f]! += filters[f * width + i]! ** 2;
  const sums = new Float64Array(count);
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      let dot = 0;
      for (let i = 0, x = a * width, y = b * width; i < width; i++) dot += filters[x + i]! * filters[y + i]!;
      const distance = Math.sqrt(Math.max(0, squares[a]! + squares[b]! - 2 * dot));
      sums[a]! += distance;
      sums[b]! += distance;
    }
  }
  return sums;
}

/** Filters one after the other, thinned out evenly where they are long. */
function filtersOf(tensor: Tensor, axis: number): Float32Array {
  const values = toFloat32(tensor.dataType, tensor.bytes(), tensor.size);
  const count = tensor.shape[axis]!;
  const inner = countElements(tensor.shape.slice(axis + 1));
  const width = values.length / count;
  const step = Math.max(1, Math.ceil(width / Math.max(32, mostProducts / (count * count))));
  const taken = Math.ceil(width / step);
  const filters = new Float32Array(count * taken);
  for (let f = 0; f < count; f++) {
    for (let i = 0; i < taken; i++) {
      const at = i * step;
      filters[f * taken + i] = values[(Math.floor(at / inner) * count + f) * inner + (at % inner)]!;
    }
  }
  return filters;
}
