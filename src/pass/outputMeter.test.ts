import assert from 'node:assert/strict';
import { type RuntimeTensor } from '../runtime/port';
import { argMax, isComparable, OutputMeter } from './outputMeter';

const floats = (values: readonly number[], shape = [1, values.length]): RuntimeTensor => ({
  dataType: 'float',
  shape,
  data: Float32Array.from(values),
});

describe('OutputMeter', () => {
  it('accumulates SQNR, cosine and the largest error over samples', () => {
    const meter = new OutputMeter('y');
    meter.add(floats([3, 4]), floats([3, 4.5]));
    meter.add(floats([0, 5]), floats([1, 5]));
    const { sqnrDb, cosine, maxAbsError } = meter.result();
    // ‖x‖² = 9+16+25, ‖x−y‖² = 0.25+1, ‖y‖² = 9+20.25+26, x·y = 9+18+25
    assert.ok(Math.abs(sqnrDb! - 10 * Math.log10(50 / 1.25)) < 1e-9);
    assert.ok(Math.abs(cosine - 52 / Math.sqrt(50 * 55.25)) < 1e-12);
    assert.equal(maxAbsError, 1);
  });

  it('says null for equal outputs, and a bad number rather than infinity for noise without signal', () => {
    const equal = new OutputMeter('y');
    equal.add(floats([1, 2]), floats([1, 2]));
    assert.deepEqual(equal.result(), { name: 'y', cosine: 1, sqnrDb: null, maxAbsError: 0, top1Agreement: 1 });
    const zero = new OutputMeter('y');
    zero.add(floats([0, 0]), floats([0, 1]));
    assert.equal(zero.result().sqnrDb, -200);
    assert.equal(zero.result().cosine, 0);
  });

  it('compares across element types', () => {
    const meter = new OutputMeter('y');
    meter.add(floats([1, -2]), { dataType: 'float16', shape: [1, 2], data: Uint16Array.of(0x3c00, 0xc000) });
    meter.add(floats([1, 7]), { dataType: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 7n) });
    assert.equal(meter.result().sqnrDb, null);
  });

  it('counts agreement and accuracy for rows of class scores only', () => {
    const scores = new OutputMeter('y');
    scores.add(floats([1, 9, 2], [1, 3, 1, 1]), floats([1, 8, 2], [1, 3, 1, 1]), 1);
    scores.add(floats([1, 9, 2], [1, 3, 1, 1]), floats([1, 2, 8], [1, 3, 1, 1]), 1);
    assert.equal(scores.result().top1Agreement, 0.5);
    assert.deepEqual(scores.accuracy, { before: 1, after: 0.5 });
    const outOfRange = new OutputMeter('y');
    outOfRange.add(floats([1, 2]), floats([1, 2]), 2);
    assert.equal(outOfRange.accuracy, undefined);
    const image = new OutputMeter('y');
    image.add(floats([1, 2, 3, 4], [1, 2, 2]), floats([1, 2, 3, 4], [1, 2, 2]));
    assert.equal(image.result().top1Agreement, undefined);
  });

  it('keeps what is not finite out of the figures, and says how much there is', () => {
    const meter = new OutputMeter('y');
    meter.add(floats([1, Infinity, 2, NaN]), floats([1, Infinity, NaN, NaN]));
    const { nonFinite, sqnrDb } = meter.result();
    assert.deepEqual(nonFinite, { before: 0, after: 1 });
    assert.equal(sqnrDb, null);
  });

  it('sets samples of different shapes apart', () => {
    const meter = new OutputMeter('y');
    meter.add(floats([1, 2], [1, 2]), floats([1, 2, 3], [1, 3]));
    assert.equal(meter.result().misshapenSamples, 1);
  });

  it('knows what can be compared', () => {
    const types = ['float', 'int64', 'bool', 'string', 'int4', 'complex64', undefined] as const;
    const comparable = types.map((dataType) => isComparable({ name: 'y', dataType }));
    assert.deepEqual(comparable, [true, true, true, false, false, false, false]);
    assert.equal(argMax([NaN, 1, 3, 3]), 2);
  });
});
