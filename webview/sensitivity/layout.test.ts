import assert from 'node:assert/strict';
import { type SensitivityCurve } from '../../src/protocol/sensitivity';
import { afterArrow, chartOf, groupName, nearest, scaleOf, spread } from './layout';

const curve = (group: number, rank: number, decibels: readonly (number | null)[]): SensitivityCurve => ({
  ...{ group, rank, nodes: [`conv${group}`], readers: [], channels: 10 },
  points: decibels.map((db, index) => ({ removed: index + 1, share: (index + 1) / 10, db, saved: (index + 1) / 100 })),
});

describe('webview/sensitivity/layout', () => {
  const chart = chartOf([curve(0, 2, [40, 20]), curve(1, 1, [null, -35, -4])], 'db', 'share');

  it('lays out all curves on one scale, the most fragile first, and clips what tells nothing apart', () => {
    assert.deepEqual([chart.y.from, chart.y.to, chart.x.from, chart.x.to], [-20, 60, 0, 0.3]);
    assert.deepEqual(
      chart.lines.map(({ curve: { group }, points }) => [group, points.map(({ x, y }) => [Number(x.toFixed(3)), Number(y.toFixed(3))])]),
      [
        [1, [[0.333, 0], [0.667, 0.875], [1, 0.8]]],
        [0, [[0.333, 0.25], [0.667, 0.5]]],
      ],
    ); // prettier-ignore
  });

  it('makes round scales', () => {
    assert.deepEqual(scaleOf(0, 1).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(scaleOf(-3, 37).ticks, [-10, 0, 10, 20, 30, 40]);
    assert.deepEqual(scaleOf(0, 0.013).ticks, [0, 0.005, 0.01, 0.015]);
  });

  it('finds the nearest point', () => {
    assert.deepEqual(nearest(chart, 0.63, 0.55, 800, 300), { line: 1, point: 1 });
    assert.deepEqual(nearest(chart, 0.9, 0.8, 800, 300), { line: 0, point: 2 });
  });

  it('walks by arrows, and stays on the paper', () => {
    assert.deepEqual(afterArrow(chart, { line: 0, point: 2 }, 'ArrowDown'), { line: 1, point: 1 });
    assert.deepEqual(afterArrow(chart, { line: 1, point: 1 }, 'ArrowDown'), { line: 1, point: 1 });
    assert.deepEqual(afterArrow(chart, { line: 1, point: 1 }, 'ArrowRight'), { line: 1, point: 1 });
    assert.deepEqual(afterArrow(chart, { line: 0, point: 1 }, 'ArrowLeft'), { line: 0, point: 0 });
    assert.equal(afterArrow(chart, { line: 0, point: 1 }, 'a'), undefined);
  });

  it('keeps names apart and on the paper', () => {
    assert.deepEqual(spread([10, 12, 100, 99], 18, 100), [10, 28, 100, 82]);
  });

  it('names a group by its first layer', () => {
    const more = (first: string, others: number): string => `${first} +${others}`;
    assert.equal(groupName({ nodes: ['a'] }, more), 'a');
    assert.equal(groupName({ nodes: ['a', 'b', 'c'] }, more), 'a +2');
  });
});
