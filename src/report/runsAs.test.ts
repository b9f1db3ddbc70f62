import assert from 'node:assert/strict';
import { layerReport } from '../../test/support/layerReport';
import { type CompareReport, type LayerPair, type LayerReport } from '../protocol/report';
import { compareRows } from './layers';
import { layerTable } from './layerTable';
import { int8Text, runsAsText } from './runsAs';
import { englishWords } from './words';

const layer = (name: string, macs: number): LayerReport => layerReport({ name, macs });

const pair = (name: string, macs: number, more: Partial<LayerPair> = {}): LayerPair => {
  return { name, before: layer(name, macs), after: layer(name, macs), ...more };
};

const layers = [
  pair('a', 10, { runsAs: 'int8', outputSqnrDb: 31.2, latencyBeforeMs: 2, latencyAfterMs: 0.5 }),
  pair('b', 10, { runsAs: 'float-qdq', runsAsReason: 'Its output is not quantized.', outputSqnrDb: null }),
  pair('c', 0, { runsAs: 'int8' }),
  pair('d', 10),
];

const totals = { fileBytes: 1, parameters: 1, weightBytes: 0, macs: 1, flops: 1, peakActivationBytes: 1, nodes: 1 };

describe('how layers run, in reports', () => {
  it('counts layers that do work', () => {
    assert.equal(int8Text({ layers }), '1 of 2 layers with MACs run in int8');
    assert.equal(int8Text({ layers: [pair('d', 10)] }), undefined);
    assert.equal(runsAsText('float-qdq'), 'float + Q/DQ');
    assert.equal(runsAsText('int8', { ...englishWords, runsInt8: 'Ganzzahlen' }), 'Ganzzahlen');
  });

  it('is in the rows of a comparison and the tables made from them', () => {
    const report = { layers, cost: { before: totals, after: totals } } as unknown as CompareReport;
    const rows = compareRows(report);
    assert.deepEqual(
      rows.map(({ runsAs, outputSqnrDb }) => [runsAs, outputSqnrDb]),
      [
        ['int8', 31.2],
        ['float-qdq', Infinity],
        ['int8', null],
        [null, null],
      ],
    );
    assert.deepEqual([rows[0]!.latencyBeforeMs, rows[0]!.latencyAfterMs], [2, 0.5]);
    assert.equal(rows[1]!.runsAsReason, 'Its output is not quantized.');
    const { columns, cells } = layerTable(rows);
    const at = columns.findIndex(({ title }) => title === 'Runs as');
    assert.deepEqual(
      cells.map((row) => row[at]),
      ['int8', 'float + Q/DQ', 'int8', ''],
    );
    const sqnr = columns.findIndex(({ title }) => title === 'SQNR');
    assert.deepEqual(
      cells.map((row) => row[sqnr]),
      ['31.2 dB', 'exact', '', ''],
    );
  });
});
