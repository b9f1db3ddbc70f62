/** Makes messages of the schema without the protobuf library, whose descriptors take longer to build than a model to write. */
import { type Message } from '@bufbuild/protobuf';
import type * as Schema from './schema/onnx_pb';
import { emptyMessage } from './wireSchema';

/** Messages that writing makes. */
type Known =
  | Schema.AttributeProto
  | Schema.FunctionProto
  | Schema.GraphProto
  | Schema.ModelProto
  | Schema.NodeProto
  | Schema.OperatorSetIdProto
  | Schema.SparseTensorProto
  | Schema.StringStringEntryProto
  | Schema.TensorAnnotation
  | Schema.TensorProto
  | Schema.TensorShapeProto
  | Schema.TensorShapeProto_Dimension
  | Schema.TypeProto
  | Schema.TypeProto_Map
  | Schema.TypeProto_Opaque
  | Schema.TypeProto_Optional
  | Schema.TypeProto_Sequence
  | Schema.TypeProto_SparseTensor
  | Schema.TypeProto_Tensor
  | Schema.ValueInfoProto;

type WithoutPackage<Name extends string> = Name extends `onnx.${infer Rest}` ? Rest : never;

/** Names of these messages, without the package: "TypeProto.Tensor". */
export type MessageName = WithoutPackage<Known['$typeName']>;

/** The message of a name. */
export type MessageOf<Name extends MessageName> = Extract<Known, { readonly $typeName: `onnx.${Name}` }>;

/** Fields of a message, any of them. */
export type FieldsOf<Name extends MessageName> = Partial<Omit<MessageOf<Name>, '$typeName'>>;

/** A message with the given fields, whose lists must not be changed in place; undefined ones are absent. */
export function newMessage<Name extends MessageName>(name: Name, fields?: FieldsOf<Name>): MessageOf<Name> {
  const message = emptyMessage(`onnx.${name}`) as unknown as Record<string, unknown>;
  if (fields) for (const [key, value] of Object.entries(fields)) if (value !== undefined) message[key] = value;
  return message as unknown as MessageOf<Name>;
}

/** A copy of a message and of all messages inside; bytes are shared. */
export function copyOf<T extends Message>(message: T): T {
  return Object.assign(emptyMessage(message.$typeName), copyFields(message)) as T;
}

const copyFields = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).map(([key, value]: [string, unknown]) => [key, copyValue(value)]));

function copyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyValue);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  // Whatever else there is: messages, and groups of which one field is set.
  return '$typeName' in value ? copyOf(value as Message) : copyFields(value);
}
