/** Reordering of the axes of dense row-major arrays. */
export { turnRows } from './kernels/blocks';

/** Elements of `values` (of `shape`) with axis i of the result being axis `perm[i]` of the source. */
export function transpose(values: Float32Array, shape: readonly number[], perm: readonly number[]): Float32Array {
  const out = new Float32Array(values.length);
  const rank = shape.length;
  const strides = new Array<number>(rank).fill(1);
  for (let axis = rank - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  const dims = perm.map((axis) => shape[axis]!);
  const steps = perm.map((axis) => strides[axis]!);
  const inner = dims[rank - 1] ?? 1;
  const step = steps[rank - 1] ?? 1;
  const index = new Array<number>(rank).fill(0);
  for (let to = 0, from = 0; to < out.length; to += inner) {
    for (let i = 0, at = from; i < inner; i++, at += step) out[to + i] = values[at]!;
    // Odometer over all axes but the last.
    for (let axis = rank - 2; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= steps[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
