/** What reading and writing must know of each message of the schema: its fields by number, and what an empty one looks like. */
import { type Message } from '@bufbuild/protobuf';
import { fieldTable } from './schema/fieldTable';
import { wireType } from './wireReader';

/** Type of a field that is no message. */
export type ScalarKind = 'int32' | 'int64' | 'uint64' | 'float' | 'double' | 'string' | 'bytes' | 'enum';

/** One field: the wire types it may come in, and what is inside. */
export interface FieldShape {
  readonly number: number;
  /** As messages in memory have it: `rawData`. */
  readonly key: string;
  readonly repeated: boolean;
  /** A list of numbers that is written in one piece. */
  readonly packed: boolean;
  /** The group it is in, of which one field at a time can be set. */
  readonly oneof?: string;
  readonly wireTypes: readonly number[];
  /** Undefined for messages. */
  readonly scalar?: ScalarKind;
  /** Largest value of an enum. */
  readonly largest: number;
  /** The message inside, if it is one. */
  readonly message?: MessageShape;
  /** Width of packed fixed-size elements; 0 for packed varints. */
  readonly packedWidth?: number;
}

/** Fields of a message by number. */
export interface MessageShape {
  /** Without the package: "TypeProto.Tensor". */
  readonly name: string;
  readonly isTensor: boolean;
  readonly fields: readonly (FieldShape | undefined)[];
  /** A message without content, as `create` of the protobuf library makes one. */
  readonly empty: () => Message;
}

const known = new Map<string, MessageShape>();

/** The shape of a message; recursive schemas give recursive shapes. */
export function messageShape(name: string): MessageShape {
  const before = known.get(name);
  if (before) return before;
  const fields: (FieldShape | undefined)[] = [];
  const [defaults, lists, groups]: [Record<string, unknown>, string[], Set<string>] = [{}, [], new Set()];
  const empty = (): Message => {
    // Fields that are absent show their default, and are no own property.
    const message = Object.create(defaults) as Message & Record<string, unknown>;
    (message as { $typeName: string }).$typeName = `onnx.${name}`;
    for (const list of lists) message[list] = [];
    for (const group of groups) message[group] = { case: undefined };
    return message;
  };
  const shape = { name, isTensor: name === 'TensorProto', fields, empty };
  known.set(name, shape);
  for (const text of fieldTable[name]!.split(', ')) {
    const field = fieldShape(text);
    fields[field.number] = field;
    if (field.oneof !== undefined) groups.add(field.oneof);
    else if (field.repeated) lists.push(field.key);
    else if (field.scalar) defaults[field.key] = zeros[field.scalar];
  }
  return shape;
}

/** A message without content, by its full name: "onnx.NodeProto". */
export function emptyMessage(typeName: string): Message {
  return messageShape(typeName.slice('onnx.'.length)).empty();
}

/** The name of a field in the published schema: `raw_data`. */
export function publishedName({ key }: FieldShape): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

const zeros = { int32: 0, int64: 0n, uint64: 0n, float: 0, double: 0, string: '', bytes: new Uint8Array(0), enum: 0 };

function fieldShape(text: string): FieldShape {
  const [number, path, type] = text.split(' ') as [string, string, string];
  const dot = path.indexOf('.');
  const repeated = type.endsWith('*');
  const packed = type.endsWith('**');
  const kind = type.replace(/\*+$/, '');
  const largest = kind.startsWith('enum') ? Number(kind.slice(4)) : 0;
  const base = {
    number: Number(number),
    key: path.slice(dot + 1),
    repeated,
    packed,
    largest,
    ...(dot > 0 && { oneof: path.slice(0, dot) }),
  };
  if (kind in fieldTable) {
    // Looked up when it is first met: most messages never are.
    return {
      ...base,
      wireTypes: [wireType.bytes],
      get message() {
        return messageShape(kind);
      },
    };
  }
  const scalar = (largest > 0 ? 'enum' : kind) as ScalarKind;
  const single = wireTypeOf(scalar);
  if (!repeated || single === wireType.bytes) return { ...base, scalar, wireTypes: [single] };
  // A list of numbers may come packed or one by one, whatever the schema prefers.
  const packedWidth = single === wireType.fixed64 ? 8 : single === wireType.fixed32 ? 4 : 0;
  return { ...base, scalar, wireTypes: [single, wireType.bytes], packedWidth };
}

/** Wire type of one element. */
function wireTypeOf(scalar: ScalarKind): number {
  switch (scalar) {
    case 'string':
    case 'bytes':
      return wireType.bytes;
    case 'float':
      return wireType.fixed32;
    case 'double':
      return wireType.fixed64;
    default:
      return wireType.varint;
  }
}
