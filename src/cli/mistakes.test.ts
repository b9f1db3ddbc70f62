// What people get wrong with good models: nothing is written for it, nothing is passed over in silence.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { build } from '../../test/support/models';
import { npyFloats } from '../../test/support/npy';
import { lapidary } from '../../test/support/terminal';
import { type CompareReport, type CompressReport } from '../protocol/report';

describe('command line: mistakes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-mistakes-'));
  const at = (name: string): string => path.join(folder, name);
  const model = at('model.onnx');
  const quantize = (...words: string[]) => lapidary('quantize-weights', model, '--no-latency', '--json', ...words);

  before(() => {
    const builder = build({ inputs: { x: ['float', ['N', 32]] } }).gemm('x', 'h', [32, 32], { name: 'first' });
    builder.gemm('h', 'r', [32, 32], { name: 'middle' }).gemm('r', 'y', [32, 4], { name: 'last' });
    writeFileSync(model, builder.output('y').bytes());
    writeFileSync(at('x.npy'), npyFloats([8, 32], new Array<number>(256).fill(0.5)));
    writeFileSync(at('wide.npy'), npyFloats([8, 40], new Array<number>(320).fill(0.5)));
    mkdirSync(at('empty'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const unusable: [data: string, says: RegExp][] = [
    ['nowhere', /There is no .*nowhere/],
    ['empty', /no samples/],
    ['model.onnx', /not data of a known kind/],
    ['wide.npy', /40/],
  ];
  for (const [data, says] of unusable) {
    it(`refuses data that cannot be used before it does any work: ${data}`, async () => {
      const { code, stderr } = await quantize('-o', at('o.onnx'), '--data', at(data));
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
      assert.ok(!existsSync(at('o.onnx')));
    });
  }

  it('says when a name to leave alone is the name of nothing', async () => {
    const words = ['-o', at('e.onnx'), '--exclude', 'frist,mid*', '--no-evaluate'];
    const { passes } = JSON.parse((await quantize(...words)).stdout) as CompressReport;
    const notes = passes[0]!.notes.filter((note) => note.startsWith('No node'));
    assert.deepEqual(notes, ['No node is named "frist", which was to be left as it is.']);
    assert.deepEqual(
      passes[0]!.changed.map(({ node }) => node),
      ['first'],
    );
  });

  it('names the few layers that were left alone', async () => {
    const words = ['-o', at('n.onnx'), '--exclude', 'middle', '--no-evaluate'];
    const { stdout } = await lapidary('quantize-weights', model, ...words);
    assert.match(stdout, /1 × Excluded by name\. \(middle\)/);
  });

  it('refuses to compare models that take different inputs', async () => {
    const other = build({ inputs: { image: ['float', ['N', 3, 8, 8]] } }).relu('image', 'y');
    writeFileSync(at('other.onnx'), other.output('y').bytes());
    const { code, stderr } = await lapidary('compare', model, at('other.onnx'), '--no-latency');
    assert.equal(code, 4, stderr);
    assert.match(stderr, /"image" of the second model takes float32\[N, 3, 8, 8\], "x" of the first float32\[N, 32\]/);
  });

  it('warns when the samples that were taken are of a few classes only', async () => {
    writeFileSync(at('labels.txt'), '0\n0\n0\n0\n1\n2\n3\n3\n');
    const words = ['--data', at('x.npy'), '--labels', at('labels.txt'), '--no-latency', '--json'];
    const codes = async (...more: string[]) => {
      const { stdout } = await lapidary('compare', model, model, ...words, ...more);
      return (JSON.parse(stdout) as CompareReport).warnings.map(({ code }) => code);
    };
    assert.deepEqual(await codes('--samples', '4'), ['classes-missing']);
    assert.deepEqual(await codes(), []);
  });

  it('ends with its own exit code when nobody reads on', async function () {
    this.timeout(30_000);
    const main = path.join(__dirname, 'main.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'inspect', at('none.onnx'), '--json'], {
      stdio: 'pipe',
    });
    child.stdout.destroy();
    child.stderr.destroy();
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 3);
  });

  it('lets no pass learn from random inputs unless asked to', async () => {
    const words = ['prune-channels', model, '-o', at('pruned.onnx'), '--overwrite', '--no-latency', '--json'];
    const dataOf = async (...more: string[]) => {
      const { stdout } = await lapidary(...words, '--samples', '2', ...more);
      const { data, evaluation } = JSON.parse(stdout) as CompressReport;
      assert.equal(evaluation?.quality.samples, 2);
      return data;
    };
    assert.equal(await dataOf(), undefined);
    assert.deepEqual(await dataOf('--data', 'random'), { source: 'random', samples: 2 });
  });

  it('says after Ctrl-C whether the model was finished', async function () {
    this.timeout(30_000);
    const output = at('cancelled.onnx');
    const words = ['quantize-weights', model, '-o', output, '--samples', '1000000', '--no-latency', '--json'];
    const main = path.join(__dirname, 'main.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...words], { stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise((resolve) => child.on('close', resolve));
    while (!existsSync(output)) await setTimeout(20);
    child.kill('SIGINT');
    assert.equal(await ended, 130);
    assert.match(stderr, /Cancelled; .*cancelled\.onnx is written, but was not measured/);
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'cancelled');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('.tmp')),
      [],
    );
  });
});
