import assert from 'node:assert/strict';
import { matchesName } from '../../pass/option';
import { exceptOnly, onlyIn } from './only';

describe('host/compress/only', () => {
  it('finds the layers among the arguments of a command, whatever else is there', () => {
    const only = { layers: ['a'], channels: ['a', 'b'] };
    assert.deepEqual(onlyIn(['file', undefined, { only }]), only);
    for (const other of [[], [{}], [{ only: 1 }], [{ only: { layers: [] } }], [{ only: { layers: [1] } }]]) {
      assert.equal(onlyIn(other), undefined);
    }
  });

  it('leaves all others alone, and with channels not those that read them', () => {
    const only = { layers: ['conv.1'], channels: ['conv.1', 'conv.2'] };
    const left = (pass: string): string[] =>
      ['conv.1', 'conv.2', 'conv.3', 'convX1'].filter((name) => matchesName(name, exceptOnly(only, pass)));
    assert.deepEqual(left('quantize-weights'), ['conv.2', 'conv.3', 'convX1']);
    assert.deepEqual(left('prune-channels'), ['conv.3', 'convX1']);
  });
});
