import assert from 'node:assert/strict';
import { Attribute } from './attribute';
import { Node } from './node';

describe('Attribute', () => {
  it('keeps "to the end" when it is read as a number and written again', () => {
    const toTheEnd = 2n ** 63n - 1n;
    const attributes = [Attribute.ints('ends', [toTheEnd, -3n]), Attribute.int('end', toTheEnd)];
    const node = new Node({ opType: 'Slice', inputs: [], outputs: [], attributes });
    assert.deepEqual(Attribute.ints('ends', node.ints('ends')!), attributes[0]);
    assert.deepEqual(Attribute.int('end', node.int('end')!), attributes[1]);
  });

  it('is no whole number by accident', () => {
    assert.throws(() => Attribute.int('half', 0.5), RangeError);
  });
});
