import assert from 'node:assert/strict';
import { float16Bits, float16Value, roundToBfloat16, roundToFloat16 } from '../../test/support/halves';
import { bfloat16FromFloat32, float16FromFloat32, float32FromBfloat16, float32FromFloat16 } from './half';
import { Random } from './random';

/** Value of float16 bits from the definition, in plain arithmetic. */
function definedValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

describe('half floats', () => {
  it('decodes every float16 as defined, and encodes it back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const values = float32FromFloat16(all);
    const back = float16FromFloat32(values);
    for (let bits = 0; bits < 65536; bits++) {
      const expected = definedValue(bits);
      assert.ok(Object.is(values[bits], expected), `bits ${bits}: ${values[bits]} is not ${expected}`);
      if (!Number.isNaN(expected)) assert.equal(back[bits], bits);
      else assert.ok(Number.isNaN(float16Value(back[bits]!)));
    }
  });

  it('rounds to the nearest float16, halves to even', () => {
    // Between each pair of neighbours: the middle goes to the even one, a hair beside it to the nearer one.
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = definedValue(bits);
      const middle = (low + definedValue(bits + 1)) / 2;
      const hair = 2 ** -20 * Math.max(middle, 2 ** -14);
      assert.equal(float16Bits(middle), bits % 2 === 0 ? bits : bits + 1);
      assert.equal(float16Bits(middle - hair), bits);
      assert.equal(float16Bits(middle + hair), bits + 1);
      assert.equal(float16Bits(-middle - hair), (bits + 1) | 0x8000);
    }
  });

  it('overflows to infinity, or saturates when asked', () => {
    assert.equal(roundToFloat16(65519.99), 65504);
    assert.equal(roundToFloat16(65520), Infinity);
    assert.equal(roundToFloat16(-1e30), -Infinity);
    assert.equal(roundToFloat16(-1e30, { saturate: true }), -65504);
    assert.equal(roundToFloat16(Infinity, { saturate: true }), Infinity);
    assert.ok(Number.isNaN(roundToFloat16(NaN, { saturate: true })));
    assert.equal(float16Bits(-0), 0x8000);
    const largest = Float32Array.of(3.4028234663852886e38);
    assert.equal(bfloat16FromFloat32(largest)[0], 0x7f80);
    assert.equal(bfloat16FromFloat32(largest, undefined, { saturate: true })[0], 0x7f7f);
  });

  it('rounds bfloat16 to the nearest, halves to even, and keeps NaN a NaN', () => {
    assert.equal(roundToBfloat16(1 + 2 ** -8), 1);
    assert.equal(roundToBfloat16(1 + 3 * 2 ** -8), 1 + 2 ** -6);
    assert.equal(roundToBfloat16(-1.01), -1.0078125);
    assert.ok(Number.isNaN(roundToBfloat16(NaN)));
    const nan = new Float32Array(Uint32Array.of(0x7f800001).buffer);
    assert.ok(Number.isNaN(float32FromBfloat16(bfloat16FromFloat32(nan))[0]));
    const values = new Random(3).normals(1000);
    const bits = bfloat16FromFloat32(values);
    const back = float32FromBfloat16(bits);
    back.forEach((value, i) => assert.ok(Math.abs(value - values[i]!) <= Math.abs(values[i]!) * 2 ** -8));
  });
});
