/** Floating-point tensors as float32, piece by piece: a weight of any size passes through a few megabytes of memory. */
import { bitsOf, type DataType } from './dataType';
import { type ByteSource, type Tensor } from './tensor';
import { toFloat32 } from '../numerics/elements';

/** Elements of a piece: 512 KB of float32, which are still in the cache when they are worked on. */
export const pieceElements = 1 << 17;

/** A buffer that nobody uses: a new one for each tensor would cost as much as reading it (zeroing, page faults, garbage). */
let spare: Uint8Array | undefined;

/** Buffers beyond this are not kept. */
const largestSpare = 16 << 20;

/** Reads a float tensor from any flat index; the array it returns is only good until the next call, or until close(). */
export class FloatReader {
  private readonly bytesPerElement: number;
  private buffer?: Uint8Array;
  private release?: () => void;

  constructor(private readonly tensor: Tensor) {
    this.bytesPerElement = bitsOf(tensor.dataType) / 8;
  }

  /** Elements `start` to `start + count` as float32. */
  read(start: number, count: number): Float32Array {
    return toFloat32(
      this.tensor.dataType,
      this.bytes(start * this.bytesPerElement, count * this.bytesPerElement),
      count,
    );
  }

  /** The tensor, or `count` elements from `first` on, in pieces that `start` counts from there; closes the reader at the end. */
  *pieces(
    first = 0,
    count = this.tensor.size - first,
  ): Generator<{ readonly start: number; readonly values: Float32Array }> {
    try {
      for (let start = 0; start < count; start += pieceElements) {
        yield { start, values: this.read(first + start, Math.min(pieceElements, count - start)) };
      }
    } finally {
      this.close();
    }
  }

  /** Lets the file and the buffer go, for the next reader; reading again takes them anew. */
  close(): void {
    this.release?.();
    this.release = undefined;
    if (this.buffer && this.buffer.length <= largestSpare) spare = this.buffer;
    this.buffer = undefined;
  }

  private bytes(offset: number, length: number): Uint8Array {
    const { data } = this.tensor;
    if (data.kind !== 'span') return this.tensor.bytes().subarray(offset, offset + length);
    return this.fromSource(data.source, data.offset + offset, length);
  }

  private fromSource(source: ByteSource, offset: number, length: number): Uint8Array {
    if (!source.readInto) return source.read(offset, length);
    this.release ??= source.hold?.();
    if (!this.buffer || this.buffer.length < length) {
      this.buffer = spare && spare.length >= length ? spare : new Uint8Array(length);
      spare = undefined;
    }
    const target = this.buffer.subarray(0, length);
    source.readInto(target, offset);
    return target;
  }
}

/** Float types that a FloatReader reads as they are stored: whole bytes, IEEE-like. */
export function isReadableFloat(type: DataType): boolean {
  return type === 'float' || type === 'float16' || type === 'bfloat16' || type === 'double';
}
