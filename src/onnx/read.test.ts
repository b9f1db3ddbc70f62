import { create, toBinary } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { assertFails } from '../../test/support/errors';
import { temporaryFolder } from '../../test/support/folder';
import { payloadOf } from './payload';
import { decodeOnnx, readOnnx } from './read';
import { ModelProtoSchema, type ModelProto } from './schema/onnx_pb';

const encode = (init: Parameters<typeof create<typeof ModelProtoSchema>>[1]): Uint8Array =>
  toBinary(ModelProtoSchema, create(ModelProtoSchema, init));

const initializer = (model: ModelProto, index: number): NonNullable<ModelProto['graph']>['initializer'][number] =>
  model.graph!.initializer[index]!;

/** Bytes of a tensor that stayed in the file. */
function spanOf(model: ModelProto, index: number): Uint8Array {
  const payload = payloadOf(initializer(model, index));
  assert.ok(payload?.kind === 'span', 'not left in the file');
  assert.ok(!Object.hasOwn(initializer(model, index), 'rawData'));
  return payload.source.read(payload.offset, payload.length);
}

describe('reading lazily', () => {
  const path = temporaryFolder();

  const read = (bytes: Uint8Array): ModelProto => {
    writeFileSync(path('m.onnx'), bytes);
    return readOnnx(path('m.onnx'));
  };

  it('leaves raw_data of 4096 bytes and more in the file', () => {
    const raw = (length: number): { dataType: number; dims: bigint[]; rawData: Uint8Array } => ({
      dataType: 2,
      dims: [BigInt(length)],
      rawData: Uint8Array.from({ length }, (_, index) => index * 7),
    });
    const model = read(encode({ graph: { initializer: [raw(4095), raw(4096), raw(100_000)] } }));
    assert.equal(payloadOf(initializer(model, 0)), undefined);
    assert.deepEqual(initializer(model, 0).rawData, raw(4095).rawData);
    assert.deepEqual(spanOf(model, 1), raw(4096).rawData);
    assert.deepEqual(spanOf(model, 2), raw(100_000).rawData);
  });

  it('takes packed float_data and double_data for what they are: raw data', () => {
    const floats = Float32Array.from({ length: 2000 }, (_, index) => index / 3);
    const doubles = Float64Array.from({ length: 2000 }, (_, index) => index / 3);
    const graph = {
      initializer: [
        { dataType: 1, dims: [2000n], floatData: [...floats] },
        { dataType: 11, dims: [2000n], doubleData: [...doubles] },
        { dataType: 11, dims: [2000n], floatData: [...floats] },
      ],
    };
    const model = read(encode({ graph }));
    assert.deepEqual(spanOf(model, 0), new Uint8Array(floats.buffer));
    assert.deepEqual(spanOf(model, 1), new Uint8Array(doubles.buffer));
    assert.equal(initializer(model, 0).floatData.length, 0);
    // float_data of a double tensor is an error to be told later, not something to hide.
    assert.equal(payloadOf(initializer(model, 2)), undefined);
    assert.equal(initializer(model, 2).floatData.length, 2000);
  });

  it('keeps typed data in several pieces together', () => {
    const piece = encode({ graph: { initializer: [{ dataType: 1, floatData: Array<number>(1500).fill(1) }] } });
    // The inner tensor message: after the tags and lengths of graph (3 bytes here) and initializer (3).
    const tensor = piece.subarray(6);
    const floats = tensor.subarray(tensor.length - 6003);
    const joined = Buffer.concat([tensor, floats]);
    const head = (tag: number, length: number): Uint8Array => Uint8Array.of(tag, (length & 0x7f) | 0x80, length >> 7);
    const graph = Buffer.concat([head(0x2a, joined.length), joined]);
    const model = read(Buffer.concat([head(0x3a, graph.length), graph]));
    assert.equal(initializer(model, 0).floatData.length, 3000);
  });

  it('finds weights wherever tensors can be', () => {
    const tensor = { dataType: 2, dims: [5000n], rawData: new Uint8Array(5000).fill(1) };
    const body = {
      node: [
        {
          attribute: [
            { name: 't', t: tensor },
            { name: 'ts', tensors: [tensor, tensor] },
          ],
        },
      ],
    };
    const sparse = { values: tensor, indices: tensor };
    const node = {
      attribute: [
        { name: 'g', g: body },
        { name: 's', sparseTensor: sparse, sparseTensors: [sparse] },
      ],
    };
    const bytes = encode({
      graph: { node: [node], sparseInitializer: [sparse] },
      trainingInfo: [{ initialization: body, algorithm: body }],
      functions: [{ node: [node], attributeProto: [{ name: 't', t: tensor }] }],
    });
    assert.equal(bytes.length > 21 * 5000, true);
    const model = read(bytes);
    const attribute = model.functions[0]!.node[0]!.attribute[0]!.g!.node[0]!.attribute[1]!;
    assert.ok(payloadOf(attribute.tensors[1]!));
    assert.ok(payloadOf(model.trainingInfo[0]!.algorithm!.node[0]!.attribute[0]!.t!));
    assert.ok(payloadOf(model.graph!.sparseInitializer[0]!.indices!));
    // What is left is small: no weight is in memory.
    assert.ok(toBinary(ModelProtoSchema, model).length < 1000);
  });

  it('reads the same from memory', () => {
    const rawData = new Uint8Array(5000).fill(3);
    const model = decodeOnnx(encode({ graph: { initializer: [{ dataType: 2, dims: [5000n], rawData }] } }));
    assert.deepEqual(spanOf(model, 0), rawData);
  });

  it('works beyond 2 GB in one file', function () {
    if (process.platform === 'win32') this.skip();
    // Two weights of 1.5 GB each that are holes: tags and lengths are written, the rest of the file is empty space.
    const size = 1_500_000_000;
    const varint = (value: number): number[] =>
      value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
    const field = (number: number, length: number): number[] => [...varint(number * 8 + 2), ...varint(length)];
    const start = [...encode({ graph: { initializer: [{ dataType: 2, dims: [BigInt(size)] }] } }).subarray(4)];
    const inner = [...start, ...field(9, size)];
    const tensor = [...field(5, inner.length + size), ...inner];
    const graph = field(7, 2 * (tensor.length + size));
    const file = openSync(path('big.onnx'), 'w');
    writeSync(file, Uint8Array.from([...graph, ...tensor]), 0, undefined, 0);
    const second = graph.length + tensor.length + size;
    writeSync(file, Uint8Array.from(tensor), 0, undefined, second);
    const end = second + tensor.length + size;
    writeSync(file, Uint8Array.of(9), 0, 1, end - 1);
    closeSync(file);
    const model = readOnnx(path('big.onnx'));
    const payload = payloadOf(initializer(model, 1));
    assert.ok(payload?.kind === 'span');
    assert.deepEqual([payload.offset, payload.length], [end - size, size]);
    assert.deepEqual(payload.source.read(end - 3, 3), Uint8Array.of(0, 0, 9));
  });

  it('leaves no file open', function () {
    if (!existsSync('/proc/self/fd')) this.skip();
    const open = (): number => readdirSync('/proc/self/fd').length;
    const rawData = new Uint8Array(5000);
    const before = open();
    for (let round = 0; round < 20; round++) {
      const model = read(encode({ graph: { initializer: [{ dataType: 2, dims: [5000n], rawData }] } }));
      spanOf(model, 0);
      writeFileSync(path('bad.onnx'), 'no model at all');
      assertFails(() => readOnnx(path('bad.onnx')), 'not-onnx');
    }
    assert.equal(open(), before);
  });

  it('notices that the file was replaced since', () => {
    const bytes = encode({ graph: { initializer: [{ dataType: 2, dims: [5000n], rawData: new Uint8Array(5000) }] } });
    const model = read(bytes);
    writeFileSync(path('m.onnx'), Buffer.concat([bytes, bytes]));
    assertFails(() => spanOf(model, 0), 'io', 'm.onnx', 'changed', 'again');
  });

  it('refuses lengths that lie, with the offset', () => {
    const bytes = encode({
      graph: { name: 'g', initializer: [{ name: 'w', dataType: 1, rawData: new Uint8Array(4) }] },
    });
    const inside = Uint8Array.from(bytes);
    inside[3] = 100;
    assertFails(() => decodeOnnx(inside, 'm.onnx'), 'not-onnx', 'byte 4 of', 'name of a GraphProto', 'm.onnx');
    const group = Uint8Array.of(0x83, 0x40, 0x83, 0x40, 0x84, 0x40);
    assertFails(() => decodeOnnx(Buffer.concat([bytes, group])), 'not-onnx');
    decodeOnnx(Buffer.concat([bytes, group, Uint8Array.of(0x84, 0x40)]));
    assertFails(
      () => decodeOnnx(Uint8Array.of(0x3a, 2, 0x10, 5)),
      'not-onnx',
      'name of a GraphProto has a wrong wire type',
    );
  });
});
