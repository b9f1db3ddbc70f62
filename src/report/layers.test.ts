import assert from 'node:assert/strict';
import { layerReport } from '../../test/support/layerReport';
import {
  type CompressReport,
  type LayerPair,
  type LayerReport,
  type PassReport,
  type Totals,
} from '../protocol/report';
import { compressRows } from './layers';
import { groupSkipped } from './skipped';

const totals: Totals = {
  fileBytes: 0,
  parameters: 0,
  // More than the layers of the tests hold: shares are of the model, not of the rows.
  weightBytes: 600,
  macs: 0,
  flops: 0,
  peakActivationBytes: 0,
  nodes: 0,
};

function layer(name: string, weightBytes: number, kind = 'Conv', type = 'float32'): LayerReport {
  return layerReport({ name, weightBytes, macs: 10, kind, weights: [{ name: 'w', type, shape: [weightBytes] }] });
}

function pass(changes: Partial<PassReport>): PassReport {
  return { id: 'p', title: 'Pass', summary: '', changed: [], skipped: [], notes: [], seconds: 0, ...changes };
}

function report(passes: PassReport[], layers?: LayerPair[]): CompressReport {
  return {
    input: 'a.onnx',
    output: 'b.onnx',
    passes,
    before: totals,
    after: totals,
    steps: [],
    seconds: 0,
    ...(layers && {
      evaluation: {
        a: 'a.onnx',
        b: 'b.onnx',
        quality: { samples: 0, data: '', random: true, outputs: [] },
        size: { before: 0, after: 0, ratio: 1 },
        cost: { before: totals, after: totals },
        layers,
        warnings: [],
      },
    }),
  };
}

describe('report/layers', () => {
  it('joins pairs with what the passes say of them', () => {
    const quantized = pass({
      changed: [
        { node: 'conv', opType: 'Conv', what: 'float32 → int8', bytesBefore: 300, bytesAfter: 80, weightSqnrDb: 40 },
      ],
      skipped: [{ node: 'small', opType: 'Conv', reason: 'too small' }],
    });
    const rows = compressRows(
      report(
        [quantized],
        [
          { name: 'conv', before: layer('conv', 300), after: layer('conv', 0) },
          { name: 'small', before: layer('small', 100), after: layer('small', 100) },
          { name: 'scale', after: layer('scale', 80, 'DequantizeLinear') },
          { name: 'gone', before: layer('gone', 0, 'Identity') },
        ],
      ),
    );
    assert.deepEqual(
      rows.map(({ name, status, bytesBefore, bytesAfter, share, sqnrDb, what }) => [
        name,
        status,
        bytesBefore,
        bytesAfter,
        share,
        sqnrDb,
        what,
      ]),
      [
        ['conv', 'changed', 300, 80, 300 / 600, 40, 'float32 → int8'],
        ['small', 'skipped', 100, 100, 100 / 600, null, 'too small'],
        ['scale', 'added', null, 80, null, null, 'added'],
        ['gone', 'removed', 0, null, 0, null, 'removed'],
      ],
    );
  });

  it('follows a layer through several passes and lists what no pair knows', () => {
    const first = { node: 'x', opType: 'Gemm', what: 'pruned', bytesBefore: 400, bytesAfter: 200, weightSqnrDb: null };
    const second = { node: 'x', opType: 'Gemm', what: 'int8', bytesBefore: 200, bytesAfter: 50, weightSqnrDb: 30 };
    const [row] = compressRows(report([pass({ changed: [first] }), pass({ changed: [second] })]));
    assert.equal(row?.bytesBefore, 400);
    assert.equal(row?.bytesAfter, 50);
    assert.equal(row?.sqnrDb, 30);
    assert.equal(row?.what, 'pruned; int8');
    assert.equal(row?.share, 400 / 600);
    assert.equal(row?.kind, 'Gemm');
  });

  it('tells what differs when no pass says it', () => {
    const [row] = compressRows(
      report([], [{ name: 'c', before: layer('c', 8), after: layer('c', 8, 'Conv', 'float16') }]),
    );
    assert.equal(row?.status, 'changed');
    assert.equal(row?.what, 'float32[8] → float16[8]');
  });
});

describe('report/skipped', () => {
  const skip = (node: string, reason: string) => ({ node, opType: 'Conv', reason });

  it('groups by reason, the largest first, numbers as a range, names as an ellipsis', () => {
    const groups = groupSkipped([
      pass({
        skipped: [
          skip('a', 'excluded'),
          skip('b', '12 elements, fewer than 256'),
          skip('c', '200 elements, fewer than 256'),
          skip('d', '64 elements, fewer than 256'),
          skip('e', 'shares its weight with "x"'),
          skip('f', 'shares its weight with "y"'),
        ],
      }),
    ]);
    assert.deepEqual(
      groups.map(({ reason, common, layers }) => [reason, common, layers.length]),
      [
        ['12–200 elements, fewer than 256', 'elements, fewer than', 3],
        ['shares its weight with …', 'shares its weight with', 2],
        ['excluded', 'excluded', 1],
      ],
    );
  });

  it('keeps passes apart and takes 200,000 layers', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => skip(`n${i}`, `${i} elements`));
    const groups = groupSkipped([pass({ title: 'A', skipped: many }), pass({ title: 'B', skipped: many.slice(0, 1) })]);
    assert.deepEqual(
      groups.map((group) => [group.pass, group.reason, group.layers.length]),
      [
        ['A', '0–199999 elements', 200_000],
        ['B', '0 elements', 1],
      ],
    );
  });
});
