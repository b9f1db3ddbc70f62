/**
 * Encodes a model as a list of segments, so that weights are copied from where they are straight into the file. Fields
 * come in the order of their numbers, as every protobuf writer puts them; unknown ones last.
 */
import { type Message } from '@bufbuild/protobuf';
import { payloadOf, type Payload } from './payload';
import { type ModelProto, type TensorProto } from './schema/onnx_pb';
import { wireType } from './wireReader';
import { messageShape, type FieldShape, type MessageShape } from './wireSchema';
import { WireWriter } from './wireWriter';

/** A model in pieces: encoded bytes, and payloads to copy. */
export interface Rope {
  readonly segments: readonly Payload[];
  /** Total length in bytes; may exceed what one buffer can hold. */
  readonly length: number;
}

/** Encodes a model; tensors with a payload get it as raw_data. */
export function ropeOf(model: ModelProto): Rope {
  const writer = new WireWriter();
  writeMessage(writer, messageShape('ModelProto'), model);
  return { segments: writer.segments(), length: writer.length };
}

type Fields = Readonly<Record<string, unknown>>;

function writeMessage(writer: WireWriter, shape: MessageShape, message: Message): void {
  const payload = shape.isTensor ? payloadOf(message as TensorProto) : undefined;
  for (const field of shape.fields) {
    if (!field) continue;
    if (payload && field.key === 'rawData') {
      writer.tag(field.number, wireType.bytes);
      writer.payload(payload);
    } else if (!(payload && isPlace(field))) writeField(writer, field, message);
  }
  for (const { no, wireType: type, data } of message.$unknown ?? []) {
    writer.tag(no, type);
    writer.raw(data);
  }
}

/** Says where the data of a tensor is; with a payload they come along, wherever they were before. */
const isPlace = ({ key }: FieldShape): boolean => key === 'externalData' || key === 'dataLocation';

function writeField(writer: WireWriter, field: FieldShape, message: Fields): void {
  const { key, oneof } = field;
  if (oneof !== undefined) {
    const group = message[oneof] as { readonly case?: string; readonly value?: unknown };
    if (group.case === key) writeItem(writer, field, group.value);
  } else if (field.repeated) {
    const items = message[key] as readonly unknown[];
    if (field.packed && items.length > 0) writePacked(writer, field, items);
    else for (const item of items) writeItem(writer, field, item);
    // Defaults that are not set are inherited.
  } else if (Object.hasOwn(message, key) && message[key] !== undefined) writeItem(writer, field, message[key]);
}

function writePacked(writer: WireWriter, field: FieldShape, items: readonly unknown[]): void {
  writer.tag(field.number, wireType.bytes);
  const opened = writer.open();
  for (const item of items) writeScalar(writer, field, item);
  writer.close(opened);
}

function writeItem(writer: WireWriter, field: FieldShape, value: unknown): void {
  writer.tag(field.number, field.wireTypes[0]!);
  if (field.scalar) return writeScalar(writer, field, value);
  const opened = writer.open();
  writeMessage(writer, field.message!, value as Message);
  writer.close(opened);
}

function writeScalar(writer: WireWriter, { scalar }: FieldShape, value: unknown): void {
  switch (scalar) {
    case 'string':
      return writer.text(value as string);
    case 'bytes':
      return writer.bytes(value as Uint8Array);
    case 'float':
      return writer.float(value as number);
    case 'double':
      return writer.double(value as number);
    case 'int64':
    case 'uint64':
      return writer.varint64(value as bigint);
    default: {
      // Negative numbers are extended to 64 bits.
      const number = value as number;
      return number < 0 ? writer.varint64(BigInt(number)) : writer.varint(number);
    }
  }
}
