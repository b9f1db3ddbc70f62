import { create, fromBinary } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { assertRejects } from '../../test/support/errors';
import { temporaryFolder } from '../../test/support/folder';
import { encodeOnnx } from './bytes';
import { setPayload, type Payload } from './payload';
import { readOnnx } from './read';
import { ModelProtoSchema, TensorProtoSchema, type ModelProto } from './schema/onnx_pb';
import { writeOnnx } from './write';

/** A model with one weight per length; the bytes of weight i are all i + 1. */
function model(
  lengths: readonly number[],
  payload = (bytes: Uint8Array): Payload => ({ kind: 'bytes', bytes }),
): ModelProto {
  const initializer = lengths.map((length, index) => {
    const tensor = create(TensorProtoSchema, { name: `w${index}`, dataType: 2, dims: [BigInt(length)] });
    const bytes = new Uint8Array(length).fill(index + 1);
    if (length < 1024) tensor.rawData = bytes;
    else setPayload(tensor, payload(bytes));
    return tensor;
  });
  return create(ModelProtoSchema, { irVersion: 8n, graph: { name: 'g', initializer, input: [{ name: 'x' }] } });
}

/** A source that makes its bytes on demand and notes what it is asked for. */
function counting(value: number, asked: number[]): Payload {
  const fill = (target: Uint8Array): void => {
    assert.equal(target.byteOffset % 8, 0, 'large payloads are read into aligned memory');
    asked.push(target.length);
    target.fill(value);
  };
  const source = {
    name: 'made',
    read: (_offset: number, length: number): Uint8Array => new Uint8Array(length).fill(value),
    readInto: fill,
  };
  return { kind: 'span', source, offset: 0, length: 20 << 20 };
}

describe('writing', () => {
  const path = temporaryFolder();
  const lengths = [10, 1023, 1024, 5000, 70_000, 9_000_000];

  it('puts everything in one file, the same as in memory', async () => {
    const written = await writeOnnx(model(lengths), path('m.onnx'));
    const bytes = readFileSync(path('m.onnx'));
    assert.deepEqual(bytes, Buffer.from(encodeOnnx(model(lengths))));
    assert.deepEqual(written, {
      model: { path: path('m.onnx'), bytes: bytes.length },
      data: undefined,
      bytes: bytes.length,
    });
    const decoded = fromBinary(ModelProtoSchema, bytes);
    decoded.graph!.initializer.forEach((tensor, index) => {
      assert.equal(tensor.rawData.length, lengths[index]);
      assert.ok(tensor.rawData.every((byte) => byte === index + 1));
    });
    assert.equal(decoded.graph!.input[0]!.name, 'x', 'fields after the weights');
  });

  it('puts weights from 1 KB on beside the model, aligned', async () => {
    const written = await writeOnnx(model(lengths), path('m.onnx'), { externalData: true });
    const decoded = fromBinary(ModelProtoSchema, readFileSync(path('m.onnx')));
    const places = decoded.graph!.initializer.map((tensor) =>
      Object.fromEntries(tensor.externalData.map(({ key, value }) => [key, value])),
    );
    const at = (offset: number, length: number): object => ({
      location: 'm.onnx.data',
      offset: String(offset),
      length: String(length),
    });
    assert.deepEqual(places, [{}, {}, at(0, 1024), at(4096, 5000), at(12288, 70_000), at(86016, 9_000_000)]);
    const data = readFileSync(path('m.onnx.data'));
    assert.equal(data.length, 86016 + 9_000_000);
    assert.equal(data[12288], 5);
    assert.equal(data[12287], 0);
    assert.deepEqual(written.data, { path: path('m.onnx.data'), bytes: data.length });
    assert.equal(written.bytes, data.length + written.model.bytes);
  });

  it('writes no data file when there is nothing to put in it', async () => {
    const written = await writeOnnx(model([10]), path('m.onnx'), { externalData: true });
    assert.equal(written.data, undefined);
    assert.deepEqual(readdirSync(path()), ['m.onnx']);
  });

  it('takes large payloads in pieces, never whole', async () => {
    const asked: number[] = [];
    await writeOnnx(
      model([20 << 20], () => counting(1, asked)),
      path('m.onnx'),
    );
    assert.deepEqual(asked, [8 << 20, 8 << 20, 4 << 20]);
  });

  it('tells of each temporary file, and leaves none', async () => {
    const told: string[] = [];
    const temporary = (file: string, exists: boolean): void => {
      assert.match(basename(file), /^\.m\.onnx(\.data)?\.\d+-[0-9a-f]{8}\.tmp$/);
      assert.equal(readdirSync(path()).includes(basename(file)), false, 'told before it is made and after it is gone');
      told.push(`${exists ? '+' : '-'}${basename(file).split('.')[3] === 'data' ? 'data' : 'model'}`);
    };
    await writeOnnx(model(lengths), path('m.onnx'), { externalData: true, temporary });
    assert.deepEqual(told, ['+data', '+model', '-data', '-model']);
    assert.deepEqual(readdirSync(path()).sort(), ['m.onnx', 'm.onnx.data']);
  });

  it('leaves nothing behind when it is cancelled or fails', async () => {
    const told: boolean[] = [];
    const temporary = (_: string, exists: boolean): void => void told.push(exists);
    const controller = new AbortController();
    const abortLate = (): Payload => {
      const payload = counting(1, []);
      if (payload.kind === 'span') payload.source.readInto = () => controller.abort();
      return payload;
    };
    const { signal } = controller;
    const cancelled = writeOnnx(model([20 << 20], abortLate), path('m.onnx'), {
      signal,
      temporary,
      externalData: true,
    });
    await assertRejects(cancelled, 'cancelled', 'm.onnx');
    const failing = (): Payload => {
      const payload = counting(1, []);
      if (payload.kind === 'span') payload.source.readInto = () => assert.fail('the disk is gone');
      return payload;
    };
    await assertRejects(writeOnnx(model([20 << 20], failing), path('m.onnx'), { temporary }), 'io', 'the disk is gone');
    await assertRejects(writeOnnx(model([10]), path('no', 'm.onnx'), { temporary }), 'io', 'm.onnx cannot be written');
    assert.deepEqual(readdirSync(path()), []);
    assert.equal(told.filter((exists) => exists).length, told.filter((exists) => !exists).length);
  });

  it('restores the old data file when the model cannot take its place', async () => {
    writeFileSync(path('m.onnx.data'), 'old');
    mkdirSync(path('m.onnx'));
    await assertRejects(writeOnnx(model(lengths), path('m.onnx'), { externalData: true }), 'io', 'm.onnx');
    assert.deepEqual(readdirSync(path()).sort(), ['m.onnx', 'm.onnx.data']);
    assert.equal(readFileSync(path('m.onnx.data'), 'utf8'), 'old');
  });

  it('can save over the file that it reads from', async () => {
    await writeOnnx(model(lengths), path('m.onnx'), { externalData: true });
    const [before, data] = [readFileSync(path('m.onnx')), readFileSync(path('m.onnx.data'))];
    await writeOnnx(readOnnx(path('m.onnx')), path('m.onnx'), { externalData: true });
    assert.deepEqual(readFileSync(path('m.onnx.data')), data);
    assert.deepEqual(readFileSync(path('m.onnx')), before);
    await writeOnnx(readOnnx(path('m.onnx')), path('m.onnx'));
    await writeOnnx(readOnnx(path('m.onnx')), path('m.onnx'));
    assert.deepEqual(readFileSync(path('m.onnx')), Buffer.from(encodeOnnx(model(lengths))));
  });

  it('goes beyond 1.9 GB only with external data', async () => {
    const huge = (): Payload => ({ ...counting(1, []), length: 2_000_000_000 }) as Payload;
    await assertRejects(
      writeOnnx(model([5000], huge), path('m.onnx'), { externalData: false }),
      'unsupported',
      '2.00 GB',
      'external data',
    );
    assert.deepEqual(readdirSync(path()), []);
    assert.throws(() => encodeOnnx(model([5000], huge)), /2.00 GB/);
  });
});
