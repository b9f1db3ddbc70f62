import assert from 'node:assert/strict';
import { type CompareReport, type OutputQuality, type Totals } from '../protocol/report';
import { judge, type Judged } from './gates';

const totals = (fileBytes: number): Totals => ({
  fileBytes,
  parameters: 1,
  weightBytes: 4,
  macs: 1,
  flops: 2,
  peakActivationBytes: 4,
  nodes: 1,
});

const output = (name: string, sqnrDb: number | null, more: Partial<OutputQuality> = {}): OutputQuality => ({
  name,
  cosine: 1,
  sqnrDb,
  maxAbsError: 0,
  ...more,
});

const evaluation = (
  quality: Partial<CompareReport['quality']> = {},
  latency?: { speedup: number; significant: boolean },
): CompareReport => ({
  a: 'a',
  b: 'b',
  quality: { samples: 4, data: '', random: false, outputs: [output('y', 31)], ...quality },
  ...(latency && {
    latency: {
      ...latency,
      before: { medianMs: 1, iqrMs: 0, runs: 9 },
      after: { medianMs: 1, iqrMs: 0, runs: 9 },
      threads: 1,
    },
  }),
  size: { before: 100, after: 30, ratio: 100 / 30 },
  cost: { before: totals(100), after: totals(30) },
  layers: [],
  warnings: [],
});

const judged = (more: Partial<Judged> = {}): Judged => ({ before: totals(100), after: totals(30), ...more });

describe('jobs/gates', () => {
  it('holds sizes against the original, external data included', () => {
    assert.deepEqual(judge({ maxSizeRatio: 0.3 }, judged()), [
      { gate: 'maxSizeRatio', wanted: 0.3, measured: 0.3, passed: true },
    ]);
    assert.equal(judge({ maxSizeRatio: 0.29 }, judged())[0]!.passed, false);
  });

  it('takes the worst output', () => {
    const both = judged({ evaluation: evaluation({ outputs: [output('a', null), output('b', 30)] }) });
    assert.deepEqual(judge({ minSqnrDb: 30 }, both)[0], { gate: 'minSqnrDb', wanted: 30, measured: 30, passed: true });
    assert.equal(judge({ minSqnrDb: 31 }, both)[0]!.passed, false);
    const same = judge({ minSqnrDb: 200 }, judged({ evaluation: evaluation({ outputs: [output('a', null)] }) }));
    assert.deepEqual(same, [{ gate: 'minSqnrDb', wanted: 200, measured: null, passed: true }]);
  });

  it('does not let pass what a figure leaves out', () => {
    for (const odd of [{ misshapenSamples: 1 }, { nonFinite: { before: 0, after: 2 } }]) {
      const [gate] = judge({ minSqnrDb: 1 }, judged({ evaluation: evaluation({ outputs: [output('y', 60, odd)] }) }));
      assert.equal(gate!.passed, false);
      assert.match(gate!.reason!, /Output "y"/);
    }
    assert.match(judge({ minSqnrDb: 1 }, judged({ evaluation: evaluation({ outputs: [] }) }))[0]!.reason!, /No output/);
  });

  it('claims a speed-up only outside the noise', () => {
    const at = (speedup: number, significant: boolean, minSpeedup: number) =>
      judge({ minSpeedup }, judged({ evaluation: evaluation({}, { speedup, significant }) }))[0]!;
    assert.equal(at(2, true, 1.5).passed, true);
    assert.equal(at(1.4, true, 1.5).passed, false);
    const noisy = at(2, false, 1.5);
    assert.deepEqual([noisy.passed, noisy.measured], [false, 2]);
    assert.match(noisy.reason!, /noise/);
    assert.equal(at(0.99, false, 0.95).passed, true);
    assert.match(judge({ minSpeedup: 1 }, judged({ evaluation: evaluation() }))[0]!.reason!, /Latency was not/);
  });

  it('needs labels for a metric', () => {
    const metric = { name: 'top-1 accuracy', before: 0.59, after: 0.58 };
    assert.equal(judge({ maxMetricDrop: 0.01 }, judged({ evaluation: evaluation({ metric }) }))[0]!.passed, true);
    assert.equal(judge({ maxMetricDrop: 0.005 }, judged({ evaluation: evaluation({ metric }) }))[0]!.passed, false);
    assert.match(judge({ maxMetricDrop: 1 }, judged({ evaluation: evaluation() }))[0]!.reason!, /no labels/);
    const random = judge({ maxMetricDrop: 1 }, judged({ evaluation: evaluation({ random: true }) }))[0]!;
    assert.deepEqual([random.passed, random.measured], [false, null]);
    assert.match(random.reason!, /random/);
  });

  it('fails what was not measured at all, with the reason', () => {
    const gates = { minSpeedup: 1, minSqnrDb: 1, maxMetricDrop: 1 };
    const reports = judge(gates, judged({ evaluationSkipped: 'No runtime here.' }));
    assert.equal(reports.length, 3);
    for (const { passed, reason } of reports)
      assert.deepEqual([passed, reason], [false, 'Nothing was measured: No runtime here.']);
    assert.deepEqual(judge({}, judged()), []);
  });
});
