import assert from 'node:assert/strict';
import { type ChannelLayout, ChannelRange, quantizationParameters, Quantizer } from '../quantize';
import { Random } from '../random';
import { roundHalfEven } from '../rounding';

/** What every value's channel is, by the definition of the layout. */
const channelAt = ({ channels, inner }: ChannelLayout, flat: number): number => Math.floor(flat / inner) % channels;

/** Values of all magnitudes, among them ties of the scale 1/4, denormals and zeros. */
function someValues(size: number): Float32Array {
  const random = new Random(size);
  return Float32Array.from({ length: size }, (_, i) => {
    const x = random.uniform() - 0.5;
    return [x, (Math.round(x * 400) + 0.5) / 4, x * 1e-40, 0, x * 1e6][i % 5]!;
  });
}

const layouts: readonly ChannelLayout[] = [
  { outer: 1, channels: 1, inner: 70_001 },
  { outer: 37, channels: 5, inner: 1 },
  { outer: 300, channels: 771, inner: 1 },
  { outer: 1, channels: 64, inner: 27 },
  { outer: 3, channels: 7, inner: 9 },
  // More channels than fit into the memory of the kernels at once.
  { outer: 3, channels: 65_540, inner: 1 },
  { outer: 2, channels: 65_540, inner: 2 },
];

describe('kernels of linear quantization', () => {
  for (const layout of layouts) {
    const { outer, channels, inner } = layout;
    const values = someValues(outer * channels * inner);
    const cut = Math.floor(values.length / 3) + 1;
    const [head, tail] = [values.subarray(0, cut), values.subarray(cut)];

    it(`find the ranges of [${outer}, ${channels}, ${inner}]`, () => {
      const [min, max] = [new Float32Array(channels), new Float32Array(channels)];
      values.forEach((x, flat) => {
        const c = channelAt(layout, flat);
        min[c] = Math.min(min[c]!, x);
        max[c] = Math.max(max[c]!, x);
      });
      const found = new ChannelRange(layout);
      found.add(head);
      found.add(tail, cut);
      assert.deepEqual(found.min, min);
      assert.deepEqual(found.max, max);
    });

    for (const [array, qmin, qmax] of [
      [Int8Array, -127, 127],
      [Uint8Array, 0, 255],
      [Uint16Array, 0, 65535],
    ] as const) {
      it(`quantize [${outer}, ${channels}, ${inner}] to ${array.name.replace('Array', '')} as the formula says`, () => {
        const random = new Random(channels);
        const parameters = Array.from({ length: channels }, () => {
          const high = random.uniform() < 0.2 ? 0.25 * qmax : random.uniform() * 10;
          return quantizationParameters(-high, high, { qmin, qmax }, qmin < 0);
        });
        const scales = Float32Array.from(parameters, ({ scale }) => scale);
        const zeroPoints = Int32Array.from(parameters, ({ zeroPoint }) => zeroPoint);
        const quantizer = new Quantizer(layout, scales, zeroPoints, { qmin, qmax });
        const expected = new array(values.length);
        let [signal, noise] = [0, 0];
        values.forEach((x, flat) => {
          const [scale, zero] = [scales[channelAt(layout, flat)]!, zeroPoints[channelAt(layout, flat)]!];
          const code = Math.min(qmax, Math.max(qmin, roundHalfEven(x * (1 / scale)) + zero));
          expected[flat] = code;
          signal += x * x;
          noise += (x - (code - zero) * scale) ** 2;
        });
        const out = new array(values.length);
        quantizer.quantize(head, out.subarray(0, cut));
        quantizer.quantize(tail, out.subarray(cut), cut);
        assert.deepEqual(out, expected);
        const again = new array(values.length);
        const lost = quantizer.noise(values, 0, again);
        assert.deepEqual(again, expected);
        // Bytes are measured in float32.
        const digits = array.BYTES_PER_ELEMENT === 1 ? 1e-6 : 1e-10;
        assert.ok(Math.abs(lost.signal / signal - 1) < digits && Math.abs(lost.noise / noise - 1) < digits);
        assert.deepEqual(quantizer.noise(values), lost);
      });
    }
  }

  it('leave close calls, which float32 cannot decide, to float64', () => {
    const random = new Random(5);
    const size = 1 << 16;
    for (const layout of [
      { outer: 1, channels: 1, inner: size },
      { outer: size / 32, channels: 32, inner: 1 },
    ]) {
      const { channels } = layout;
      const scales = Float32Array.from({ length: channels }, () => 1e-3 + random.uniform());
      // Half a step beside a code, and the float32 above or below that.
      const values = Float32Array.from({ length: size }, (_, i) => {
        const tie = (Math.floor(random.uniform() * 252) - 126 + 0.5) * scales[i % channels]!;
        return tie * (1 + (Math.floor(random.uniform() * 5) - 2) * 2 ** -24);
      });
      const quantizer = new Quantizer(layout, scales, new Int32Array(channels), { qmin: -127, qmax: 127 });
      const expected = Int8Array.from(values, (x, i) => roundHalfEven(x * (1 / scales[i % channels]!)));
      assert.deepEqual(quantizer.quantize(values, new Int8Array(size)), expected);
      // They are of both kinds, and not what float32 makes of them.
      const narrow = values.filter((x, i) => {
        return Math.round(Math.fround(x * Math.fround(1 / scales[i % channels]!))) !== expected[i]!;
      });
      assert.ok(narrow.length > size / 100);
    }
  });

  it('measure huge and tiny values as well', () => {
    for (const factor of [1e-30, 1e25]) {
      const values = someValues(100).map((x) => Math.fround(Math.max(-1, Math.min(1, x)) * factor));
      const scale = Math.fround(factor / 127);
      const quantizer = new Quantizer({ outer: 1, channels: 1, inner: 100 }, Float32Array.of(scale), Int32Array.of(0), {
        qmin: -127,
        qmax: 127,
      });
      let [signal, noise] = [0, 0];
      for (const x of values) {
        signal += x * x;
        noise += (x - roundHalfEven(x / scale) * scale) ** 2;
      }
      const lost = quantizer.noise(values);
      assert.ok(Math.abs(lost.signal / signal - 1) < 1e-6 && Math.abs(lost.noise / noise - 1) < 1e-6);
    }
  });

  it('pass over NaN in ranges, clamp infinities, and show both in the noise', () => {
    const layout = { outer: 1, channels: 1, inner: 12 };
    const values = Float32Array.from([NaN, 1, -2, NaN, 0.5, NaN, Infinity, -Infinity, 3, NaN, 3, NaN]);
    const range = new ChannelRange(layout);
    range.add(values.map((x) => (Number.isFinite(x) ? x : NaN)));
    assert.deepEqual([range.min[0], range.max[0]], [-2, 3]);
    const quantizer = new Quantizer(layout, Float32Array.of(0.5), Int32Array.of(0), { qmin: -127, qmax: 127 });
    const codes = quantizer.quantize(values, new Int8Array(12));
    assert.deepEqual([...codes], [0, 2, -4, 0, 1, 0, 127, -127, 6, 0, 6, 0]);
    assert.ok(Number.isNaN(quantizer.noise(values).noise));
  });
});
