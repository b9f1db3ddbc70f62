/** Writes protobuf's wire format into memory that grows, with payloads between the bytes. */
import { payloadLength, type Payload } from './payload';
import { encodeText } from './text';

/** A payload, and how many bytes are before it. */
interface Insertion {
  at: number;
  readonly payload: Payload;
}

/** Where a message begins; see `open`. */
export interface Opened {
  readonly at: number;
  readonly inserted: number;
  readonly insertions: number;
}

/** A growing buffer. Numbers of fields stay below 2^28, as protobuf demands. */
export class WireWriter {
  private buffer = Buffer.allocUnsafe(16 << 10);
  private at = 0;
  /** Bytes of all payloads so far. */
  private inserted = 0;
  private readonly insertions: Insertion[] = [];

  /** Everything written, in order. */
  segments(): Payload[] {
    const segments: Payload[] = [];
    let from = 0;
    const bytesUpTo = (to: number): void => {
      if (to > from) segments.push({ kind: 'bytes', bytes: this.buffer.subarray(from, to) });
      from = to;
    };
    for (const { at, payload } of this.insertions) {
      bytesUpTo(at);
      segments.push(payload);
    }
    bytesUpTo(this.at);
    return segments;
  }

  /** Bytes of it all. */
  get length(): number {
    return this.at + this.inserted;
  }

  tag(number: number, type: number): void {
    this.varint(number * 8 + type);
  }

  /** A varint of a whole number from 0 to 2^53. */
  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    // Bits are faster than divisions, but end at 2^32.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) this.buffer[this.at++] = (rest % 128) + 0x80;
    for (; rest > 0x7f; rest >>>= 7) this.buffer[this.at++] = (rest & 0x7f) | 0x80;
    this.buffer[this.at++] = rest;
  }

  /** A varint of 64 bits; negative ones take ten bytes. */
  varint64(value: bigint): void {
    if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return this.varint(Number(value));
    this.reserve(10);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.buffer[this.at++] = Number(rest & 0x7fn) | 0x80;
    this.buffer[this.at++] = Number(rest);
  }

  float(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeFloatLE(value, this.at);
  }

  double(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Bytes with their length before them. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Text with its length before it. */
  text(text: string): void {
    // Native code tells ASCII from the rest: long texts (stack traces of an exporter) would take a loop here long.
    if (Buffer.byteLength(text) !== text.length) return this.bytes(encodeText(text));
    this.varint(text.length);
    this.reserve(text.length);
    this.at += this.buffer.write(text, this.at, 'latin1');
  }

  /** A payload with its length before it, which is copied only when the file is written. */
  payload(payload: Payload): void {
    this.varint(payloadLength(payload));
    this.insertions.push({ at: this.at, payload });
    this.inserted += payloadLength(payload);
  }

  /** Begins something that has its length before it. Most are short: one byte is left free. */
  open(): Opened {
    this.reserve(1);
    return { at: ++this.at, inserted: this.inserted, insertions: this.insertions.length };
  }

  /** Ends it: what has become longer than one byte can say moves. */
  close({ at, inserted, insertions }: Opened): void {
    const length = this.at - at + (this.inserted - inserted);
    let more = 0;
    for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 128)) more++;
    if (more > 0) {
      this.reserve(more);
      this.buffer.copyWithin(at + more, at, this.at);
      for (let index = insertions; index < this.insertions.length; index++) this.insertions[index]!.at += more;
    }
    const end = this.at + more;
    this.at = at - 1;
    this.varint(length);
    this.at = end;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes));
    larger.set(this.buffer.subarray(0, this.at));
    this.buffer = larger;
  }
}
