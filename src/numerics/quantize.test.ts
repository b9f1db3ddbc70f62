import assert from 'node:assert/strict';
import {
  channelLayout,
  ChannelRange,
  differencePower,
  quantizationParameters,
  quantizedRange,
  quantizeTensor,
  Quantizer,
  sqnrDb,
} from './quantize';
import { Random } from './random';
import { roundHalfEven } from './rounding';

describe('quantization', () => {
  it('rounds halves to even', () => {
    const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.4999, 1e15];
    assert.deepEqual(
      halves.map((x) => roundHalfEven(x) + 0),
      [-2, -2, 0, 0, 2, 2, 3, 1e15],
    );
    assert.equal(roundHalfEven(Infinity), Infinity);
  });

  it('derives ranges, scales and zero points by the formulas', () => {
    assert.deepEqual(quantizedRange('int8', { symmetric: true }), { qmin: -127, qmax: 127 });
    assert.deepEqual(quantizedRange('int8'), { qmin: -128, qmax: 127 });
    assert.deepEqual(quantizedRange('uint8', { reduced: true }), { qmin: 0, qmax: 127 });
    assert.deepEqual(quantizedRange('int8', { reduced: true }), { qmin: -64, qmax: 64 });
    assert.deepEqual(quantizedRange('int4', { symmetric: true }), { qmin: -7, qmax: 7 });
    assert.deepEqual(quantizedRange('uint16'), { qmin: 0, qmax: 65535 });
    const u8 = quantizedRange('uint8');
    assert.deepEqual(quantizationParameters(0, 2.55, u8, false), { scale: Math.fround(0.01), zeroPoint: 0 });
    assert.deepEqual(quantizationParameters(-1, 1.55, u8, false), { scale: Math.fround(0.01), zeroPoint: 100 });
    // Widened to hold zero.
    assert.deepEqual(quantizationParameters(1, 2.55, u8, false), { scale: Math.fround(0.01), zeroPoint: 0 });
    assert.deepEqual(quantizationParameters(-1, 0.5, u8, true), { scale: Math.fround(2 / 255), zeroPoint: 128 });
    assert.deepEqual(quantizationParameters(-1, 0.5, quantizedRange('int8', { symmetric: true }), true), {
      scale: Math.fround(2 / 254),
      zeroPoint: 0,
    });
    assert.deepEqual(quantizationParameters(0, 1e-45, u8, false), { scale: 1, zeroPoint: 0 });
  });

  it('finds the range of each channel, whatever the axis and the pieces', () => {
    const shape = [3, 4, 5];
    const values = new Random(5).normals(60);
    for (const axis of [undefined, 0, 1, 2, -1]) {
      const layout = channelLayout(shape, axis);
      const whole = new ChannelRange(layout);
      whole.add(values);
      const pieces = new ChannelRange(layout);
      for (let start = 0; start < 60; start += 7) pieces.add(values.subarray(start, start + 7), start);
      assert.deepEqual(pieces, whole);
      const expected = new Float32Array(layout.channels);
      const at = axis === undefined ? undefined : (axis + 3) % 3;
      values.forEach((value, flat) => {
        const index = [Math.floor(flat / 20), Math.floor(flat / 5) % 4, flat % 5];
        const channel = at === undefined ? 0 : index[at]!;
        expected[channel] = Math.max(expected[channel]!, Math.abs(value));
      });
      assert.deepEqual(
        Float32Array.from(expected, (_, c) => whole.absMax(c)),
        expected,
      );
    }
  });

  it('quantizes to within half a step, in pieces as in whole, and counts the noise', () => {
    const shape = [6, 7, 2];
    const values = new Random(6).normals(84);
    for (const axis of [undefined, 0, 1, 2]) {
      for (const symmetric of [true, false]) {
        const { quantized, quantizer } = quantizeTensor(values, shape, { type: 'int8', axis, symmetric });
        const back = quantizer.dequantize(quantized);
        values.forEach((x, i) => {
          const largest = Math.max(...quantizer.scales);
          assert.ok(Math.abs(x - back[i]!) <= largest * (symmetric ? 0.5001 : 1.0001), `${x} became ${back[i]}`);
        });
        const pieces = new Int8Array(84);
        for (let start = 0; start < 84; start += 11) {
          const part = values.subarray(start, start + 11);
          pieces.set(quantizer.quantize(part, new Int8Array(part.length), start), start);
        }
        assert.deepEqual(pieces, quantized);
        const direct = differencePower(values, back);
        const counted = quantizer.noise(values);
        assert.ok(Math.abs(sqnrDb(direct) - sqnrDb(counted)) < 0.01);
        assert.ok(sqnrDb(counted) > 38 && sqnrDb(counted) < 60, `${sqnrDb(counted)} dB`);
      }
    }
  });

  it('clamps instead of wrapping, and shows NaN', () => {
    const layout = channelLayout([3]);
    const quantizer = new Quantizer(layout, Float32Array.of(1), Int32Array.of(0), { qmin: -127, qmax: 127 });
    assert.deepEqual([...quantizer.quantize(Float32Array.of(300, -300, 2.5), new Int8Array(3))], [127, -127, 2]);
    assert.ok(Number.isNaN(quantizer.noise(Float32Array.of(1, NaN)).signal));
    assert.equal(sqnrDb(quantizer.noise(Float32Array.of(1, 2))), Infinity);
  });
});
