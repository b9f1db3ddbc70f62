import { toBinary } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { richModel } from '../../test/support/protoModels';
import { flipBits, overwrite } from '../../test/support/mutate';
import { seeded } from '../../test/support/random';
import { ModelProtoSchema } from '../onnx/schema/onnx_pb';
import { LapidaryError } from '../protocol/errors';
import { checkModel } from './check';
import { decodeModel } from './fromOnnx';
import { encodeModel } from './toOnnx';

/** Damaged copies of each model; LAPIDARY_FUZZ_ROUNDS asks for more. */
const rounds = Number(process.env.LAPIDARY_FUZZ_ROUNDS ?? 300);

/** Reads, checks and writes; true when all went well, false for a typed error. Anything else is thrown on. */
function survives(bytes: Uint8Array): boolean {
  try {
    const model = decodeModel(bytes);
    encodeModel(model);
    checkModel(model);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof LapidaryError) || thrown.code === 'internal') throw thrown;
    assert.notEqual(thrown.message, '');
    return false;
  }
}

describe('damaged models', () => {
  const models: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['a model with everything', toBinary(ModelProtoSchema, richModel())],
    ['a small network', network()],
  ];

  for (const [name, original] of models) {
    it(`${name}: cut off anywhere`, () => {
      for (let length = 0; length < original.length; length += Math.ceil(original.length / 400)) {
        survives(original.subarray(0, length));
      }
    });

    it(`${name}: flipped bits`, () => {
      const random = seeded(7);
      let good = 0;
      for (let round = 0; round < rounds; round++) {
        if (survives(flipBits(original, random))) good++;
      }
      // Flips in weights and names do no harm; flips in tags and lengths do.
      assert.ok(good > rounds / 50 && good < rounds, `${good} of ${rounds} were readable`);
    });

    it(`${name}: random bytes put in`, () => {
      const random = seeded(8);
      for (let round = 0; round < rounds / 3; round++) survives(overwrite(original, random));
    });
  }
});

function network(): Uint8Array {
  const builder = build({ inputs: { x: ['float', ['N', 3, 8, 8]] } });
  builder.conv('x', 'a', { channels: 4, inputChannels: 3 }).relu('a', 'y');
  const body = builder.body().relu('y', 'then').output('then');
  const other = builder.body().node('Neg', ['y'], 'else').output('else');
  builder.initializer('c', 'bool', [], [1]);
  return builder.node('If', ['c'], 'z', { then_branch: body, else_branch: other }).output('z', 'float').bytes();
}
