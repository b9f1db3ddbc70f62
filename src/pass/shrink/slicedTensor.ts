/**
 * A tensor with some indices of some axes left out. A large one stays a recipe until somebody reads it: the writer then
 * takes row by row from the weights on disk, so that memory does not grow with the model.
 */
import { bitsOf } from '../../graph/dataType';
import { countElements } from '../../graph/shape';
import { type Tensor } from '../../graph/tensor';
import { DerivedSource } from '../derivedSource';

/** For each axis the indices that stay, ascending; undefined: all. */
export type KeptIndices = readonly (Int32Array | undefined)[];

/** Tensors up to this many bytes are copied at once. */
const smallTensor = 1 << 16;

/** The elements of `tensor` at the kept indices. Element types of less than a byte are not supported. */
export function sliceTensor(tensor: Tensor, kept: KeptIndices): Tensor {
  const shape = tensor.shape.map((size, axis) => kept[axis]?.length ?? size);
  const source = new SlicedSource(tensor, kept);
  const length = countElements(shape) * source.elementBytes;
  const lazy = tensor.data.kind === 'span' && length > smallTensor;
  const data = lazy
    ? ({ kind: 'span', source, offset: 0, length } as const)
    : ({ kind: 'bytes', bytes: source.read(0, length) } as const);
  return tensor.with({ shape, data });
}

/** Bytes of the larger tensor that are read at a time. */
const blockBytes = 1 << 20;

/**
 * Reads whatever range of the smaller tensor is asked for. A row is all that lies behind one index of the first axis if
 * that shrinks, else behind one index of all axes before the first that does. Rows are read in blocks, and their
 * elements picked.
 */
class SlicedSource extends DerivedSource {
  readonly elementBytes: number;
  /** Rows that stay; undefined: all. */
  private readonly rows: Int32Array | undefined;
  private readonly rowBytes: number;
  /** Bytes that are copied in one go, and for each copy its offset within a row. */
  private readonly runBytes: number;
  private readonly runs: Int32Array;
  private block?: { readonly start: number; readonly bytes: Uint8Array };

  constructor(tensor: Tensor, kept: KeptIndices) {
    super(tensor);
    const { shape, dataType } = tensor;
    this.elementBytes = bitsOf(dataType) / 8;
    const shrinking = [...kept.keys()].filter((axis) => kept[axis] !== undefined);
    const [first = 0, last = 0] = [shrinking[0], shrinking.at(-1)];
    const sizeFrom = (axis: number): number =>
      shape.slice(axis).reduce((product, dim) => product * dim, this.elementBytes);
    const rowAxis = first === 0 ? 1 : first;
    this.rows = first === 0 ? kept[0] : undefined;
    this.rowBytes = sizeFrom(rowAxis);
    this.runBytes = last < rowAxis ? this.rowBytes : sizeFrom(last + 1);
    this.runs = last < rowAxis ? Int32Array.of(0) : offsetsOf(shape, kept, rowAxis, last, this.elementBytes);
  }

  readInto(target: Uint8Array, offset: number): void {
    const outBytes = this.runs.length * this.runBytes;
    const scratch = new Uint8Array(outBytes);
    for (let done = 0; done < target.length;) {
      const row = Math.floor((offset + done) / outBytes);
      const skip = offset + done - row * outBytes;
      const count = Math.min(outBytes - skip, target.length - done);
      this.fillRow(scratch, row);
      target.set(count === outBytes ? scratch : scratch.subarray(skip, skip + count), done);
      done += count;
    }
    // Whoever holds the tensor shall not hold a block of its source as well.
    this.block = undefined;
  }

  private fillRow(out: Uint8Array, row: number): void {
    const from = this.rowAt(this.rows ? this.rows[row]! : row);
    const { runBytes, runs } = this;
    if (runs.length === 1) out.set(from.subarray(runs[0], runs[0]! + runBytes));
    else if (runBytes % 4 === 0 && from.byteOffset % 4 === 0) copyWords(from, out, runs, runBytes);
    else runs.forEach((start, run) => out.set(from.subarray(start, start + runBytes), run * runBytes));
  }

  private rowAt(row: number): Uint8Array {
    const { source: tensor, rowBytes } = this;
    const start = row * rowBytes;
    if (tensor.data.kind !== 'span') return tensor.bytes().subarray(start, start + rowBytes);
    if (!this.block || start < this.block.start || start + rowBytes > this.block.start + this.block.bytes.length) {
      const wanted = Math.max(1, Math.floor(blockBytes / rowBytes)) * rowBytes;
      const length = Math.min(wanted, tensor.byteLength - start);
      this.block = { start, bytes: tensor.data.source.read(tensor.data.offset + start, length) };
    }
    return this.block.bytes.subarray(start - this.block.start, start - this.block.start + rowBytes);
  }
}

/** Copies runs of whole words. */
function copyWords(from: Uint8Array, to: Uint8Array, runs: Int32Array, runBytes: number): void {
  const source = new Uint32Array(from.buffer, from.byteOffset, from.length / 4);
  const target = new Uint32Array(to.buffer, to.byteOffset, to.length / 4);
  const words = runBytes / 4;
  let at = 0;
  for (let run = 0; run < runs.length; run++) {
    for (let word = runs[run]! / 4, end = word + words; word < end; word++) target[at++] = source[word]!;
  }
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
