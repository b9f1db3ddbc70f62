/** What the scanner must know of each message of the schema, derived once from the generated descriptors. */
import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { TensorProtoSchema } from './schema/onnx_pb';
import { wireType } from './wireReader';

/** One field: the wire types it may come in, and what is inside. */
export interface FieldShape {
  readonly name: string;
  readonly repeated: boolean;
  readonly wireTypes: readonly number[];
  /** The message inside, if it is one. */
  readonly message?: MessageShape;
  /** Width of packed fixed-size elements; 0 for packed varints. */
  readonly packedWidth?: number;
}

/** Fields of a message by number. */
export interface MessageShape {
  readonly name: string;
  readonly isTensor: boolean;
  readonly fields: ReadonlyMap<number, FieldShape>;
}

const known = new Map<string, MessageShape>();

/** The shape of a message; recursive schemas give recursive shapes. */
export function messageShape(schema: DescMessage): MessageShape {
  const before = known.get(schema.typeName);
  if (before) return before;
  const fields = new Map<number, FieldShape>();
  const shape = { name: schema.name, isTensor: schema.typeName === TensorProtoSchema.typeName, fields };
  known.set(schema.typeName, shape);
  for (const field of schema.fields) fields.set(field.number, fieldShape(field));
  return shape;
}

function fieldShape(field: DescField): FieldShape {
  const repeated = field.fieldKind === 'list';
  const base = { name: field.name, repeated };
  if (field.message) return { ...base, wireTypes: [wireType.bytes], message: messageShape(field.message) };
  const single = wireTypeOf(field.scalar);
  if (!repeated || single === wireType.bytes) return { ...base, wireTypes: [single] };
  // A list of numbers may come packed or one by one, whatever the schema prefers.
  const packedWidth = single === wireType.fixed64 ? 8 : single === wireType.fixed32 ? 4 : 0;
  return { ...base, wireTypes: [single, wireType.bytes], packedWidth };
}

/** Wire type of one element; an enum has no scalar type and is a varint. */
function wireTypeOf(scalar: ScalarType | undefined): number {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return wireType.bytes;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return wireType.fixed32;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return wireType.fixed64;
    default:
      return wireType.varint;
  }
}
