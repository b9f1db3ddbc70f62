import assert from 'node:assert/strict';
import { aligned, fromNumbers, nativeView, toBigInts, toFloat32, toNumbers, type ElementType } from './elements';
import { packBits, unpackSigned, unpackUnsigned } from './packing';
import { Random } from './random';
import { smallFloatTable } from './smallFloat';

describe('elements', () => {
  it('writes numbers as any type and reads them back', () => {
    const cases: [ElementType, number[]][] = [
      ['float', [0, -1.5, 2 ** 127]],
      ['double', [Math.PI, -1e300]],
      ['float16', [0.5, -65504, 2 ** -24]],
      ['bfloat16', [1, -2.5, 2 ** 100]],
      ['int8', [-128, 127, 0]],
      ['uint8', [255, 1]],
      ['int16', [-32768, 32767]],
      ['uint16', [65535]],
      ['int32', [-(2 ** 31), 7]],
      ['uint32', [2 ** 32 - 1]],
      ['int64', [-(2 ** 53) + 1, 5]],
      ['bool', [1, 0]],
      ['int4', [-8, 7, -1]],
      ['uint4', [15, 0, 9]],
      ['int2', [-2, 1, 0, -1, 1]],
      ['uint2', [3, 2, 1, 0, 3]],
    ];
    for (const [type, numbers] of cases) {
      assert.deepEqual(toNumbers(type, fromNumbers(type, numbers), numbers.length), numbers, type);
    }
  });

  it('rounds half to even and wraps when integers are written', () => {
    assert.deepEqual([...fromNumbers('int8', [2.5, 3.5, -0.5, 300])], [2, 4, 0, 44]);
    assert.deepEqual(toNumbers('uint16', fromNumbers('uint16', [-1, 1.5]), 2), [65535, 2]);
    assert.deepEqual(toNumbers('int64', fromNumbers('int64', [2.5, -1e9]), 2), [2, -1e9]);
    const [end] = toNumbers('int64', new Uint8Array(BigInt64Array.of(2n ** 63n - 1n).buffer), 1);
    assert.deepEqual(toBigInts('int64', fromNumbers('int64', [end!]), 1), [2n ** 63n - 1n]);
    assert.deepEqual(toBigInts('uint64', fromNumbers('uint64', [2 ** 63]), 1), [2n ** 63n]);
    assert.deepEqual([...fromNumbers('uint4', [1.5, 2.5])], [0x22]);
  });

  it('views aligned bytes and copies the others', () => {
    const buffer = new Uint8Array(16);
    const view = nativeView('float', buffer.subarray(4, 12));
    assert.equal(view.buffer, buffer.buffer);
    assert.equal(view.length, 2);
    const odd = nativeView('float', buffer.subarray(1, 9));
    assert.notEqual(odd.buffer, buffer.buffer);
    assert.equal(aligned(buffer.subarray(8), 8).buffer, buffer.buffer);
    // A decoded type never shares the bytes.
    assert.deepEqual([...toFloat32('int8', Uint8Array.of(255, 2), 2)], [-1, 2]);
  });

  it('reads int64 exactly', () => {
    const bytes = new Uint8Array(BigInt64Array.of(9223372036854775807n, -3n).buffer);
    assert.deepEqual(toBigInts('int64', bytes, 2), [9223372036854775807n, -3n]);
    assert.deepEqual(toBigInts('int32', fromNumbers('int32', [-3]), 1), [-3n]);
  });

  it('refuses what is not a number', () => {
    assert.throws(() => toFloat32('string', new Uint8Array(0), 0), /not numbers/);
    assert.throws(() => toFloat32('complex64', new Uint8Array(8), 1), /not real/);
  });

  it('packs the first element into the lowest bits', () => {
    assert.deepEqual([...packBits(Int8Array.of(1, -1, 3), 4)], [0xf1, 0x03]);
    assert.deepEqual([...packBits(Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 1), 1)], [0b1101, 1]);
    const random = new Random(1);
    for (const bits of [1, 2, 4] as const) {
      const values = Uint8Array.from({ length: 37 }, () => random.integer(1 << bits));
      assert.deepEqual(unpackUnsigned(packBits(values, bits), bits, 37), values);
    }
    const signed = Int8Array.of(-2, -1, 0, 1, 1);
    assert.deepEqual(unpackSigned(packBits(signed, 2), 2, 5), signed);
  });

  it('knows the landmarks of the small floats', () => {
    assert.equal(smallFloatTable('float8e4m3fn')[0x7e], 448);
    assert.ok(Number.isNaN(smallFloatTable('float8e4m3fn')[0xff]));
    assert.equal(smallFloatTable('float8e4m3fnuz')[0x7f], 240);
    assert.ok(Number.isNaN(smallFloatTable('float8e4m3fnuz')[0x80]));
    assert.equal(smallFloatTable('float8e5m2')[0x7b], 57344);
    assert.equal(smallFloatTable('float8e5m2')[0xfc], -Infinity);
    assert.equal(smallFloatTable('float8e5m2fnuz')[0x7f], 57344);
    assert.equal(smallFloatTable('float6e2m3')[31], 7.5);
    assert.equal(smallFloatTable('float6e3m2')[63], -28);
    // 1.0 is 001000 in e2m3: five of them are 30 bits.
    const ones = Uint8Array.of(0b00001000, 0b10000010, 0b00100000, 0b00001000);
    assert.deepEqual(toNumbers('float6e2m3', ones, 5), [1, 1, 1, 1, 1]);
    assert.equal(smallFloatTable('float8e8m0')[0], 2 ** -127);
    assert.deepEqual([...smallFloatTable('float4e2m1').slice(0, 8)], [0, 0.5, 1, 1.5, 2, 3, 4, 6]);
  });
});
