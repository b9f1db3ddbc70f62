import assert from 'node:assert/strict';
import { type LayerRow } from '../../src/report/layers';
import { englishWords } from '../../src/report/words';
import { stripOf, stripViews } from './strip';

const row = (index: number, more: Partial<LayerRow> = {}): LayerRow => ({
  ...{ index, name: `layer${index}`, kind: 'Conv', status: 'changed', share: null, what: '' },
  ...{ bytesBefore: 100, bytesAfter: 100, macsBefore: 10, macsAfter: 10, sqnrDb: null, outputSqnrDb: null },
  ...{ aloneDb: null, aloneRank: null, removed: [], runsAs: null, runsAsReason: '' },
  ...{ latencyBeforeMs: null, latencyAfterMs: null },
  ...more,
});

describe('webview/result/strip', () => {
  it('offers only what says something', () => {
    assert.deepEqual(stripViews([row(0), row(1)]), []);
    assert.deepEqual(stripViews([row(0, { bytesAfter: 25 }), row(1)]), ['bytes']);
    assert.deepEqual(stripViews([row(0, { bytesAfter: 25 })]), [], 'one layer is no strip');
    const lost = [row(0, { outputSqnrDb: 30, aloneDb: 40 }), row(1, { outputSqnrDb: Infinity, aloneDb: 12 })];
    assert.deepEqual(stripViews(lost), ['output', 'alone']);
    const gone = { removed: [{ unit: 'nodes', before: 7, after: 0 } as const], bytesAfter: 0 };
    assert.deepEqual(
      stripViews([row(0, gone), row(1, gone), row(2)]),
      ['bytes'],
      'nothing is left of what was touched',
    );
  });

  it('shows what is left of each layer against what that layer had', () => {
    const rows = [
      row(0, { removed: [{ unit: 'outputs', before: 32, after: 24 }] }),
      row(1, { removed: [{ unit: 'ranks', before: 512, after: 128 }] }),
      row(2),
      row(3, { removed: [{ unit: 'nodes', before: 3, after: 0 }] }),
    ];
    assert.equal(stripViews(rows)[0], 'kept');
    const { bars, top } = stripOf(rows, 'kept', englishWords);
    assert.deepEqual(
      bars.map(({ before, after, value }) => [before, after, value]),
      [
        [1, 0.75, '32 → 24 channels'],
        [1, 0.25, 'rank 512 → 128'],
        [1, 0, '3 → 0 nodes'],
      ],
    );
    assert.equal(top, '100 %');
  });

  it('shows bytes and times of all layers on one scale, and marks what got worse', () => {
    const rows = [
      row(0, { bytesBefore: 4000, bytesAfter: 1000, latencyBeforeMs: 2, latencyAfterMs: 1 }),
      row(1, { bytesBefore: 2000, bytesAfter: 500, latencyBeforeMs: 1, latencyAfterMs: 1.5 }),
    ];
    const bytes = stripOf(rows, 'bytes', englishWords);
    assert.deepEqual(bytes.bars.map(({ before, after }) => [before, after]), [[1, 0.25], [0.5, 0.125]]); // prettier-ignore
    assert.equal(bytes.top, '4.00 kB');
    assert.deepEqual(
      stripOf(rows, 'latency', englishWords).bars.map(({ isWorse }) => isWorse),
      [false, true],
    );
  });

  it('puts neighbours together where there is no room, the worst loss of them', () => {
    const rows = Array.from({ length: 1000 }, (_, index) => row(index, { aloneDb: index === 501 ? 3 : 50 }));
    const { bars } = stripOf(rows, 'alone', englishWords);
    assert.ok(bars.length <= 180);
    assert.equal(bars.flatMap((bar) => bar.rows).length, 1000);
    const worst = bars.filter(({ isWorse }) => isWorse);
    assert.deepEqual(worst.map(({ value }) => value), ['3.00 dB']); // prettier-ignore
    assert.ok(worst[0]!.rows.some(({ index }) => index === 501));
  });
});
