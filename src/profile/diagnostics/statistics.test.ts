import assert from 'node:assert/strict';
import { tensorOf } from '../../../test/support/tensors';
import { statisticsOf, type WeightStatistics } from './statistics';

const breathe = () => Promise.resolve();

/** The same figures, the plain way. */
function plain(values: readonly number[], shape: readonly number[], axis: number): WeightStatistics {
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const channels = Array.from({ length: shape[axis]! }, (): number[] => []);
  values.forEach((value, i) => channels[Math.floor(i / inner) % shape[axis]!]!.push(value));
  const finite = values.filter(Number.isFinite);
  const mean = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length;
  const square = (all: readonly number[]) => mean(all.map((value) => value ** 2));
  const peak = (all: readonly number[]) => Math.max(...all.map(Math.abs)) / Math.sqrt(square(all));
  return {
    nonFinite: values.length - finite.length,
    largest: Math.max(...finite.map(Math.abs)),
    rms: Math.sqrt(square(finite)),
    kurtosis: mean(finite.map((value) => value ** 4)) / square(finite) ** 2,
    worstChannelPeak: Math.max(...channels.map((all) => peak(all.filter(Number.isFinite)))),
  };
}

describe('profile/diagnostics/statistics', () => {
  const shape = [6, 4, 5];
  const values = Array.from({ length: 120 }, (_, i) => Math.fround(Math.sin(i * i) * (i % 7 === 0 ? -3 : 0.5)));
  const broken = values.map((value, i) => (i === 17 ? NaN : i === 40 ? -Infinity : value));

  for (const axis of [0, 1, 2]) {
    it(`gives what the plain way gives, with channels on axis ${axis}`, async () => {
      for (const all of [values, broken]) {
        const found = await statisticsOf(tensorOf('w', 'float', shape, all), axis, breathe);
        const wanted = plain(all, shape, axis);
        for (const key of Object.keys(wanted) as (keyof WeightStatistics)[]) {
          assert.ok(
            Math.abs(found[key] - wanted[key]) <= 1e-12 * Math.abs(wanted[key]),
            `${key}: ${found[key]} ${wanted[key]}`,
          );
        }
      }
    });
  }

  it('has nothing to divide by in zeros', async () => {
    const zeros = await statisticsOf(tensorOf('w', 'float', [4, 4], new Array<number>(16).fill(0)), 0, breathe);
    assert.deepEqual(zeros, { nonFinite: 0, largest: 0, rms: 0, kurtosis: 0, worstChannelPeak: 0 });
  });
});
