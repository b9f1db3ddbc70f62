import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../test/support/models';
import { qdq, quantizedWeight } from '../../test/support/qdq';
import { lapidary } from '../../test/support/terminal';
import { type AuditReport } from '../protocol/audit';

describe('lapidary audit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-audit-test-'));
  const path = join(folder, 'model.onnx');
  before(() => {
    const builder = quantizedWeight(qdq(build({ inputs: { x: ['float', ['n', 32]] } }), 'x'), 'w', [32, 16]);
    const y = qdq(builder.node('MatMul', ['x_dq', 'w'], 'm', {}, { name: 'linear' }), 'm');
    writeFileSync(path, y.node('Tanh', ['m_dq'], 'y', {}, { name: 'squash' }).output('y', 'float').bytes());
  });
  after(() => rmSync(folder, { recursive: true }));

  it('prints counts, what conversions cost, and what does not run in int8 and why', async () => {
    const { code, stdout } = await lapidary('audit', path);
    assert.equal(code, 0);
    assert.match(stdout, /2 layers: 1 int8, 1 float \+ Q\/DQ\./);
    assert.match(stdout, /squash +Tanh .*no int8 Tanh/);
    assert.doesNotMatch(stdout, /linear/);
    assert.match((await lapidary('audit', path, '--all')).stdout, /linear +MatMul +int8/);
  });

  it('prints JSON', async () => {
    const { stdout } = await lapidary('audit', path, '--json', '--dim', 'n=4');
    const report = JSON.parse(stdout) as AuditReport;
    assert.deepEqual(
      report.layers.map(({ node, runsAs }) => [node, runsAs]),
      [
        ['linear', 'int8'],
        ['squash', 'float-qdq'],
      ],
    );
    assert.ok(report.layers[0]!.latencyMs! >= 0);
    const plain = JSON.parse((await lapidary('audit', path, '--json', '--no-latency')).stdout) as AuditReport;
    assert.equal(plain.layers[0]!.latencyMs, undefined);
  });

  it('says what is wrong with a model that does not load', async () => {
    assert.equal((await lapidary('audit', join(folder, 'absent.onnx'))).code, 3);
  });
});
