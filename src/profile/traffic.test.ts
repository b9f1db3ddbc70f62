import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { profileModel } from './profile';

describe('bytes moved', () => {
  const layers = profileModel(
    build({ inputs: { x: ['float', ['N', 16]], ids: ['int64', [2]] } })
      .gemm('x', 'h', [16, 4], { name: 'layer' })
      .node('Mul', ['h', 'h'], 'square')
      .node('Flatten', ['square'], 'flat', { axis: 1 })
      .initializer('table', 'float', [1000, 8])
      .node('Gather', ['table', 'ids'], 'rows')
      .output('flat')
      .output('rows')
      .model(),
    { dims: { N: 3 } },
  ).layers;
  const of = (opType: string) => layers.find((layer) => layer.opType === opType)!;

  it('count operands, weights and outputs once', () => {
    const gemm = of('Gemm');
    assert.equal(gemm.bytesRead, 4 * (3 * 16 + 16 * 4 + 4));
    assert.equal(gemm.bytesWritten, 4 * 3 * 4);
    assert.equal(gemm.intensity, (gemm.flops as number) / (gemm.bytesRead + gemm.bytesWritten));
    assert.equal(of('Mul').bytesRead, 4 * 3 * 4);
  });

  it('leave views out, and the rows of a table that nobody picks', () => {
    assert.deepEqual([of('Flatten').bytesRead, of('Flatten').intensity], [0, null]);
    assert.equal(of('Gather').bytesRead, 4 * 2 * 8 + 2 * 8);
  });
});
