import assert from 'node:assert/strict';
import { layerReport } from '../../test/support/layerReport';
import { type CompressReport, type LayerReport, type Totals } from '../protocol/report';
import { reportCsv } from './csv';
import { reportHtml } from './html';
import { reportMarkdown } from './markdown';

const evil = '<img src=x onerror=alert(1)>|`*"&\u202e';

const totals = (fileBytes: number): Totals => ({
  fileBytes,
  parameters: 1000,
  weightBytes: fileBytes,
  macs: 2e6,
  flops: 4e6,
  peakActivationBytes: 5000,
  nodes: 3,
});

const layer = (name: string, weightBytes: number): LayerReport =>
  layerReport({ name, outputs: ['y'], parameters: 1000, weightBytes, macs: 2e6, flops: 4e6, kind: 'Conv 3x3' });

const report: CompressReport = {
  input: '/models/a.onnx',
  output: `/models/${evil}.onnx`,
  passes: [
    {
      id: 'quantize-weights',
      title: 'Weight-only Quantization',
      summary: '1 of 2 layers',
      changed: [
        { node: evil, opType: 'Conv', what: 'float32 → int8', bytesBefore: 4000, bytesAfter: 1000, weightSqnrDb: 42 },
      ],
      skipped: [{ node: 'other', opType: 'Conv', reason: `Its name is ${evil}.` }],
      notes: ['A note.'],
      seconds: 0.1,
    },
  ],
  before: totals(4000),
  after: totals(1000),
  evaluation: {
    a: '/models/a.onnx',
    b: '/models/b.onnx',
    quality: {
      samples: 4,
      data: '4 images',
      random: false,
      outputs: [{ name: 'y', cosine: 0.999, sqnrDb: 30, maxAbsError: 0.1 }],
      metric: { name: 'top-1 accuracy', before: 0.75, after: 0.5 },
    },
    latency: {
      before: { medianMs: 9, iqrMs: 1, runs: 20 },
      after: { medianMs: 3, iqrMs: 0.5, runs: 20 },
      speedup: 3,
      significant: true,
      threads: 1,
    },
    size: { before: 4000, after: 1000, ratio: 4 },
    cost: { before: totals(4000), after: totals(1000) },
    layers: [{ name: evil, before: layer(evil, 4000), after: layer(evil, 1000) }],
    warnings: [{ code: 'w', message: 'Beware.' }],
  },
  steps: [],
  seconds: 1.5,
};

describe('exported reports', () => {
  const state = { kind: 'compress', report } as const;

  it('are one page of HTML without scripts, with the figures', () => {
    const html = reportHtml(state);
    for (const expected of [
      '4.00 → 1.00 kB',
      '4.0× smaller',
      '9.00 → 3.00 ms',
      '3.0× faster',
      '75.0 → 50.0 %',
      'Beware.',
      'A note.',
    ]) {
      assert.ok(html.includes(expected), expected);
    }
    assert.doesNotMatch(html, /<script|<img|https?:|url\(/);
    assert.match(html, /prefers-color-scheme: dark/);
    assert.match(html, /change worse">▲ −25\.0 points/);
  });

  it('escape what comes from models', () => {
    const html = reportHtml(state);
    assert.ok(!html.includes('<img') && !html.includes('\u202e'));
    assert.ok(html.includes('&#60;img src=x onerror=alert(1)&#62;'));
    const markdown = reportMarkdown(state);
    assert.ok(!/[^\\]</.test(markdown) && markdown.includes('\\<img'));
    assert.equal(
      new Set(
        markdown
          .split('\n')
          .filter((line) => line.startsWith('| \\<img'))
          .map((line) => line.match(/(?<!\\)\|/g)!.length),
      ).size,
      1,
    );
  });

  it('are Markdown with a table of figures and one of layers', () => {
    const markdown = reportMarkdown(state);
    assert.match(markdown, /\| Size \| 4\.00 → 1\.00 kB \| 4\.0× smaller \|/);
    assert.match(markdown, /## Left alone\n\n- 1 layer: Its name is/);
    assert.match(markdown, /\| 4\.00 kB \| 1\.00 kB \| 100 % \|/);
  });

  it('are CSV with plain numbers', () => {
    const [titles, first] = reportCsv(state).split('\r\n');
    assert.match(titles!, /^layer,kind,status,weight_bytes_before/);
    assert.match(first!, /,Conv 3x3,changed,4000,1000,1,2000000,2000000,,,42,,,,,,float32 → int8$/);
  });

  it('work for comparisons and for what was not measured', () => {
    assert.match(reportHtml({ kind: 'compare', report: report.evaluation! }), /Compared with a\.onnx/);
    const { evaluation: _, ...rest } = report;
    const unmeasured = { kind: 'compress', report: { ...rest, evaluationSkipped: 'No runtime.' } } as const;
    assert.match(reportHtml(unmeasured), /Not measured: No runtime\./);
    assert.match(reportMarkdown(unmeasured), /Not measured: No runtime/);
  });
});
