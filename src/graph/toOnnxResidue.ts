/** Puts back together what the IR models and what it only carried along. */
import { newMessage, type FieldsOf, type MessageName, type MessageOf } from '../onnx/messages';
import { type StringStringEntryProto } from '../onnx/schema/onnx_pb';
import { type Residue } from './residue';

/** A new message that starts from a residue. */
export function fromResidue<Name extends MessageName>(name: Name, residue: Residue | undefined): MessageOf<Name> {
  return newMessage(name, residue?.message as FieldsOf<Name> | undefined);
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
  return [...kept, ...others.map(([key, value]) => newMessage('StringStringEntryProto', { key, value }))];
}
