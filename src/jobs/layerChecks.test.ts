import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../test/support/models';
import { qdq, quantizedWeight } from '../../test/support/qdq';
import { type CompareReport } from '../protocol/report';
import { loadOrt } from '../runtime/ort';
import { type JobContext } from './context';
import { runJob } from './jobs';

const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-layers-'));

const context = (): JobContext => ({
  runtime: loadOrt,
  signal: new AbortController().signal,
  progress: () => undefined,
  log: () => undefined,
  temporary: () => undefined,
});

/** Two products; the same weights, as float or as codes. */
function network(quantized: boolean) {
  const builder = build({ inputs: { x: ['float', [4, 32]] } });
  const input = quantized ? (qdq(builder, 'x'), 'x_dq') : 'x';
  quantizedWeight(builder, 'w1', [32, 16]).node('MatMul', [input, 'w1'], 'm', {}, { name: 'first' });
  const hidden = quantized ? (qdq(builder, 'm', { scale: 0.2 }), 'm_dq') : 'm';
  builder.node('Tanh', [hidden], 't', {}, { name: 'squash' });
  return builder.matMul('t', 'y', [16, 4], { name: 'last' }).output('y', 'float');
}

/** Float weights, as they come back from the codes. */
function plain() {
  const builder = build({ inputs: { x: ['float', [4, 32]] } });
  const codes = Float32Array.from({ length: 512 }, (_, index) => {
    const code = (index * 37) % 251;
    return 0.01 * (code > 127 ? code - 256 : code);
  });
  builder.initializer('w1', 'float', [32, 16], codes).node('MatMul', ['x', 'w1'], 'm', {}, { name: 'first' });
  builder.node('Tanh', ['m'], 't', {}, { name: 'squash' });
  return builder.matMul('t', 'y', [16, 4], { name: 'last' }).output('y', 'float');
}

describe('what a comparison says of layers', () => {
  after(() => rmSync(folder, { recursive: true }));

  const compare = async (b: Uint8Array, latency = true): Promise<CompareReport> => {
    const [from, to] = [path.join(folder, 'a.onnx'), path.join(folder, 'b.onnx')];
    writeFileSync(from, plain().bytes());
    writeFileSync(to, b);
    return runJob('compare', { a: from, b: to, samples: 2, latency }, context());
  };

  it('tells how a quantized model runs, what its layers have lost, and their times', async () => {
    const report = await compare(network(true).bytes());
    const [first, squash, last] = report.layers;
    assert.deepEqual([first!.runsAs, squash!.runsAs, last!.runsAs], ['int8', 'float-qdq', 'float']);
    assert.match(squash!.runsAsReason!, /no int8 Tanh/);
    assert.ok(first!.outputSqnrDb! > 15 && first!.outputSqnrDb! < 60, `${first!.outputSqnrDb}`);
    assert.ok(first!.latencyBeforeMs! >= 0 && first!.latencyAfterMs! >= 0);
    assert.equal(report.execution!.counts.int8, 1);
    assert.deepEqual(report.warnings, []);
  });

  it('leaves times out when nobody asked for latency, and everything for a float model', async () => {
    assert.equal((await compare(network(true).bytes(), false)).layers[0]!.latencyBeforeMs, undefined);
    const report = await compare(plain().bytes());
    assert.equal(report.execution, undefined);
    assert.ok(report.layers.every(({ runsAs, outputSqnrDb }) => runsAs === undefined && outputSqnrDb === undefined));
  });
});
