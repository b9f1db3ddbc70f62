import assert from 'node:assert/strict';
import { assertFails } from '../../test/support/errors';
import { tensorOf } from '../../test/support/tensors';
import { Tensor } from './tensor';

describe('Tensor', () => {
  it('knows its size in elements and bytes', () => {
    const make = (dataType: 'float' | 'int4' | 'uint2' | 'float6e2m3', ...shape: number[]): Tensor =>
      new Tensor({ dataType, shape, data: { kind: 'bytes', bytes: new Uint8Array(0) } });
    assert.deepEqual([make('float', 2, 3).size, make('float', 2, 3).byteLength], [6, 24]);
    assert.deepEqual([make('float').size, make('float').byteLength], [1, 4]);
    assert.equal(make('float', 0, 7).byteLength, 0);
    assert.equal(make('int4', 5).byteLength, 3, 'the last byte is shared by nobody');
    assert.equal(make('uint2', 5).byteLength, 2);
    assert.equal(make('float6e2m3', 5).byteLength, 4);
  });

  it('reads from where its bytes are, each time anew', () => {
    let reads = 0;
    const source = {
      name: 'somewhere',
      read: (offset: number, length: number) => Uint8Array.from({ length }, () => offset + reads++),
    };
    const data = { kind: 'span', source, offset: 8, length: 2 } as const;
    const tensor = new Tensor({ name: 'w', dataType: 'uint8', shape: [2], data });
    assert.equal(reads, 0);
    assert.deepEqual(tensor.bytes(), Uint8Array.of(8, 9));
    assert.deepEqual(tensor.bytes(), Uint8Array.of(10, 11));
  });

  it('holds strings, which have no raw bytes', () => {
    const strings = [Uint8Array.of(65, 66), Uint8Array.of(67)];
    const tensor = new Tensor({ name: 's', dataType: 'string', shape: [2], data: { kind: 'strings', strings } });
    assert.equal(tensor.byteLength, 3);
    assertFails(() => tensor.bytes(), 'unsupported', '"s"');
  });

  it('is made from bytes that fit', () => {
    const tensor = tensorOf('w', 'float', [2], [1, 2]);
    assert.equal(tensor.bytes().length, 8);
    assertFails(() => Tensor.ofBytes('w', 'float', [3], tensor.bytes()), 'internal', '"w"', '12 bytes, not 8');
    assertFails(() => Tensor.ofBytes('w', 'string', [0], new Uint8Array(0)), 'internal');
  });

  it('changes into another without changing itself', () => {
    const tensor = tensorOf('w', 'float', [2], [1, 2]).with({ docString: 'doc', metadata: new Map([['k', 'v']]) });
    const other = tensor.with({ name: 'v', shape: [1, 2] });
    assert.deepEqual([tensor.name, tensor.shape], ['w', [2]]);
    assert.deepEqual([other.name, other.shape, other.docString], ['v', [1, 2], 'doc']);
    assert.equal(other.data, tensor.data);
    assert.equal(other.metadata.get('k'), 'v');
  });
});
