import assert from 'node:assert/strict';
import { Tensor } from '../../graph/tensor';
import { Contents } from './contents';

describe('contents of tensors', () => {
  const bytes = (length: number, at = -1): Uint8Array =>
    new Uint8Array(length).map((_, index) => (index === at ? 1 : 0));
  const tensor = (shape: number[], at?: number): Tensor => Tensor.ofBytes('t', 'uint8', shape, bytes(shape[0]!, at));

  it('are told apart wherever they differ, and by type and shape', () => {
    const contents = new Contents();
    const same = contents.idOf(tensor([1000]));
    assert.equal(contents.idOf(tensor([1000])), same);
    const others = [
      tensor([1000], 0),
      tensor([1000], 500),
      tensor([1000], 999),
      tensor([999]),
      Tensor.ofBytes('t', 'int8', [1000], bytes(1000)),
    ];
    assert.equal(new Set([same, ...others.map((each) => contents.idOf(each))]).size, 6);
    assert.equal(contents.idOf(tensor([1000], 500)), contents.idOf(others[1]!));
  });

  it('are read whole only where the ends are the same', () => {
    const read: number[] = [];
    const contents = new Contents();
    for (const value of [1, 2]) {
      const source = {
        name: 'made',
        read: (_: number, length: number) => {
          read.push(length);
          return new Uint8Array(length).fill(value);
        },
      };
      contents.idOf(
        new Tensor({ dataType: 'uint8', shape: [5000], data: { kind: 'span', source, offset: 0, length: 5000 } }),
      );
    }
    assert.deepEqual(read, [64, 64, 64, 64]);
  });
});
