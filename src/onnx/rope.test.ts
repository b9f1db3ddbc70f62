import { create, toBinary } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { fuzzCase } from '../../test/support/fuzzCase';
import { fuzzModels } from '../../test/support/fuzzModels';
import { eachMessage, richModel } from '../../test/support/protoModels';
import '../../test/support/protobufText';
import { encodeOnnx } from './bytes';
import { decodeProto } from './decode';
import { copyOf, newMessage } from './messages';
import { payloadLength, setPayload } from './payload';
import { ropeOf } from './rope';
import { ModelProtoSchema, type ModelProto } from './schema/onnx_pb';

const theirs = (model: ModelProto): Buffer => Buffer.from(toBinary(ModelProtoSchema, model));
const ours = (model: ModelProto): Buffer => Buffer.from(encodeOnnx(model));

describe('the encoder', () => {
  it('writes every field, and unknown ones, as the protobuf library does', () => {
    const model = richModel();
    eachMessage(ModelProtoSchema, model, (message) => {
      message.$unknown = [
        { no: 900, wireType: 2, data: Uint8Array.of(2, 1, 2) },
        { no: 901, wireType: 0, data: Uint8Array.of(0x80, 1) },
      ];
    });
    assert.deepEqual(ours(model), theirs(model));
    assert.deepEqual(ours(copyOf(model)), theirs(model));
  });

  it('writes numbers of all sizes and signs', () => {
    const ints = [0n, 127n, 128n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, -1n, -(2n ** 63n)];
    const int32Data = [0, 1, 127, 128, 2 ** 31 - 1, -1, -(2 ** 31)];
    const floatData = [0, -0, 1.5, NaN, Infinity, 1e-45];
    const tensor = {
      dims: ints,
      int32Data,
      int64Data: ints,
      uint64Data: [2n ** 64n - 1n],
      floatData,
      doubleData: [0.1],
    };
    const model = create(ModelProtoSchema, { irVersion: -1n, graph: { initializer: [tensor, { dataType: -7 }] } });
    assert.deepEqual(ours(model), theirs(model));
  });

  it('writes lengths of one byte, of two and of three', () => {
    for (const length of [0, 1, 126, 127, 128, 16_383, 16_384, 70_000]) {
      const docString = 'é'.repeat(length >> 1).padEnd(length >> 1, 'x');
      const model = create(ModelProtoSchema, {
        graph: { docString, node: [{ name: 'n'.repeat(length) }, { name: 'm' }] },
      });
      assert.deepEqual(ours(model), theirs(model), `${length}`);
    }
  });

  it('keeps payloads in their places, however much moves before them', () => {
    const lengths = [1, 200, 40_000];
    const model = (inline: boolean): ModelProto =>
      create(ModelProtoSchema, {
        graph: {
          name: 'g',
          initializer: lengths.map((length, index) => {
            const rawData = new Uint8Array(length).fill(index + 1);
            const tensor = newMessage('TensorProto', { name: 'w'.repeat(index * 90), ...(inline && { rawData }) });
            if (!inline) setPayload(tensor, { kind: 'bytes', bytes: rawData });
            return tensor;
          }),
          docString: 'after them',
        },
      });
    assert.deepEqual(ours(model(false)), theirs(model(true)));
    const { segments, length } = ropeOf(model(false));
    assert.deepEqual(
      segments.filter((_, index) => index % 2 === 1).map(payloadLength),
      lengths,
      'payloads are segments of their own',
    );
    assert.equal(length, theirs(model(true)).length);
  });

  it('writes damaged models as the protobuf library does, once they were read', () => {
    const models = fuzzModels();
    let written = 0;
    for (let index = 0; index < 1000; index++) {
      const { bytes, model, mutation } = fuzzCase(models, index);
      let decoded: ModelProto;
      try {
        decoded = decodeProto(bytes);
      } catch {
        continue;
      }
      assert.ok(ours(decoded).equals(theirs(decoded)), `case ${index}, ${mutation} of ${model}`);
      written++;
    }
    assert.ok(written > 400, `${written} were written`);
  });
});
