import assert from 'node:assert/strict';
import {
  formatBytes,
  formatCosine,
  formatCost,
  formatCount,
  formatDecibels,
  formatMilliseconds,
  formatMillisecondsPair,
  formatPair,
  formatSeconds,
  formatShare,
  formatSharePair,
  formatWhole,
  significant,
} from './format';

/** Each row: what goes in, what must be read. */
function reads<T>(name: string, format: (value: T) => string, rows: readonly (readonly [T, string])[]): void {
  for (const [value, text] of rows)
    it(`${name} reads ${String(value)} as ${text}`, () => assert.equal(format(value), text));
}

describe('report/format', () => {
  reads('significant', (value: number) => significant(value), [
    [0, '0'],
    [349.15, '349'],
    [9.104, '9.10'],
    [0.1, '0.100'],
    [99.96, '100'],
    [0.000123456, '0.000123'],
    [0.00001234, '1.23e−5'],
    [-4.2, '−4.20'],
    [12345, '12300'],
    [Number.NaN, '–'],
    [Infinity, '∞'],
  ]);
  reads('bytes', formatBytes, [
    [0, '0 B'],
    [7, '7 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [7232, '7.23 kB'],
    [999_499, '999 kB'],
    [999_600, '1.00 MB'],
    [4_950_123, '4.95 MB'],
    [3.2e18, '3.20 EB'],
    [-1500, '−1.50 kB'],
  ]);
  reads('count', formatCount, [
    [512, '512'],
    [349_150_000, '349 M'],
    [1_235_496, '1.24 M'],
    [0.5, '0.500'],
  ]);
  reads('whole', formatWhole, [
    [66, '66'],
    [20_000, '20,000'],
    [1_234_567, '1,234,567'],
  ]);
  reads('cost', (cost: number | string | null) => formatCost(cost, 'B'), [
    [2048, '2.05 kB'],
    ['4*N', '4*N B'],
    [null, '–'],
  ]);
  reads('time', formatMilliseconds, [
    [9.104, '9.10 ms'],
    [0.61, '0.610 ms'],
    [0.0612, '61.2 µs'],
    [12_345, '12.3 s'],
    [0, '0 ms'],
    [0.00002, '20.0 ns'],
  ]);
  reads('seconds', formatSeconds, [
    [0.42, '0.4 s'],
    [9.97, '10 s'],
    [59.7, '1 min'],
    [75, '1 min 15 s'],
  ]);
  reads('decibels', formatDecibels, [
    [null, 'exact'],
    [24.1, '24.1 dB'],
  ]);
  reads('share', formatShare, [
    [0, '0 %'],
    [1, '100 %'],
    [0.5849, '58.5 %'],
    [0.9996, '99.96 %'],
    [0.999999, '>99.99 %'],
    [0.00001, '<0.01 %'],
    [0.0123, '1.23 %'],
    [0.00084, '0.08 %'],
  ]);
  reads('cosine', formatCosine, [
    [1, '1'],
    [0.9981, '0.998'],
    [0.99998, '0.99998'],
    [0.99999999, '>0.999999'],
    [-0.5, '−0.500'],
  ]);

  it('says the unit of a pair once, in the unit of the larger', () => {
    assert.equal(formatPair(4_950_000, 1_340_000, 'B'), '4.95 → 1.34 MB');
    assert.equal(formatPair(349_150_000, 349_150_000), '349 → 349 M');
    assert.equal(formatPair(66, 118), '66 → 118');
    assert.equal(formatPair(14_000_000, 512, 'B'), '14.0 MB → 512 B');
    assert.equal(formatPair(14_000_000, 0, 'B'), '14.0 → 0 MB');
    assert.equal(formatMillisecondsPair(9.1, 3.4), '9.10 → 3.40 ms');
    assert.equal(formatMillisecondsPair(0, 0), '0 → 0 ms');
    assert.equal(formatMillisecondsPair(2000, 0.5), '2.00 s → 0.500 ms');
    assert.equal(formatSharePair(0.585, 0.592), '58.5 → 59.2 %');
  });
});
