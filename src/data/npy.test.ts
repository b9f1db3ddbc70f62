import assert from 'node:assert/strict';
import { npyBytes } from '../../test/support/npy';
import { openNpy } from './npy';

const open = (bytes: Uint8Array) =>
  openNpy({ name: 'a.npy', read: (offset, length) => bytes.subarray(offset, offset + length) });

describe('.npy', () => {
  const cases: [string, Uint8Array, string, ArrayLike<unknown>][] = [
    ['<f4', new Uint8Array(Float32Array.of(1, -2.5).buffer), 'float', [1, -2.5]],
    ['<f8', new Uint8Array(Float64Array.of(1, 1e300).buffer), 'double', [1, 1e300]],
    ['<f2', new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer), 'float16', [0x3c00, 0xc000]],
    ['>f4', Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0), 'float', [1, -2.5]],
    ['>i2', Uint8Array.of(1, 0, 0xff, 0xff), 'int16', [256, -1]],
    ['<i8', new Uint8Array(BigInt64Array.of(1n, -5n).buffer), 'int64', [1n, -5n]],
    ['<u4', new Uint8Array(Uint32Array.of(1, 2 ** 31).buffer), 'uint32', [1, 2 ** 31]],
    ['|u1', Uint8Array.of(1, 255), 'uint8', [1, 255]],
    ['|i1', Uint8Array.of(1, 255), 'int8', [1, -1]],
    ['|b1', Uint8Array.of(1, 0), 'bool', [1, 0]],
    ['<U3', new Uint8Array(Uint32Array.of(0x61, 0x1f600, 0, 0x62, 0, 0).buffer), 'string', ['a😀', 'b']],
    ['|S2', Uint8Array.of(0x61, 0, 0x62, 0x63), 'string', ['a', 'bc']],
  ];
  for (const [descr, data, dataType, elements] of cases) {
    it(`reads ${descr}`, () => {
      const all = open(npyBytes(descr, [2], data)).all();
      assert.equal(all.dataType, dataType);
      assert.deepEqual(Array.from(all.data as ArrayLike<unknown>), Array.from(elements));
    });
  }

  it('puts Fortran order right, as a whole and by row', () => {
    // [[0, 1, 2], [3, 4, 5]] stored column by column
    const array = open(npyBytes('|u1', [2, 3], Uint8Array.of(0, 3, 1, 4, 2, 5), true));
    assert.deepEqual([...(array.all().data as Uint8Array)], [0, 1, 2, 3, 4, 5]);
    assert.deepEqual([...(array.rows(1, 1).data as Uint8Array)], [3, 4, 5]);
  });

  it('reads only the rows that are asked for', () => {
    const bytes = npyBytes('<f4', [1000, 4], new Uint8Array(Float32Array.from({ length: 4000 }, (_, i) => i).buffer));
    let most = 0;
    const array = openNpy({
      name: 'big.npy',
      read(offset, length) {
        most = Math.max(most, length);
        return bytes.subarray(offset, offset + length);
      },
    });
    assert.deepEqual([...(array.rows(500, 1).data as Float32Array)], [2000, 2001, 2002, 2003]);
    assert.ok(most < 200, `read ${most} bytes at once`);
  });

  const refused: [string, Uint8Array, RegExp][] = [
    ['something else', new TextEncoder().encode('name,class\ncat,1\n'), /a\.npy is not a \.npy array/],
    ['pickled objects', npyBytes('|O', [1], new Uint8Array(8)), /Python objects/],
    ['complex numbers', npyBytes('<c8', [1], new Uint8Array(8)), /type "<c8"/],
    ['a truncated array', npyBytes('<f4', [4], new Uint8Array(12)), /ends before its last element/],
  ];
  for (const [what, bytes, message] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => open(bytes).all(), { code: 'data', message }));
  }
});
