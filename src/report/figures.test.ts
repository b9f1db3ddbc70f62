import assert from 'node:assert/strict';
import { type CompareReport, type Totals } from '../protocol/report';
import { compareMeasurements, type Figure, figuresOf } from './figures';

const before: Totals = {
  fileBytes: 4_950_000,
  parameters: 1_235_496,
  weightBytes: 4_941_984,
  macs: 349_150_000,
  flops: 700_000_000,
  peakActivationBytes: 6_000_000,
  nodes: 66,
};
const after: Totals = { ...before, fileBytes: 1_340_000, weightBytes: 1_260_000, nodes: 118 };

function report(changes: Partial<CompareReport> = {}): CompareReport {
  return {
    a: 'a.onnx',
    b: 'b.onnx',
    quality: {
      samples: 436,
      data: '436 images from val',
      random: false,
      outputs: [
        { name: 'fine', cosine: 1, sqnrDb: null, maxAbsError: 0 },
        { name: 'worse', cosine: 0.9981, sqnrDb: 24.1, maxAbsError: 0.123, top1Agreement: 0.98 },
      ],
    },
    size: { before: 4_950_000, after: 1_340_000, ratio: 3.69 },
    cost: { before, after },
    layers: [],
    warnings: [],
    ...changes,
  };
}

function figure(id: Figure['id'], changes: Partial<CompareReport> = {}): Figure {
  const found = figuresOf(compareMeasurements(report(changes))).find((each) => each.id === id);
  assert.ok(found);
  return found;
}

function latency(significant: boolean): CompareReport['latency'] {
  return {
    before: { medianMs: 9.1, iqrMs: 0.2, runs: 50 },
    after: { medianMs: 3.4, iqrMs: 0.1, runs: 50 },
    speedup: 9.1 / 3.4,
    significant,
    threads: 1,
  };
}

describe('report/figures', () => {
  it('shows size and cost with a ratio and bars on one scale', () => {
    const size = figure('size');
    assert.equal(size.value, '4.95 → 1.34 MB');
    assert.equal(size.change?.words, '3.7× smaller');
    assert.equal(size.bars?.before.length, 1);
    assert.ok(Math.abs((size.bars?.after.length ?? 0) - 0.2707) < 1e-3);
    assert.equal(figure('macs').change?.words, 'same');
  });

  it('shows an expression as it is and claims nothing about it', () => {
    const symbolic = { before: { ...before, macs: '2*N' }, after: { ...after, macs: '3*N' } };
    assert.equal(figure('macs', { cost: symbolic }).value, '2*N → 3*N');
    assert.equal(figure('macs', { cost: symbolic }).change, undefined);
    const unknown = { before: { ...before, macs: null }, after: { ...after, macs: null } };
    assert.equal(figure('macs', { cost: unknown }).measured, false);
  });

  it('makes no claim about a latency inside the noise', () => {
    assert.equal(figure('latency', { latency: latency(true) }).change?.words, '2.7× faster');
    assert.equal(figure('latency', { latency: latency(false) }).change?.words, 'inside the noise: no claim');
    assert.equal(figure('latency').value, 'not measured');
    assert.deepEqual(figure('latency', { latency: latency(true) }).details, [
      'spread (IQR) 0.200 → 0.100 ms',
      'median of 50 interleaved runs each',
    ]);
  });

  it('shows the worst output, and says so', () => {
    const quality = figure('quality');
    assert.equal(quality.value, 'SQNR 24.1 dB');
    assert.ok(quality.details.includes('output “worse”, the worst of 2'));
    assert.ok(quality.details.includes('436 images from val'));
    assert.ok(quality.details.includes('top-1 agreement 98.0 %'));
  });

  it('puts a metric first and says when inputs were random', () => {
    const { quality } = report();
    const labelled = figure('quality', {
      quality: { ...quality, metric: { name: 'top-1', before: 0.585, after: 0.592 } },
    });
    assert.equal(labelled.value, '58.5 → 59.2 %');
    assert.equal(labelled.title, 'Quality (top-1)');
    assert.equal(labelled.change?.words, '+0.7 points');
    assert.ok(labelled.details.includes('SQNR 24.1 dB, cosine 0.998'));
    const random = figure('quality', { quality: { ...quality, random: true } });
    assert.ok(random.details.some((detail) => detail.startsWith('random inputs')));
    assert.equal(figure('quality', { quality: { ...quality, outputs: [] } }).value, 'not measured');
    const other = { name: 'other shape', cosine: 1, sqnrDb: null, maxAbsError: 0, misshapenSamples: 436 };
    assert.equal(figure('quality', { quality: { ...quality, outputs: [other] } }).value, 'not measured');
  });

  it('explains size and cost, and marks the estimate', () => {
    assert.deepEqual(figure('size').details, ['weights 4.94 → 1.26 MB', 'activations at peak est. 6.00 MB']);
    assert.deepEqual(figure('macs').details, ['1.24 M parameters', '66 → 118 nodes']);
    const unknown = { before: { ...before, peakActivationBytes: null }, after };
    assert.deepEqual(figure('size', { cost: unknown }).details, ['weights 4.94 → 1.26 MB']);
  });
});
