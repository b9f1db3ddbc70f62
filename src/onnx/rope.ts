/**
 * Encodes a model as a list of segments, so that weights are copied from where they are straight into the file. Fields
 * come in the order of their numbers, as every protobuf writer puts them; unknown ones last.
 */
import { create, isFieldSet, toBinary, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { configureTextEncoding } from '@bufbuild/protobuf/wire';
import { payloadLength, payloadOf, type Payload } from './payload';
import { ModelProtoSchema, TensorProtoSchema, type ModelProto, type TensorProto } from './schema/onnx_pb';
import { decodeText, encodeText } from './text';
import { wireType } from './wireReader';

// The library takes its text coding from here.
configureTextEncoding({ encodeUtf8: encodeText, decodeUtf8: decodeText, checkUtf8: () => true });

/** A model in pieces: encoded bytes, and payloads to copy. */
export interface Rope {
  readonly segments: readonly Payload[];
  /** Total length in bytes; may exceed what one buffer can hold. */
  readonly length: number;
}

/** Encodes a model; tensors with a payload get it as raw_data. */
export function ropeOf(model: ModelProto): Rope {
  const rope = new RopeBuilder(new Map());
  rope.message(ModelProtoSchema, model);
  return rope;
}

type Fields = Record<string, unknown>;

class RopeBuilder implements Rope {
  readonly segments: Payload[] = [];
  length = 0;

  constructor(private readonly known: Map<Message, boolean>) {}

  /** Appends a message; only messages with a payload somewhere inside are taken apart. */
  message(schema: DescMessage, message: Message): void {
    if (!holdsPayload(schema, message, this.known)) {
      this.bytes(toBinary(schema, message));
      return;
    }
    let plain: DescField[] = [];
    const isMoved = schema === TensorProtoSchema && payloadOf(message as TensorProto) !== undefined;
    for (const field of fieldsInOrder(schema)) {
      // The data comes with the payload, wherever it was before.
      if (isMoved && isPlace(field)) continue;
      const payload = isRawData(field) ? payloadOf(message as TensorProto) : undefined;
      if (!payload && !leadsToTensor(field)) {
        plain.push(field);
        continue;
      }
      this.fields(schema, message, plain);
      plain = [];
      if (payload) {
        this.head(field, payloadLength(payload));
        this.push(payload);
      }
      for (const item of payload ? [] : itemsOf(message, field)) {
        const inner = new RopeBuilder(this.known);
        inner.message(field.message!, item);
        this.head(field, inner.length);
        for (const segment of inner.segments) this.push(segment);
      }
    }
    this.fields(schema, message, plain, message.$unknown);
  }

  /** Encodes some fields of a message. */
  private fields(
    schema: DescMessage,
    message: Message,
    fields: readonly DescField[],
    unknown?: Message['$unknown'],
  ): void {
    const part = create(schema);
    for (const field of fields) {
      const name = field.localName;
      if (isFieldSet(message, field)) (part as unknown as Fields)[name] = (message as unknown as Fields)[name];
    }
    part.$unknown = unknown;
    this.bytes(toBinary(schema, part));
  }

  private head(field: DescField, length: number): void {
    this.bytes(Uint8Array.from([...varint(field.number * 8 + wireType.bytes), ...varint(length)]));
  }

  private bytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.push({ kind: 'bytes', bytes });
  }

  private push(segment: Payload): void {
    this.segments.push(segment);
    this.length += payloadLength(segment);
  }
}

function itemsOf(message: Message, field: DescField): readonly Message[] {
  const value = (message as unknown as Fields)[field.localName] as Message | Message[] | undefined;
  return Array.isArray(value) ? value : value ? [value] : [];
}

function holdsPayload(schema: DescMessage, message: Message, known: Map<Message, boolean>): boolean {
  let holds = known.get(message);
  if (holds === undefined) {
    holds =
      (schema === TensorProtoSchema && payloadOf(message as TensorProto) !== undefined) ||
      schema.fields.some(
        (field) =>
          leadsToTensor(field) && itemsOf(message, field).some((item) => holdsPayload(field.message!, item, known)),
      );
    known.set(message, holds);
  }
  return holds;
}

const isPlace = ({ number }: DescField): boolean =>
  number === TensorProtoSchema.field.externalData.number || number === TensorProtoSchema.field.dataLocation.number;

const isRawData = (field: DescField): boolean =>
  field.parent === TensorProtoSchema && field.number === TensorProtoSchema.field.rawData.number;

/** Fields by which a tensor can be reached from a model. */
const tensorPath = new Set(
  ['Model', 'TrainingInfo', 'Function', 'Graph', 'Node', 'Attribute', 'SparseTensor', 'Tensor'].map(
    (name) => `onnx.${name}Proto`,
  ),
);

const leadsToTensor = (field: DescField): boolean =>
  field.message !== undefined && tensorPath.has(field.message.typeName);

const ordered = new Map<DescMessage, readonly DescField[]>();

function fieldsInOrder(schema: DescMessage): readonly DescField[] {
  let fields = ordered.get(schema);
  if (!fields) ordered.set(schema, (fields = [...schema.fields].sort((a, b) => a.number - b.number)));
  return fields;
}

/** Base-128 groups, low first; exact beyond 2^32. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 0x80);
  return [...bytes, rest];
}
