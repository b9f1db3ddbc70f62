// The one process that reads models for all that is open of them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeModel } from '../src/graph/toOnnx';
import { SharedInspector } from '../src/host/worker/client';
import { type ReportHead } from '../src/protocol/report';
import { build } from './support/models';
import { location } from './support/workers';

describe('shared inspector', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-inspector-'));
  const file = path.join(folder, 'small.onnx');
  before(() =>
    writeModel(
      build({ inputs: { x: ['float', [1, 4]] } })
        .matMul('x', 'y', [4, 3])
        .output('y')
        .model(),
      file,
    ),
  );
  after(() => rmSync(folder, { recursive: true }));

  it('keeps one process for several inspections, and replaces one that died', async () => {
    const inspector = new SharedInspector(location);
    const [a, b] = await Promise.all([inspector.inspect({ path: file }), inspector.inspect({ path: file })]);
    assert.equal(a.model.macs, 12);
    assert.deepEqual(a, b);
    const first = inspector.pid!;
    await inspector.inspect({ path: file });
    assert.equal(inspector.pid, first);
    process.kill(first, 'SIGKILL');
    while (inspector.pid !== undefined) await sleep(5);
    assert.equal((await inspector.inspect({ path: file })).model.macs, 12);
    assert.notEqual(inspector.pid, first);
    await assert.rejects(inspector.inspect({ path: path.join(folder, 'absent.onnx') }), { code: 'not-found' });
    const abort = new AbortController();
    const cancelled = inspector.inspect({ path: file }, { signal: abort.signal });
    abort.abort();
    await assert.rejects(cancelled, { code: 'cancelled' });
    inspector.dispose();
  });

  it('tells the totals of very many layers ahead of them, and only of those', async () => {
    const inspector = new SharedInspector(location);
    const told: ReportHead[] = [];
    const onOutline = (head: ReportHead) => told.push(head);
    await inspector.inspect({ path: file }, { onOutline });
    assert.deepEqual(told, []);
    const long = path.join(folder, 'long.onnx');
    const builder = build({ inputs: { x: ['float', [1, 4]] } });
    for (let index = 0; index < 6000; index++) builder.relu(index === 0 ? 'x' : `v${index - 1}`, `v${index}`);
    await writeModel(builder.output('v5999').model(), long);
    let isAhead = true;
    const report = inspector.inspect({ path: long }, { onOutline: (head) => isAhead && onOutline(head) });
    const { layers, ...head } = await report.finally(() => (isAhead = false));
    assert.deepEqual(told, [head]);
    assert.equal(layers.length, head.model.layerCount);
    inspector.dispose();
  });

  it('lets its process go at once when nobody is about to ask, but not before it has answered', async () => {
    const inspector = new SharedInspector(location);
    const report = inspector.inspect({ path: file });
    const pid = inspector.pid!;
    inspector.rest();
    assert.equal((await report).model.macs, 12);
    while (isAlive(pid)) await sleep(10);
    assert.equal(inspector.pid, undefined);
    assert.equal((await inspector.inspect({ path: file })).model.macs, 12);
    const next = inspector.pid!;
    await sleep(50);
    assert.ok(isAlive(next), 'the next one stays as usual');
    inspector.rest();
    while (isAlive(next)) await sleep(10);
    await assert.rejects(inspector.inspect({ path: path.join(folder, 'gone.onnx') }));
    // One that is gone says nothing of others: its process does not stay.
    while (inspector.pid !== undefined) await sleep(10);
  });

  it('lets its process go when nobody asks', async () => {
    const inspector = new SharedInspector({ ...location, idleMs: 20 });
    await inspector.inspect({ path: file });
    const pid = inspector.pid!;
    while (isAlive(pid)) await sleep(10);
    assert.equal(inspector.pid, undefined);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
