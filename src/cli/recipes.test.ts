import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../test/support/models';
import { composedRecipe, templateClassifier, templateImages } from '../../test/support/templates';
import { lapidary } from '../../test/support/terminal';
import { presets } from '../passes/presets';
import { type CompressReport } from '../protocol/report';

describe('command line: run', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-run-'));
  const at = (name: string): string => path.join(folder, name);
  const model = at('model.onnx');
  const quick = ['--no-latency', '--samples', '2'];

  function recipe(name: string, contents: unknown): string {
    writeFileSync(at(name), JSON.stringify(contents));
    return at(name);
  }

  const passes = [{ pass: 'simplify' }, { pass: 'quantize-weights', options: { granularity: 'tensor' } }];
  const nothingLeft = (): void =>
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );

  before(() => {
    const builder = build({ inputs: { x: ['float', [1, 64]] } }).gemm('x', 'h', [64, 64], { name: 'first' });
    builder.node('Identity', ['h'], 'i').gemm('i', 'y', [64, 10], { name: 'second' });
    writeFileSync(model, builder.output('y').bytes());
  });
  after(() => rmSync(folder, { recursive: true }));

  it('does the passes of a recipe one after the other', async () => {
    const file = recipe('two.lapidary.json', { passes });
    const { code, stdout, stderr } = await lapidary('run', file, model, '-o', at('two.onnx'), '--json', ...quick);
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout) as CompressReport;
    assert.deepEqual(
      report.passes.map(({ id, changed }) => [id, changed.length > 0]),
      [
        ['simplify', true],
        ['quantize-weights', true],
      ],
    );
    assert.deepEqual([report.gates, report.written], [undefined, undefined]);
    assert.equal(report.evaluation!.quality.samples, 2);
  });

  it('prunes, recovers and quantizes by one recipe, and compares with the original on samples kept apart', async () => {
    writeFileSync(at('classes.onnx'), templateClassifier());
    const { images, labels } = templateImages(164);
    writeFileSync(at('x.npy'), images);
    writeFileSync(at('labels.txt'), labels);
    const file = recipe('composed.lapidary.json', composedRecipe);
    const run = (...more: string[]) => lapidary('run', file, at('classes.onnx'), '-o', at('composed.onnx'), ...more);
    const { code, stdout, stderr } = await run('--json');
    assert.equal(code, 0, stderr);
    const { passes: done, before, after, evaluation } = JSON.parse(stdout) as CompressReport;
    assert.deepEqual(
      done.map(({ id, changed }) => [id, changed.length > 0]),
      [
        ['prune-channels', true],
        ['recover', true],
        ['quantize-static', true],
      ],
    );
    assert.ok(Number(after.macs) < 0.7 * Number(before.macs), `${after.macs} of ${before.macs} MACs`);
    assert.ok(after.fileBytes < 0.6 * before.fileBytes, `${after.fileBytes} of ${before.fileBytes} bytes`);
    const { quality, latency } = evaluation!;
    assert.equal(quality.samples, 100);
    assert.ok(quality.metric!.before >= 0.95, `${quality.metric!.before} before`);
    assert.ok(quality.metric!.after >= quality.metric!.before - 0.03, `${quality.metric!.after} after`);
    assert.ok(latency!.before.medianMs > 0 && latency!.after.medianMs > 0);
    const told = (await run('--overwrite')).stdout;
    for (const figure of [/Size/, /MACs/, /Latency/, /top-1/i]) assert.match(told, figure);
  });

  it('writes what meets the gates, and says how they turned out', async () => {
    const file = recipe('good.lapidary.json', { passes, gates: { maxSizeRatio: 0.5, minSqnrDb: 20 } });
    const { code, stdout, stderr } = await lapidary('run', file, model, '-o', at('good.onnx'), ...quick);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Gates\n {2}Size ratio: 0\.\d+, wanted at most 0\.5: passed\.\n {2}SQNR: .* passed\./);
    assert.ok(existsSync(at('good.onnx')));
    nothingLeft();
  });

  it('exits with 6 at a gate that fails, a line for each, and leaves what was there', async () => {
    const file = recipe('bad.lapidary.json', {
      passes,
      gates: { maxSizeRatio: 0.5, minSqnrDb: 200, maxMetricDrop: 0 },
    });
    writeFileSync(at('bad.onnx'), 'before');
    const run = (...more: string[]) =>
      lapidary('run', file, model, '-o', at('bad.onnx'), '--overwrite', ...quick, ...more);
    const { code, stdout, stderr } = await run('--json');
    assert.equal(code, 6);
    const report = JSON.parse(stdout) as CompressReport;
    assert.equal(report.written, false);
    assert.equal(report.output, at('bad.onnx'));
    assert.equal(report.evaluation!.b, at('bad.onnx'));
    assert.deepEqual(
      report.gates!.map(({ gate, wanted, passed }) => [gate, wanted, passed]),
      [
        ['maxSizeRatio', 0.5, true],
        ['minSqnrDb', 200, false],
        ['maxMetricDrop', 0, false],
      ],
    );
    assert.equal(report.gates![2]!.measured, null);
    assert.match(stderr, /2 gates failed; .*bad\.onnx was not written \(--keep writes it\)/);
    assert.match(stderr, /SQNR: \d[\d.]* dB, wanted at least 200 dB: failed/);
    assert.match(stderr, /Metric drop: not measured, wanted at most 0: failed\. The inputs were random/);
    assert.equal(readFileSync(at('bad.onnx'), 'utf8'), 'before');
    nothingLeft();

    const kept = await run('--keep');
    assert.equal(kept.code, 6);
    assert.match(kept.stderr, /2 gates failed; .*bad\.onnx was written all the same/);
    assert.match(kept.stdout, /Gates/);
    assert.equal((await lapidary('inspect', at('bad.onnx'))).code, 0);
    nothingLeft();
  });

  it('moves external data along, and keeps what it replaces when something is in the way', async () => {
    const file = recipe('apart.lapidary.json', { passes, gates: { maxSizeRatio: 0.9 } });
    const out = at('apart.onnx');
    const run = () => lapidary('run', file, model, '-o', out, '--external-data', '--no-evaluate', '--overwrite');
    assert.equal((await run()).code, 0);
    assert.ok(existsSync(`${out}.data`));
    assert.equal((await lapidary('compare', model, out, ...quick)).code, 0);
    assert.equal((await run()).code, 0);
    const bytes = readFileSync(`${out}.data`);
    rmSync(out);
    mkdirSync(out);
    assert.equal((await run()).code, 2);
    assert.deepEqual(readFileSync(`${out}.data`), bytes);
    nothingLeft();
  });

  it('runs presets by their name, and "passes" lists them', async () => {
    const [preset] = presets;
    const { code, stdout } = await lapidary('run', preset!.id, model, '-o', at('preset.onnx'), '--json', ...quick);
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as CompressReport;
    assert.deepEqual(report.steps, preset!.steps);
    const listed = (await lapidary('passes')).stdout;
    for (const { id, summary } of presets) {
      assert.ok(listed.includes(`\n  ${id}`), id);
      assert.ok(listed.replace(/\s+/g, ' ').includes(summary), summary);
    }
  });

  it('says what is wrong before any work is done', async () => {
    const unknown = await lapidary('run', 'smalest', model, '-o', at('o.onnx'));
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /no preset "smalest"[^]*smallest/);
    const absent = await lapidary('run', at('none.lapidary.json'), model, '-o', at('o.onnx'));
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /There is no recipe/);
    const file = recipe('odd.lapidary.json', { passes: [{ pass: 'shrink' }] });
    const odd = await lapidary('run', file, model, '-o', at('o.onnx'), '--json');
    assert.equal(odd.code, 2);
    assert.match(odd.stderr, /There is no pass "shrink"\. \(.*odd\.lapidary\.json:1:20\)/);
    const { error } = JSON.parse(odd.stdout) as { error: Record<string, unknown> };
    assert.deepEqual([error.line, error.column], [1, 20]);
    assert.ok(!existsSync(at('o.onnx')));
  });
});
