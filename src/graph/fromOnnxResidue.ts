/** Splits a message into what the IR models and the rest, which is carried along. */
import { type Message } from '@bufbuild/protobuf';
import { emptyMessage } from '../onnx/wireSchema';
import { type StringStringEntryProto, type ValueInfoProto } from '../onnx/schema/onnx_pb';
import { noMetadata } from './metadata';
import { type Residue } from './residue';
import { type ValueType } from './shape';

type Fields = Record<string, unknown>;

/** A ValueInfoProto that no Value can stand for: of a name that is not there, or a second one of the same value. */
export interface SpareValueInfo {
  readonly info: ValueInfoProto;
  /** Type of the value when the file was read; undefined when there was no such value. A changed value drops this. */
  readonly type: ValueType | undefined;
  readonly stale: boolean;
}

/** Residue of a graph or a function body. */
export interface GraphRest {
  /** Fields of the GraphProto (or FunctionProto) that the IR does not model. */
  readonly rest: object;
  readonly valueInfo: readonly SpareValueInfo[];
  readonly output: readonly SpareValueInfo[];
}

/**
 * What remains of `message` without the `modelled` fields; undefined when that is nothing. A modelled field that is
 * explicitly set to its default stays, since the IR cannot tell it from an absent one.
 */
export function residueOf(message: Message, modelled: ReadonlySet<string>): Residue | undefined {
  const all = message as unknown as Fields;
  let rest: Fields | undefined;
  const fields: string[] = [];
  for (const name of Object.keys(all)) {
    const value = all[name];
    if (name === '$typeName' || value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    if (modelled.has(name) && value !== '' && value !== 0n && !isOdd(value)) continue;
    rest ??= emptyMessage(message.$typeName) as unknown as Fields;
    rest[name] = name === '$unknown' ? ownUnknown(message.$unknown) : value;
    if (!modelled.has(name)) fields.push(name);
  }
  return rest && { message: rest, fields };
}

/** Key-value entries as a map; of a repeated key the last counts. */
export function mapOf(entries: readonly StringStringEntryProto[]): ReadonlyMap<string, string> {
  return entries.length === 0 ? noMetadata : new Map(entries.map(({ key, value }) => [key, value]));
}

/** Entries that a map cannot stand for: with unknown fields, absent or repeated keys. */
function isOdd(value: unknown): boolean {
  if (!Array.isArray(value) || !isEntry(value[0])) return false;
  const entries = value as StringStringEntryProto[];
  const complete = entries.every(
    (entry) => !entry.$unknown && Object.hasOwn(entry, 'key') && Object.hasOwn(entry, 'value'),
  );
  return !complete || new Set(entries.map(({ key }) => key)).size !== entries.length;
}

function isEntry(item: unknown): boolean {
  return (item as Message | undefined)?.$typeName === 'onnx.StringStringEntryProto';
}

/** Unknown fields as copies, so that a few bytes do not keep a whole file's buffer alive. */
function ownUnknown(unknown: Message['$unknown']): Message['$unknown'] {
  return unknown?.map(({ no, wireType, data }) => ({ no, wireType, data: Uint8Array.from(data) }));
}
