import { create, fromBinary, ScalarType, toBinary, type DescField, type DescMessage } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { fuzzCase } from '../../test/support/fuzzCase';
import { fuzzModels } from '../../test/support/fuzzModels';
import { eachMessage, richModel } from '../../test/support/protoModels';
import '../../test/support/protobufText';
import { decodeProto } from './decode';
import { scanModel } from './scan';
import { attributeType, externalLocation, fieldTable } from './schema/fieldTable';
import {
  AttributeProto_AttributeType,
  file_onnx,
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataLocation,
} from './schema/onnx_pb';
import { emptyMessage, publishedName, messageShape } from './wireSchema';

/** A message by its own properties alone, in one order. */
const plain = (message: unknown): string =>
  JSON.stringify(message, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

const bytesOf = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from(parts.flat());
const field = (number: number, ...content: readonly number[]): number[] => [number * 8 + 2, content.length, ...content];

function allMessages(messages: readonly DescMessage[] = file_onnx.messages): DescMessage[] {
  return messages.flatMap((message) => [message, ...allMessages(message.nestedMessages)]);
}

describe('the decoder', () => {
  it('knows the fields that onnx.proto declares', () => {
    const typeOf = (each: DescField): string => {
      if (each.message) return each.message.typeName.slice('onnx.'.length);
      if (each.enum) return `enum${each.enum.values.length - 1}`;
      return ScalarType[each.scalar].toLowerCase();
    };
    const declared = allMessages().map((message) => [
      message.typeName.slice('onnx.'.length),
      message.members
        .flatMap((member) => (member.kind === 'oneof' ? member.fields : [member]))
        .map((each) => {
          const group = each.oneof ? `${each.oneof.localName}.` : '';
          return `${each.number} ${group}${each.localName} ${typeOf(each)}${each.fieldKind !== 'list' ? '' : each.packed ? '**' : '*'}`;
        })
        .join(', '),
    ]);
    assert.deepEqual(fieldTable, Object.fromEntries(declared));
    for (const message of allMessages()) {
      const { fields } = messageShape(message.typeName.slice('onnx.'.length));
      for (const each of message.fields) assert.equal(publishedName(fields[each.number]!), each.name);
    }
    const codes = Object.entries(AttributeProto_AttributeType).filter(([, code]) => typeof code === 'number');
    assert.deepEqual(attributeType, Object.fromEntries(codes));
    assert.equal(externalLocation, TensorProto_DataLocation.EXTERNAL);
  });

  it('makes empty messages as the protobuf library does', () => {
    for (const schema of allMessages()) {
      const [ours, theirs] = [emptyMessage(schema.typeName), create(schema)] as unknown as Record<string, unknown>[];
      assert.equal(plain(ours), plain(theirs));
      for (const { localName } of schema.fields) {
        assert.equal(plain([ours![localName]]), plain([theirs![localName]]), `${schema.typeName}.${localName}`);
      }
    }
  });

  it('reads every field, and unknown ones', () => {
    const model = richModel();
    eachMessage(ModelProtoSchema, model, (message) => {
      message.$unknown = [
        { no: 900, wireType: 2, data: bytesOf([2, 1, 2]) },
        { no: 901, wireType: 0, data: bytesOf([0x80, 1]) },
        { no: 902, wireType: 3, data: bytesOf([...[8, 1], ...[0xb4, 0x38]]) },
        { no: 903, wireType: 5, data: bytesOf([1, 2, 3, 4]) },
        { no: 904, wireType: 1, data: bytesOf([1, 2, 3, 4, 5, 6, 7, 8]) },
      ];
    });
    const bytes = toBinary(ModelProtoSchema, model);
    const decoded = decodeProto(bytes);
    assert.equal(plain(decoded), plain(fromBinary(ModelProtoSchema, bytes)));
    assert.deepEqual(toBinary(ModelProtoSchema, decoded), bytes);
  });

  const oddities: Readonly<Record<string, Uint8Array>> = {
    'a graph in two parts': bytesOf(field(7, ...field(2, 65), ...field(10, 66)), field(7, ...field(2, 67))),
    'a number of ten bytes': bytesOf([8, ...Array<number>(9).fill(0xff), 1]),
    'a number with leading zeros': bytesOf([8, 0x83, 0x80, 0]),
    'a list of numbers one by one and packed': bytesOf(field(7, ...field(5, ...[8, 3], ...field(1, 4, 5), ...[8, 6]))),
    'an enum of a later version': bytesOf(field(7, ...field(1, ...field(5, ...[0xa0, 1, 99])))),
    'a type that is two kinds in turn': bytesOf(
      field(7, ...field(11, ...field(2, ...field(1, 8, 1), ...field(4, ...field(1)), ...field(4)))),
    ),
    'text that is no UTF-8': bytesOf(field(2, 0xff, 65, 0xc3, 0xa9)),
  };
  for (const [name, bytes] of Object.entries(oddities)) {
    it(`reads ${name}`, () => {
      assert.equal(plain(decodeProto(bytes)), plain(fromBinary(ModelProtoSchema, bytes)));
    });
  }

  it('gives views of bytes, not copies', () => {
    const graph = create(GraphProtoSchema, { initializer: [{ rawData: Uint8Array.of(1, 2, 3) }] });
    const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }));
    assert.equal(decodeProto(bytes).graph!.initializer[0]!.rawData.buffer, bytes.buffer);
  });

  it('reads damaged models as the protobuf library does, once a scan let them through', () => {
    const models = fuzzModels();
    let read = 0;
    for (let index = 0; index < 1500; index++) {
      const { bytes, model, mutation } = fuzzCase(models, index);
      const source = { name: model, size: bytes.length, readInto: (to: Uint8Array, at: number) => copy(bytes, to, at) };
      try {
        scanModel(source, Infinity);
      } catch {
        continue; // Refused before it comes here.
      }
      const [ours, theirs] = [outcome(() => decodeProto(bytes)), outcome(() => fromBinary(ModelProtoSchema, bytes))];
      assert.equal(ours, theirs, `case ${index}, ${mutation} of ${model}`);
      read++;
    }
    assert.ok(read > 700, `${read} were read`);
  });
});

function copy(bytes: Uint8Array, target: Uint8Array, offset: number): void {
  target.set(bytes.subarray(offset, offset + target.length));
}

function outcome(read: () => unknown): string {
  let message: unknown;
  try {
    message = read();
  } catch {
    return 'refused';
  }
  return plain(message);
}
