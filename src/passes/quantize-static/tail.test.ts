import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { quantize } from '../../../test/support/quantizeStatic';
import { countNodes, sqnrOfOutputs } from '../../../test/support/runPass';

describe('passes/quantize-static: a Relu or Clip behind a layer', () => {
  it('stays where the layer gives floats, since only codes saturate', async () => {
    const model = build({ inputs: { x: ['float', [4, 32]] } })
      .gemm('x', 'a', [32, 16], { name: 'fc' })
      .relu('a', 'y')
      .output('y', 'float')
      .model();
    const { model: result } = await quantize(model);
    assert.equal(countNodes(result, 'Relu'), 1);
    const [db] = await sqnrOfOutputs(model, result);
    assert.ok(db! > 25, `${db} dB`);
  });
});
