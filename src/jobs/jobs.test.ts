import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, type ModelBuilder } from '../../test/support/models';
import { npyFloats } from '../../test/support/npy';
import { readModel } from '../graph/fromOnnx';
import { encodeModel } from '../graph/toOnnx';
import { LapidaryError } from '../protocol/errors';
import { type CompressRequest, type JobProgress } from '../protocol/jobs';
import { loadOrt } from '../runtime/ort';
import { type JobContext } from './context';
import { runJob } from './jobs';

const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-jobs-'));
const at = (name: string): string => path.join(folder, name);

function stored(name: string, builder: ModelBuilder): string {
  writeFileSync(at(name), builder.bytes());
  return at(name);
}

const mlp = (opset = 17) =>
  build({ opset, inputs: { x: ['float', ['N', 64]] } })
    .gemm('x', 'h', [64, 64], { name: 'first' })
    .relu('h', 'r')
    .gemm('r', 'y', [64, 10], { name: 'second' })
    .output('y');

function context(
  given: Partial<JobContext> = {},
): JobContext & { readonly seen: JobProgress[]; readonly files: [string, boolean][] } {
  const seen: JobProgress[] = [];
  const files: [string, boolean][] = [];
  return {
    seen,
    files,
    runtime: loadOrt,
    signal: new AbortController().signal,
    progress: (progress) => seen.push(progress),
    log: () => undefined,
    temporary: (file, exists) => files.push([file, exists]),
    ...given,
  };
}

const request = (input: string, output: string, more: Partial<CompressRequest> = {}): CompressRequest => ({
  input,
  output,
  overwrite: false,
  steps: [{ pass: 'quantize-weights', options: {} }],
  evaluate: { samples: 2, latency: false },
  ...more,
});

describe('jobs', () => {
  after(() => rmSync(folder, { recursive: true }));

  it('raises a file version that wants every initializer to be an input', async () => {
    const model = mlp(7).model();
    model.irVersion = 3;
    model.graph.inputs.push(...model.graph.initializers.values());
    writeFileSync(at('old.onnx'), encodeModel(model));
    // Factors are new initializers.
    const steps = [{ pass: 'factorize', options: { ratio: 0.5, multipleOf: 1, measure: false } }];
    await runJob('compress', request(at('old.onnx'), at('old.low.onnx'), { steps, evaluate: false }), context());
    const { irVersion, graph } = readModel(at('old.low.onnx'));
    assert.equal(irVersion, 4);
    assert.deepEqual(
      graph.inputs.map(({ name }) => name),
      ['x'],
    );
  });

  it('compresses, proves it, and announces temporary files', async () => {
    const here = context();
    const input = stored('mlp.onnx', mlp());
    const report = await runJob('compress', request(input, at('mlp.w8.onnx')), here);
    assert.deepEqual(
      report.passes.map((pass) => [pass.id, pass.changed.length]),
      [['quantize-weights', 2]],
    );
    assert.ok(report.after.fileBytes < report.before.fileBytes / 2);
    assert.equal(report.after.parameters, report.before.parameters);
    assert.equal(report.after.macs, report.before.macs);
    assert.deepEqual(
      report.evaluation!.layers.map(({ name }) => name),
      ['first', 'Relu_r', 'second'],
    );
    assert.equal(report.evaluation!.quality.random, true);
    assert.ok(report.evaluation!.quality.outputs[0]!.sqnrDb! > 30);
    assert.deepEqual(
      here.files.map(([, exists]) => exists),
      [true, false],
    );
  });

  it('loads no runtime for passes that run nothing', async () => {
    const input = stored('unrun.onnx', mlp());
    const runtime = () => Promise.reject(new Error('loaded'));
    const steps = [
      { pass: 'quantize-dynamic', options: { layers: 'all' } },
      { pass: 'convert-float16', options: { checkRange: false } },
    ];
    for (const { pass, options } of steps) {
      const given = { steps: [{ pass, options }], evaluate: false as const };
      const { passes } = await runJob(
        'compress',
        request(input, at(`unrun.${pass}.onnx`), given),
        context({ runtime }),
      );
      assert.equal(passes[0]!.changed.length > 0, true, pass);
      const checked = { steps: [{ pass, options: {} }], evaluate: false as const };
      await assert.rejects(runJob('compress', request(input, at('run.onnx'), checked), context({ runtime })), /loaded/);
    }
  });

  it('announces the folders that the runtime writes to', async () => {
    const here = context();
    await runJob('audit', { path: stored('audited.onnx', mlp()), latency: false }, here);
    assert.deepEqual(
      here.files.map(([, exists]) => exists),
      [true, false],
    );
    assert.ok(!existsSync(here.files[0]![0]));
  });

  it('reports fractions that only grow, and names pass and node', async () => {
    const here = context();
    await runJob('compress', request(stored('p.onnx', mlp()), at('p.w8.onnx')), here);
    const fractions = here.seen.map(({ fraction }) => fraction);
    assert.deepEqual(
      fractions,
      [...fractions].sort((a, b) => a - b),
    );
    assert.ok(fractions.every((fraction) => fraction >= 0 && fraction <= 1));
    assert.ok(here.seen.some(({ pass, node }) => pass === 'quantize-weights' && node === 'first'));
    const writing = here.seen.find(({ message }) => message.startsWith('Writing'))!;
    assert.deepEqual([writing.pass, writing.node], ['quantize-weights', 'second']);
  });

  it('writes the model all the same where there is no runtime, and says so', async () => {
    const runtime = () => Promise.reject(new LapidaryError('runtime-missing', 'No runtime on this platform.'));
    const report = await runJob('compress', request(stored('n.onnx', mlp()), at('n.w8.onnx')), context({ runtime }));
    assert.match(report.evaluationSkipped!, /No runtime on this platform/);
    assert.ok(existsSync(at('n.w8.onnx')));
  });

  it('says when a model is newer than the runtime', async () => {
    const input = stored('new.onnx', mlp(27));
    const report = await runJob('compress', request(input, at('new.w8.onnx')), context());
    assert.match(report.evaluationSkipped!, /newer than ONNX Runtime [\d.]+: it uses opset 27 \(it knows up to 26\)/);
    await assert.rejects(runJob('compare', { a: input, b: input }, context()), { code: 'unsupported' });
  });

  it('says which model the runtime refuses', async () => {
    const strange = build({ inputs: { x: ['float', [1, 64]] }, opsets: { 'my.domain': 1 } })
      .gemm('x', 'h', [64, 64])
      .node('Nobody', ['h'], 'y', {}, { domain: 'my.domain' })
      .output('y', 'float', [1, 64]);
    const report = await runJob('compress', request(stored('s.onnx', strange), at('s.w8.onnx')), context());
    assert.match(report.evaluationSkipped!, /Nobody|my\.domain/);
  });

  it('calibrates on random indices that lie within their table', async () => {
    const words = build({ inputs: { word_ids: ['int64', [4]] } })
      .initializer('table', 'float', [3, 64])
      .node('Gather', ['table', 'word_ids'], 'x')
      .gemm('x', 'y', [64, 64], { name: 'layer' })
      .output('y');
    const steps = [{ pass: 'quantize-static', options: { layers: 'all' } }];
    const data = { source: 'random', samples: 4 };
    const wanted = request(stored('words.onnx', words), at('words.int8.onnx'), { steps, data });
    assert.ok((await runJob('compress', wanted, context())).passes[0]!.changed.length > 0);
  });

  it('says what to do when random inputs do not fit', async () => {
    const picky = build({ inputs: { x: ['float', ['N', 64]] } }).gemm('x', 'h', [64, 64]);
    picky.initializer('pads', 'int64', [4], [1, 0, 1, 0]).node('Pad', ['h', 'pads'], 'y', { mode: 'reflect' });
    const input = stored('picky.onnx', picky.output('y', 'float', ['M', 64]));
    const report = await runJob('compress', request(input, at('picky.w8.onnx')), context());
    const hint = /The inputs were random: give data or dimensions/;
    assert.match(report.evaluationSkipped!, hint);
    const steps = [{ pass: 'quantize-static', options: {} }];
    const calibrated = request(input, at('picky.int8.onnx'), { steps, data: { source: 'random', samples: 1 } });
    await assert.rejects(runJob('compress', calibrated, context()), (error: LapidaryError) =>
      hint.test(error.place.hint ?? ''),
    );
    const bound = await runJob(
      'compare',
      { a: input, b: input, dims: { N: 4 }, samples: 1, latency: false },
      context(),
    );
    assert.equal(bound.quality.outputs[0]!.sqnrDb, null);
  });

  it('stops when it is cancelled, with nothing written', async () => {
    const abort = new AbortController();
    const progress = ({ pass }: JobProgress) => pass && abort.abort();
    const job = runJob(
      'compress',
      request(stored('c.onnx', mlp()), at('c.w8.onnx')),
      context({ signal: abort.signal, progress }),
    );
    await assert.rejects(job, { code: 'cancelled' });
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('c.') || name.startsWith('.c')),
      ['c.onnx'],
    );
  });

  it('checks passes and options before it reads anything', async () => {
    const absent = at('absent.onnx');
    const run = (steps: CompressRequest['steps']) =>
      runJob('compress', request(absent, at('o.onnx'), { steps }), context());
    await assert.rejects(run([{ pass: 'shrink', options: {} }]), { code: 'usage', message: /no pass "shrink"/ });
    await assert.rejects(run([{ pass: 'quantize-weights', options: { bits: 5 } }]), {
      code: 'usage',
      message: /"bits"/,
    });
    await assert.rejects(run([]), { code: 'usage' });
    await assert.rejects(run([{ pass: 'quantize-weights', options: {} }]), { code: 'not-found' });
  });

  it('never writes over its input, not even through a link', async () => {
    const input = stored('self.onnx', mlp());
    const bytes = readFileSync(input);
    symlinkSync(input, at('link.onnx'));
    for (const output of [input, at('link.onnx')]) {
      await assert.rejects(runJob('compress', request(input, output, { overwrite: true }), context()), {
        code: 'usage',
      });
    }
    await assert.rejects(runJob('compress', request(input, at('none/o.onnx')), context()), { code: 'usage' });
    const device = request(input, '/dev/null', { overwrite: true });
    if (existsSync('/dev/null')) await assert.rejects(runJob('compress', device, context()), { code: 'usage' });
    assert.deepEqual(readFileSync(input), bytes);
  });

  it('never writes over the weights of its input', async () => {
    const input = stored('ext.onnx', mlp());
    await runJob('save', { input, output: at('ext2.onnx'), overwrite: false, externalData: true }, context());
    // A model without its suffix, whose data file would be that of the input.
    const odd = { input: at('ext2.onnx'), output: at('ext2.onnx.data'), overwrite: true };
    await assert.rejects(runJob('save', odd, context()), { code: 'usage' });
  });

  it('compares models whose inputs and outputs are named and typed differently', async () => {
    const a = stored('a.onnx', mlp());
    const half = build({ inputs: { image: ['float16', ['B', 64]] } }).node('Cast', ['image'], 'x', { to: 1 });
    half.gemm('x', 'h', [64, 64], { name: 'first' }).relu('h', 'r').gemm('r', 'z', [64, 10], { name: 'second' });
    const b = stored('b.onnx', half.node('Cast', ['z'], 'scores', { to: 10 }).output('scores', 'float16', ['B', 10]));
    const values = Array.from({ length: 3 * 64 }, (_, i) => Math.cos(i));
    writeFileSync(at('d.npy'), npyFloats([3, 64], values));
    const report = await runJob(
      'compare',
      { a, b, data: { source: at('d.npy') }, dims: { N: 1 }, latency: false },
      context(),
    );
    assert.equal(report.quality.samples, 3);
    const [output] = report.quality.outputs;
    assert.equal(output!.name, 'y');
    assert.ok(output!.sqnrDb! > 40, `${output!.sqnrDb} dB`);
  });

  it('measures latency, both models in turns', async () => {
    const a = stored('l.onnx', mlp());
    const { latency } = await runJob('compare', { a, b: a, samples: 1, threads: 1 }, context());
    assert.ok(latency!.before.runs >= 11 && latency!.before.runs === latency!.after.runs);
    assert.equal(latency!.threads, 1);
  });

  it('says that labels do not fit the scores instead of making up an accuracy', async () => {
    const a = stored('m.onnx', mlp());
    writeFileSync(at('m.npy'), npyFloats([2, 64], new Array<number>(128).fill(1)));
    writeFileSync(at('m.txt'), '3\n400\n');
    const data = { source: at('m.npy'), labels: at('m.txt') };
    const report = await runJob('compare', { a, b: a, data, latency: false }, context());
    assert.equal(report.quality.metric, undefined);
    assert.ok(report.warnings.some(({ code }) => code === 'labels-unused'));
  });

  it('reports outputs that are not finite', async () => {
    const root = (opType: string) =>
      build({ inputs: { x: ['float', [1, 4]] } })
        .node(opType, ['x'], 'y')
        .output('y', 'float', [1, 4]);
    const [a, b] = [stored('abs.onnx', root('Abs')), stored('sqrt.onnx', root('Sqrt'))];
    writeFileSync(at('neg.npy'), npyFloats([1, 4], [1, 4, -1, -4]));
    const report = await runJob('compare', { a, b, data: { source: at('neg.npy') }, latency: false }, context());
    assert.deepEqual(report.quality.outputs[0]!.nonFinite, { before: 0, after: 2 });
    assert.match(report.warnings[0]!.message, /"y" has 2 values that are NaN or infinite/);
    const turned = await runJob('compare', { a: b, b: a, data: { source: at('neg.npy') }, latency: false }, context());
    assert.match(turned.warnings[0]!.message, /"y" is NaN or infinite 2 times in the first model, and never/);
  });
});
