import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eachMessage, normalized, richModel } from '../../test/support/protoModels';
import { ModelProtoSchema, TensorShapeProto_DimensionSchema, type ModelProto } from '../onnx/schema/onnx_pb';
import { cloneModel } from './clone';
import { decodeModel, readModel } from './fromOnnx';
import { encodeModel, writeModel } from './toOnnx';

const encode = (model: ModelProto): Uint8Array => toBinary(ModelProtoSchema, model);
const decode = (bytes: Uint8Array): ModelProto => fromBinary(ModelProtoSchema, bytes);

/** The same but for what the format lets a writer choose. */
function assertSame(before: Uint8Array, after: Uint8Array): void {
  const [expected, actual] = [normalized(decode(before)), normalized(decode(after))];
  if (Buffer.compare(encode(actual), encode(expected)) === 0) return;
  assert.deepEqual(actual, expected);
  assert.fail('the messages differ');
}

describe('reading and writing a model', () => {
  it('keeps everything that the format has', () => {
    const bytes = encode(richModel());
    const before = Uint8Array.from(bytes);
    const model = decodeModel(bytes);
    assertSame(bytes, encodeModel(model));
    assert.deepEqual(bytes, before, 'the input must stay as it was');
  });

  it('keeps unknown fields of every message', () => {
    const rich = richModel();
    let messages = 0;
    eachMessage(ModelProtoSchema, rich, (message) => {
      messages++;
      // A varint, a fixed64, a string and a fixed32 of fields that nobody has defined.
      message.$unknown = [
        { no: 1000, wireType: 0, data: Uint8Array.of(messages & 0x7f) },
        { no: 1001, wireType: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
        { no: 1002, wireType: 2, data: Uint8Array.of(2, 65, 66) },
        { no: 1003, wireType: 5, data: Uint8Array.of(1, 2, 3, 4) },
      ];
    });
    assert.ok(messages > 200, `${messages} messages`);
    const bytes = encode(rich);
    assertSame(bytes, encodeModel(decodeModel(bytes)));
  });

  it('keeps everything through a clone', () => {
    const bytes = encode(richModel());
    assert.deepEqual(encodeModel(cloneModel(decodeModel(bytes))), encodeModel(decodeModel(bytes)));
  });

  it('reaches a form that a second round does not change', () => {
    const once = encodeModel(decodeModel(encode(richModel())));
    assert.deepEqual(encodeModel(decodeModel(once)), once);
  });

  it('keeps sizes that no number holds exactly', () => {
    const rich = richModel();
    const { value } = rich.graph!.input.flatMap(({ type }) => (type ? [type] : []))[0]!;
    assert.ok(value.case === 'tensorType' && value.value.shape);
    for (const [index, size] of [2n ** 63n - 1n, 2n ** 53n + 1n, -1n].entries()) {
      value.value.shape.dim[index] = create(TensorShapeProto_DimensionSchema, {
        value: { case: 'dimValue', value: size },
      });
    }
    const bytes = encode(rich);
    const model = decodeModel(bytes);
    const { type } = model.graph.inputs[0]!;
    assert.ok(type?.kind === 'tensor');
    assert.deepEqual(type.shape?.slice(0, 3), [null, null, null]);
    assertSame(bytes, encodeModel(model));
  });

  it('keeps text that is no UTF-8', () => {
    const rich = richModel();
    rich.docString = 'latin';
    const bytes = encode(rich);
    const at = Buffer.from(bytes).indexOf('latin');
    bytes.set([0xe9, 0xff, 0xed, 0xb2, 0x80], at);
    assertSame(bytes, encodeModel(decodeModel(bytes)));
    const written = Buffer.from(encodeModel(decodeModel(bytes)));
    assert.ok(written.includes(Buffer.of(0xe9, 0xff, 0xed, 0xb2, 0x80)));
  });

  describe('in files', () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lapidary-'))));
    afterEach(() => rmSync(folder, { recursive: true }));

    it('writes what encoding gives, and leaves the source alone', async () => {
      const source = join(folder, 'source.onnx');
      const bytes = encode(richModel());
      writeFileSync(source, bytes);
      const written = await writeModel(readModel(source), join(folder, 'copy.onnx'));
      const copy = readFileSync(join(folder, 'copy.onnx'));
      assert.deepEqual(copy, Buffer.from(encodeModel(decodeModel(bytes))));
      assert.equal(written.bytes, copy.length);
      assert.deepEqual(readFileSync(source), Buffer.from(bytes));
    });

    it('leaves weights inside or beside the model, as they were', async () => {
      const bytes = encode(richModel());
      assert.equal((await writeModel(decodeModel(bytes), join(folder, 'a.onnx'))).data, undefined);
      await writeModel(decodeModel(bytes), join(folder, 'b.onnx'), { externalData: true });
      assert.ok((await writeModel(readModel(join(folder, 'b.onnx')), join(folder, 'c.onnx'))).data);
    });

    it('keeps everything through external data and back', async () => {
      const bytes = encode(richModel());
      const [outer, inner] = [join(folder, 'outer.onnx'), join(folder, 'inner.onnx')];
      const written = await writeModel(decodeModel(bytes), outer, { externalData: true });
      // `large`, `largeTyped`, the two attributes and the one in the training info.
      assert.equal(written.data?.bytes, 5 * 8192);
      const external = readModel(outer);
      assert.ok(external.graph.initializers.get('large')?.constant?.external);
      await writeModel(external, inner, { externalData: false });
      assertSame(bytes, readFileSync(inner));
    });
  });
});
