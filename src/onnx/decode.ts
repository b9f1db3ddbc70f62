/**
 * Decodes messages of the schema into what the protobuf library's `fromBinary` would make of them. That one needs the
 * full descriptors, whose making takes longer than decoding most models.
 */
import { type Message } from '@bufbuild/protobuf';
import { LapidaryError } from '../protocol/errors';
import { type ModelProto } from './schema/onnx_pb';
import { decodeText } from './text';
import { wireType } from './wireReader';
import { messageShape, type FieldShape, type MessageShape, type ScalarKind } from './wireSchema';

type Fields = Record<string, unknown>;
type Oneof = { case: string | undefined; value?: unknown };

/** Decodes a whole model that a scan has found to be well-formed; `bytes` fields are views of `bytes`. */
export function decodeProto(bytes: Uint8Array): ModelProto {
  return new Decoder(bytes).message(messageShape('ModelProto'), undefined, bytes.length) as ModelProto;
}

class Decoder {
  private position = 0;
  private readonly buffer: Buffer;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads a message up to `end`, into an earlier one of the same field: parts of a message add up. */
  message(shape: MessageShape, into: Message | undefined, end: number): Message {
    const message = into ?? shape.empty();
    while (this.position < end) {
      const key = this.uint32();
      const field = shape.fields[key >>> 3];
      if (field) this.field(field, message, key & 7);
      else this.unknown(message, key >>> 3, key & 7);
    }
    if (this.position !== end) throw this.broken();
    return message;
  }

  private field(field: FieldShape, message: Message & Fields, type: number): void {
    const { key, scalar, oneof } = field;
    if (field.repeated) this.item(field, message[key] as unknown[], type);
    else if (oneof !== undefined) {
      const before = message[oneof] as Oneof;
      const same = before.case === key ? (before.value as Message) : undefined;
      message[oneof] = { case: key, value: scalar ? this.scalar(scalar) : this.inner(field, same) };
    } else if (scalar === 'enum') this.enum(field, message);
    else message[key] = scalar ? this.scalar(scalar) : this.inner(field, message[key] as Message | undefined);
  }

  private item(field: FieldShape, list: unknown[], type: number): void {
    const { scalar } = field;
    if (!scalar) list.push(this.inner(field, undefined));
    else if (field.packedWidth === undefined || type !== wireType.bytes) list.push(this.scalar(scalar));
    else {
      const end = this.end();
      while (this.position < end) list.push(this.scalar(scalar));
      if (this.position !== end) throw this.broken();
    }
  }

  private inner(field: FieldShape, into: Message | undefined): Message {
    return this.message(field.message!, into, this.end());
  }

  /** A value that the enum does not have counts as an unknown field, as proto2 has it. */
  private enum(field: FieldShape, message: Message & Fields): void {
    const from = this.position;
    const value = this.uint32() | 0;
    if (value >= 0 && value <= field.largest) message[field.key] = value;
    else this.keep(message, field.number, wireType.varint, from);
  }

  private scalar(scalar: ScalarKind): unknown {
    switch (scalar) {
      case 'string':
        return this.text();
      case 'bytes': {
        const end = this.end();
        const from = this.position;
        this.position = end;
        return this.bytes.subarray(from, end);
      }
      case 'int64':
        return this.varint64(true);
      case 'uint64':
        return this.varint64(false);
      case 'float':
        this.position += 4;
        return this.view.getFloat32(this.position - 4, true);
      case 'double':
        this.position += 8;
        return this.view.getFloat64(this.position - 8, true);
      default:
        return this.uint32() | 0;
    }
  }

  private text(): string {
    const end = this.end();
    const from = this.position;
    this.position = end;
    // In native code: names and stack traces are many and long. U+FFFD stands for what is no UTF-8, or for itself.
    const text = this.buffer.toString('utf8', from, end);
    return text.includes('\ufffd') ? decodeText(this.bytes.subarray(from, end)) : text;
  }

  private unknown(message: Message, number: number, type: number): void {
    const from = this.position;
    this.skip(number, type);
    this.keep(message, number, type, from);
  }

  private keep(message: Message, no: number, type: number, from: number): void {
    (message.$unknown ??= []).push({ no, wireType: type, data: this.bytes.subarray(from, this.position) });
  }

  private skip(number: number, type: number): void {
    switch (type) {
      case wireType.varint:
        this.varint64(false);
        return;
      case wireType.fixed32:
      case wireType.fixed64:
        this.position += type === wireType.fixed32 ? 4 : 8;
        return;
      case wireType.bytes:
        this.position = this.end();
        return;
      case wireType.startGroup:
        for (;;) {
          const key = this.uint32();
          if ((key & 7) === wireType.endGroup && key >>> 3 === number) return;
          this.skip(key >>> 3, key & 7);
        }
      default:
        throw this.broken();
    }
  }

  /** Where the field with the length at the cursor ends. */
  private end(): number {
    const length = this.uint32();
    const end = this.position + length;
    if (end > this.bytes.length) throw this.broken();
    return end;
  }

  /** The low 32 bits of a varint, unsigned. */
  private uint32(): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.position++];
      if (byte === undefined) throw this.broken();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw this.broken();
  }

  private varint64(signed: boolean): bigint {
    const from = this.position;
    let value = 0;
    // Exact below 2^53, which is nearly always enough.
    for (let scale = 1, count = 0; count < 7; scale *= 128, count++) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw this.broken();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(value);
    }
    let exact = 0n;
    this.position = from;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw this.broken();
      exact |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return signed ? BigInt.asIntN(64, exact) : BigInt.asUintN(64, exact);
    }
    throw this.broken();
  }

  private broken(): LapidaryError {
    return new LapidaryError('not-onnx', `Not a readable ONNX model: a field near byte ${this.position} is broken.`);
  }
}
