// The worker process from outside: results, errors, cancel, kill, and nothing left behind.
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Tensor } from '../src/graph/tensor';
import { writeModel } from '../src/graph/toOnnx';
import { runJob } from '../src/host/worker/client';
import { WorkerProcess } from '../src/host/worker/workerProcess';
import { LapidaryError } from '../src/protocol/errors';
import { type JobProgress } from '../src/protocol/jobs';
import { protocolVersion, type FromWorker } from '../src/protocol/worker';
import { build } from './support/models';
import { location } from './support/workers';

const layers = 12;
const width = 2048;

describe('worker process', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-worker-'));
  const source = path.join(folder, 'large.onnx');
  let original: string;

  before(async () => {
    const builder = build({ inputs: { x: ['float', ['N', width]] } });
    // Not random: 200 MB of random numbers take longer to make than all the tests.
    const bytes = new Uint8Array(width * width * 4).fill(61);
    let last = 'x';
    for (let layer = 0; layer < layers; layer++) {
      builder.constant(Tensor.ofBytes(`w${layer}`, 'float', [width, width], bytes.slice()));
      builder.node('MatMul', [last, `w${layer}`], `y${layer}`, {}, { name: `layer${layer}` });
      last = `y${layer}`;
    }
    await writeModel(builder.output(last, 'float', ['N', width]).model(), source);
    original = hashOf(source);
  });

  after(() => rmSync(folder, { recursive: true }));

  const compressRequest = () => ({
    input: source,
    output: path.join(folder, 'small.onnx'),
    overwrite: false,
    steps: [{ pass: 'quantize-weights', options: {} }],
    evaluate: false as const,
  });

  /** The source as it was, and nothing beside it. */
  function nothingLeft(): void {
    assert.deepEqual(readdirSync(folder), ['large.onnx']);
    assert.equal(hashOf(source), original, 'the source is byte-identical');
  }

  it('answers with results and progress', async () => {
    const seen: JobProgress[] = [];
    const output = path.join(folder, 'copy.onnx');
    const report = await runJob(
      'save',
      { input: source, output, overwrite: false },
      { ...location, onProgress: (p) => seen.push(p) },
    );
    assert.equal(report.output, output);
    assert.ok(existsSync(output));
    rmSync(output);
    const inspected = await runJob('inspect', { path: source }, location);
    assert.equal(inspected.model.parameters, layers * width * width);
  });

  it('answers with typed errors', async () => {
    const absent = path.join(folder, 'absent.onnx');
    await assert.rejects(runJob('inspect', { path: absent }, location), (error) => {
      assert.ok(error instanceof LapidaryError);
      assert.equal(error.code, 'not-found');
      assert.equal(error.place.model, absent);
      return true;
    });
  });

  it('is gone within a second of a cancel, and leaves nothing behind', async () => {
    const abort = new AbortController();
    let cancelledAt = 0;
    const onProgress = ({ node }: JobProgress) => {
      if (node === undefined || abort.signal.aborted) return;
      cancelledAt = performance.now();
      abort.abort();
    };
    const job = runJob('compress', compressRequest(), { ...location, signal: abort.signal, onProgress });
    await assert.rejects(job, { code: 'cancelled' });
    const took = performance.now() - cancelledAt;
    console.log(`      gone ${took.toFixed(0)} ms after the cancel`);
    assert.ok(cancelledAt > 0 && took < 1000, `${took} ms`);
    nothingLeft();
  });

  it('names the pass and the node when it is killed in the middle of a pass', async () => {
    const worker = new WorkerProcess(location);
    const onProgress = ({ node }: JobProgress) => {
      if (node === 'layer3') worker.kill();
    };
    await assert.rejects(worker.run('compress', compressRequest(), { onProgress }), (error) => {
      assert.ok(error instanceof LapidaryError);
      assert.equal(error.code, 'worker-died');
      assert.match(error.message, /SIGKILL/);
      assert.equal(error.place.pass, 'quantize-weights');
      assert.match(error.place.node!, /^layer\d+$/);
      return true;
    });
    await worker.ended;
    nothingLeft();
  });

  it('leaves no half file when it is killed in mid-write', async () => {
    const worker = new WorkerProcess(location);
    const job = worker.run('save', { input: source, output: path.join(folder, 'copy.onnx'), overwrite: false });
    const outcome = job.then(
      () => undefined,
      (error: unknown) => error,
    );
    const isWriting = () => readdirSync(folder).some((name) => name.endsWith('.tmp'));
    while (!isWriting()) await sleep(1);
    process.kill(worker.pid!, 'SIGKILL');
    const error = await outcome;
    assert.ok(error instanceof LapidaryError && error.code === 'worker-died', String(error));
    await worker.ended;
    nothingLeft();
  });

  it('says so when it cannot be started', async () => {
    const job = runJob('inspect', { path: source }, { ...location, nodePath: path.join(folder, 'no-node') });
    await assert.rejects(job, (error) => {
      assert.ok(error instanceof LapidaryError);
      assert.equal(error.code, 'worker-died');
      assert.match(error.place.hint!, /nodePath/);
      return true;
    });
  });

  it('refuses a client of another version, and ends with its parent', async () => {
    const child = fork(location.workerPath, {
      execArgv: location.execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const messages: FromWorker[] = [];
    child.on('message', (message: FromWorker) => messages.push(message));
    await once(child, 'message');
    assert.deepEqual(messages[0], { type: 'ready', version: protocolVersion, runtime: null });
    child.send({
      type: 'run',
      version: protocolVersion + 1,
      id: 7,
      job: { kind: 'inspect', request: { path: source } },
    });
    await once(child, 'message');
    const answer = messages[1]!;
    assert.ok(answer.type === 'error' && answer.id === 7 && /protocol/.test(answer.error.message));
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
  });

  it('leaves nothing behind when its parent is gone', async () => {
    const child = fork(location.workerPath, {
      execArgv: location.execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    const request = { input: source, output: path.join(folder, 'orphan.onnx'), overwrite: false };
    child.send({ type: 'run', version: protocolVersion, id: 1, job: { kind: 'save', request } });
    while (!readdirSync(folder).some((name) => name.endsWith('.tmp'))) await sleep(1);
    const exit = once(child, 'exit');
    child.disconnect();
    await exit;
    nothingLeft();
  });

  it('leaves no folder of the runtime behind when it is killed', async () => {
    const worker = new WorkerProcess(location);
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`lapidary-${worker.pid}-`));
    const job = worker.run('audit', { path: source, latency: false });
    job.catch(() => undefined);
    while (folders().length === 0) await sleep(1);
    worker.kill();
    await assert.rejects(job, { code: 'worker-died' });
    await worker.ended;
    assert.deepEqual(folders(), []);
  });

  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    it(`leaves no half file when ${signal} ends the command line in mid-write`, async () => {
      const main = path.resolve(__dirname, '../src/cli/main.ts');
      const words = ['save', source, '-o', path.join(folder, 'copy.onnx')];
      const child = spawn(process.execPath, ['--import', 'tsx', main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      const stderr: string[] = [];
      child.stderr.on('data', (text: Buffer) => stderr.push(text.toString()));
      const exit = once(child, 'exit');
      while (!readdirSync(folder).some((name) => name.endsWith('.tmp'))) await sleep(1);
      child.kill(signal);
      assert.deepEqual(await exit, [130, null]);
      assert.match(stderr.join(''), /Cancelled; nothing was written/);
      nothingLeft();
    });
  }
});

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
