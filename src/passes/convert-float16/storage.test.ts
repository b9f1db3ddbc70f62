import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { lines, optimizedOperators, runPass, sqnrOfOutputs } from '../../../test/support/runPass';
import { Tensor } from '../../graph/tensor';
import { bytesOf } from '../../numerics/elements';
import { apply } from './apply';
import { declaration } from './declaration';

const pass = { declaration, apply };
const network = (opset = 17): ModelBuilder =>
  build({ opset, inputs: { x: ['float', [2, 3, 8, 8]] } })
    .conv('x', 'c', { name: 'conv', channels: 16, inputChannels: 3 })
    .initializer('shape', 'int64', [2], [2, -1])
    .node('Reshape', ['c', 'shape'], 'f')
    .matMul('f', 'y', [576, 10], { name: 'fc' })
    .output('y', 'float', [2, 10]);

describe('passes/convert-float16, storage', () => {
  for (const [precision, least] of [
    ['float16-weights', 65],
    ['bfloat16-weights', 45],
  ] as const) {
    it(`stores weights and computes in float32: ${precision}`, async () => {
      const type = precision.replace('-weights', '');
      const model = network().model();
      const { model: result, changed, notes } = await runPass(pass, model, { options: { precision } });
      assert.deepEqual(lines(result.graph), [
        `Cast<float>(conv.weight_${type}) -> conv.weight_Cast_Output`,
        'Conv(x, conv.weight_Cast_Output, conv.bias) -> c',
        'Reshape(c, shape) -> f',
        `Cast<float>(fc.weight_${type}) -> fc.weight_Cast_Output`,
        'MatMul(f, fc.weight_Cast_Output) -> y',
      ]);
      assert.deepEqual(
        changed.map(({ node, what, bytesBefore, bytesAfter }) => [node, what, bytesBefore! / bytesAfter!]),
        ['conv', 'fc'].map((node) => [node, `float32 → ${type}, stored`, 2]),
      );
      assert.match(notes.join(), /casts them when it loads/);
      for (const db of await sqnrOfOutputs(model, result)) assert.ok(db > least, `${db}`);
      assert.deepEqual(await optimizedOperators(result), await optimizedOperators(model), 'folded');
    });
  }

  it('raises old models to the opset whose Cast knows bfloat16', async () => {
    const { model, notes } = await runPass(pass, network(9).model(), { options: { precision: 'bfloat16-weights' } });
    assert.equal(model.opset, 13);
    assert.match(notes[0]!, /Raised from opset 9 to 13/);
    assert.equal(
      (await runPass(pass, network(9).model(), { options: { precision: 'float16-weights' } })).model.opset,
      9,
    );
  });

  it('holds in bfloat16 what float16 would clamp, and says what was', async () => {
    const values = new Float32Array(32 * 16).fill(1);
    values[3] = 1e6;
    const make = (): ModelBuilder =>
      build({ inputs: { x: ['float', [2, 32]] } })
        .constant(Tensor.ofBytes('w', 'float', [32, 16], bytesOf(values)))
        .node('MatMul', ['x', 'w'], 'y')
        .output('y');
    const wide = await runPass(pass, make().model(), { options: { precision: 'bfloat16-weights' } });
    assert.equal(wide.notes.length, 1);
    const narrow = await runPass(pass, make().model(), { options: { precision: 'float16-weights' } });
    assert.match(narrow.notes[0]!, /beyond the largest float16 .* in "w"/);
  });

  it('leaves alone what is excluded, small, or not float32', async () => {
    const options = { precision: 'bfloat16-weights', exclude: ['fc'] } as const;
    const { changed, skipped } = await runPass(pass, network().model(), { options });
    assert.deepEqual(
      changed.map(({ node }) => node),
      ['conv'],
    );
    assert.deepEqual(skipped, [{ node: 'fc', opType: 'MatMul', reason: 'Excluded by name.' }]);
  });
});
