/** A cursor over protobuf's wire format that reads a file window by window and checks every bound. */
import { LapidaryError } from '../protocol/errors';

/** Bytes by position: a file or memory. */
export interface WireSource {
  readonly name: string;
  readonly size: number;
  /** Fills `target` from `offset` on; all of it is there. */
  readInto(target: Uint8Array, offset: number): void;
}

/** Wire types (https://protobuf.dev/programming-guides/encoding/). */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** After a jump little is read at first: between weights there are only headers. */
const firstWindow = 4 << 10;
const largestWindow = 256 << 10;

/** Reads tags and varints; every failure is a `not-onnx` error that names the offset. */
export class WireReader {
  position = 0;
  private readonly buffer: Uint8Array;
  private start = 0;
  private length = 0;

  constructor(private readonly source: WireSource) {
    this.buffer = new Uint8Array(Math.min(largestWindow, Math.max(16, source.size)));
  }

  /** A varint below 2^53; `end` bounds the message it is in. */
  varint(end: number): number {
    const from = this.position;
    let value = 0;
    for (let scale = 1, count = 0; count < 10; scale *= 128, count++) {
      const byte = this.byte(end);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        // Negative int32 values take ten bytes; no caller needs more than their being large.
        return Math.min(value, Number.MAX_SAFE_INTEGER);
      }
    }
    throw this.error('a number has more than ten bytes', from);
  }

  /** The byte at the cursor, which moves on. */
  byte(end: number): number {
    if (this.position >= end) throw this.error('a field ends before it is complete', this.position);
    let index = this.position - this.start;
    if (index < 0 || index >= this.length) {
      this.fill();
      index = 0;
    }
    this.position++;
    return this.buffer[index]!;
  }

  /** A `not-onnx` error about this offset. */
  error(what: string, offset: number): LapidaryError {
    const message = `Not a readable ONNX model: at byte ${offset} of ${this.source.size}, ${what}.`;
    return new LapidaryError('not-onnx', message, { model: this.source.name });
  }

  private fill(): void {
    const adjacent = this.position === this.start + this.length;
    const wanted = adjacent ? Math.max(this.length * 2, firstWindow) : firstWindow;
    this.length = Math.min(wanted, this.buffer.length, this.source.size - this.position);
    this.start = this.position;
    this.source.readInto(this.buffer.subarray(0, this.length), this.start);
  }
}
