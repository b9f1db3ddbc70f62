/** Puts back together what the IR models and what it only carried along. */
import { create, type DescMessage, type Message, type MessageShape } from '@bufbuild/protobuf';
import { StringStringEntryProtoSchema, type StringStringEntryProto } from '../onnx/schema/onnx_pb';
import { type Residue } from './residue';

/** A new message that starts from a residue. */
export function fromResidue<T extends DescMessage>(schema: T, residue: Residue | undefined): MessageShape<T> {
  return withFields(schema, residue?.message ?? {});
}

/** A new message with the given fields, whose lists must not be changed in place. */
export function withFields<T extends DescMessage>(schema: T, fields: unknown): MessageShape<T> {
  return Object.assign(create(schema) as Message, fields) as MessageShape<T>;
}

/** A map as entries; `odd` are entries as they were read, kept where they still say the same. */
export function entriesOf(
  map: ReadonlyMap<string, string>,
  odd: readonly StringStringEntryProto[],
): StringStringEntryProto[] {
  const lastOf = new Map(odd.map((entry) => [entry.key, entry.value]));
  const kept = odd.filter(({ key }) => map.has(key) && map.get(key) === lastOf.get(key));
  const keys = new Set(kept.map(({ key }) => key));
  const others = [...map].filter(([key]) => !keys.has(key));
  return [...kept, ...others.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))];
}
