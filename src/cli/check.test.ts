import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../test/support/models';
import { lapidary } from '../../test/support/terminal';
import { type CheckReport } from '../protocol/check';

describe('command line: check', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-check-'));
  const [odd, fine] = ['odd.onnx', 'fine.onnx'].map((name) => path.join(folder, name)) as [string, string];

  before(() => {
    const builder = build({ opset: 12, inputs: { x: ['float', [1, 64]] } }).initializer('rest', 'float', [200, 100]);
    builder.gemm('x', 'h', [64, 64], { name: 'first' });
    for (let i = 0; i < 3; i++) builder.node('Dropout', [i === 0 ? 'h' : `d${i - 1}`], `d${i}`);
    writeFileSync(odd, builder.gemm('d2', 'y', [64, 8]).output('y').bytes());
    const plain = build({ inputs: { x: ['float', [1, 64]] } }).gemm('x', 'y', [64, 8]);
    writeFileSync(fine, plain.output('y').bytes());
  });
  after(() => rmSync(folder, { recursive: true }));

  it('names what it found, where, and the pass that mends it', async () => {
    const { code, stdout, stderr } = await lapidary('check', odd, '--limit', '2');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^warning: rest \[unused-initializer\]\n {2}Nothing reads this weight: 80000 bytes/);
    assert.match(stdout, /Fix: lapidary simplify .*odd\.onnx -o OUT/);
    assert.match(stdout, /information: the whole model \[old-opset\][^]*Fix: lapidary simplify --opset 17/);
    assert.match(stdout, /… and 1 more \[dropout\] \(--limit 3 lists them\)/);
    assert.match(stdout, /odd\.onnx: 5 findings\.$/);
    assert.match((await lapidary('check', fine)).stdout, /fine\.onnx: nothing found\./);
  });

  it('prints one JSON document', async () => {
    const { stdout } = await lapidary('check', odd, '--json');
    const report = JSON.parse(stdout) as CheckReport;
    assert.equal(report.model.path, odd);
    assert.deepEqual(report.counts, { dropout: 3, 'unused-initializer': 1, 'old-opset': 1 });
    assert.equal(report.diagnostics.length, 5);
    assert.deepEqual(report.diagnostics[0]!.fix, { pass: 'simplify', options: {} });
  });

  it('fails on what it is told to fail on', async () => {
    const failed = await lapidary('check', odd, '--fail-on', 'warning', '--json');
    assert.equal(failed.code, 6);
    assert.match(failed.stderr, /1 finding fails the check/);
    assert.equal((await lapidary('check', fine, '--fail-on', 'hint')).code, 0);
    const unknown = await lapidary('check', odd, '--fail-on', 'error');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /--fail-on is one of warning, information, hint/);
    assert.equal((await lapidary('check', path.join(folder, 'none.onnx'))).code, 3);
  });
});
