/**
 * A tensor with some indices of some axes left out. A large one stays a recipe until somebody reads it: the writer then
 * takes row by row from the weights on disk, so that memory does not grow with the model.
 */
import { bitsOf } from '../../graph/dataType';
import { type ByteSource, type Tensor } from '../../graph/tensor';

/** For each axis the indices that stay, ascending; undefined: all. */
export type KeptIndices = readonly (Int32Array | undefined)[];

/** Tensors up to this many bytes are copied at once. */
const smallTensor = 1 << 16;

/** The elements of `tensor` at the kept indices. Element types of less than a byte are not supported. */
export function sliceTensor(tensor: Tensor, kept: KeptIndices): Tensor {
  const shape = tensor.shape.map((size, axis) => kept[axis]?.length ?? size);
  const source = new SlicedSource(tensor, kept);
  const length = shape.reduce((product, dim) => product * dim, 1) * source.elementBytes;
  const lazy = tensor.data.kind === 'span' && length > smallTensor;
  const data = lazy
    ? ({ kind: 'span', source, offset: 0, length } as const)
    : ({ kind: 'bytes', bytes: source.read(0, length) } as const);
  return tensor.with({ shape, data });
}

/**
 * Reads whatever range of the smaller tensor is asked for. A row is all that lies behind one index of the first axis
 * that shrinks; rows are read whole and their elements picked.
 */
class SlicedSource implements ByteSource {
  readonly name: string;
  readonly elementBytes: number;
  private readonly rows: Int32Array;
  private readonly rowBytes: number;
  /** Bytes that are copied in one go, and for each copy its offset within a row. */
  private readonly runBytes: number;
  private readonly runs: Int32Array;

  constructor(
    private readonly tensor: Tensor,
    kept: KeptIndices,
  ) {
    const { shape, data, dataType } = tensor;
    this.name = data.kind === 'span' ? data.source.name : tensor.name;
    this.elementBytes = bitsOf(dataType) / 8;
    const shrinking = [...kept.keys()].filter((axis) => kept[axis] !== undefined);
    const [first = 0, last = 0] = [shrinking[0], shrinking.at(-1)];
    const sizeFrom = (axis: number): number =>
      shape.slice(axis).reduce((product, dim) => product * dim, this.elementBytes);
    this.rowBytes = sizeFrom(first + 1);
    this.rows = rowsOf(shape.slice(0, first), shape[first] ?? 1, kept[first]);
    this.runBytes = sizeFrom(last + 1);
    this.runs = first === last ? Int32Array.of(0) : offsetsOf(shape, kept, first + 1, last, this.elementBytes);
    if (first === last) this.runBytes = this.rowBytes;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(bytes, offset);
    return bytes;
  }

  readInto(target: Uint8Array, offset: number): void {
    const outBytes = this.runs.length * this.runBytes;
    const scratch = new Uint8Array(outBytes);
    for (let done = 0; done < target.length;) {
      const row = Math.floor((offset + done) / outBytes);
      const skip = offset + done - row * outBytes;
      const count = Math.min(outBytes - skip, target.length - done);
      this.fillRow(scratch, row);
      target.set(scratch.subarray(skip, skip + count), done);
      done += count;
    }
  }

  hold(): () => void {
    const { data } = this.tensor;
    return (data.kind === 'span' && data.source.hold?.()) || (() => undefined);
  }

  private fillRow(out: Uint8Array, row: number): void {
    const from = this.rowAt(this.rows[row]!);
    if (this.runs.length === 1) {
      out.set(from.subarray(this.runs[0], this.runs[0]! + this.runBytes));
      return;
    }
    if (this.runBytes === 4 && from.byteOffset % 4 === 0) {
      const [words, target] = [
        new Uint32Array(from.buffer, from.byteOffset, from.length / 4),
        new Uint32Array(out.buffer),
      ];
      for (let run = 0; run < this.runs.length; run++) target[run] = words[this.runs[run]! / 4]!;
      return;
    }
    const { runBytes } = this;
    this.runs.forEach((start, run) => out.set(from.subarray(start, start + runBytes), run * runBytes));
  }

  private rowAt(row: number): Uint8Array {
    const { data } = this.tensor;
    const start = row * this.rowBytes;
    if (data.kind === 'span') return data.source.read(data.offset + start, this.rowBytes);
    return this.tensor.bytes().subarray(start, start + this.rowBytes);
  }
}

/** Indices of the rows that stay, over all axes before the first that shrinks. */
function rowsOf(before: readonly number[], size: number, kept: Int32Array | undefined): Int32Array {
  const outer = before.reduce((product, dim) => product * dim, 1);
  const inner = kept ?? Int32Array.from({ length: size }, (_, index) => index);
  const rows = new Int32Array(outer * inner.length);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner.length; i++) rows[o * inner.length + i] = o * size + inner[i]!;
  return rows;
}

/** Byte offsets of the kept runs of axes `from` to `to`. */
function offsetsOf(shape: readonly number[], kept: KeptIndices, from: number, to: number, bytes: number): Int32Array {
  let offsets = Int32Array.of(0);
  for (let axis = from; axis <= to; axis++) {
    const stride = shape.slice(axis + 1).reduce((product, dim) => product * dim, bytes);
    const indices = kept[axis] ?? Int32Array.from({ length: shape[axis]! }, (_, index) => index);
    const next = new Int32Array(offsets.length * indices.length);
    offsets.forEach((start, o) =>
      indices.forEach((index, i) => (next[o * indices.length + i] = start + index * stride)),
    );
    offsets = next;
  }
  return offsets;
}
