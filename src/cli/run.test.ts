import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../test/support/models';
import { npyFloats } from '../../test/support/npy';
import { lapidary } from '../../test/support/terminal';
import { declarations } from '../passes/declarations';
import { type CompareReport, type CompressReport, type InspectReport } from '../protocol/report';
import { commands } from './run';

describe('command line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-cli-'));
  const model = path.join(folder, 'model.onnx');
  const at = (name: string): string => path.join(folder, name);

  before(() => {
    const builder = build({ inputs: { x: ['float', ['N', 3, 16, 16]] } });
    builder.conv('x', 'c', { channels: 32, inputChannels: 3, pad: 1, name: 'stem' }).relu('c', 'r');
    builder.node('GlobalAveragePool', ['r'], 'p').node('Flatten', ['p'], 'f');
    writeFileSync(model, builder.gemm('f', 'scores', [32, 10], { name: 'head' }).output('scores').bytes());
  });
  after(() => rmSync(folder, { recursive: true }));

  describe('inspect', () => {
    it('prints totals and layers', async () => {
      const { code, stdout, stderr } = await lapidary('inspect', model);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /opset 17 · IR 8/);
      assert.match(stdout, /N = 1 \(assumed; --dim N=N\)/);
      assert.match(stdout, /^ *0 +stem +Conv 3x3 .* 896 +3\.58 kB +221 k +99\.9 %$/m);
      assert.equal(stderr, '');
    });

    it('binds dimensions, sorts and cuts', async () => {
      const { stdout } = await lapidary('inspect', model, '--dim', 'N=4', '--sort', 'macs', '--top', '1');
      assert.match(stdout, /885 k/);
      assert.match(stdout, /stem/);
      assert.doesNotMatch(stdout, /head/);
      assert.match(stdout, /4 more layers/);
    });

    it('prints one JSON document of the promised shape', async () => {
      const { stdout } = await lapidary('inspect', model, '--input', 'x=2x3x16x16', '--json');
      const report = JSON.parse(stdout) as InspectReport;
      assert.equal(report.model.macs, 2 * (16 * 16 * 32 * 27 + 320));
      assert.equal(report.model.fileBytes, readFileSync(model).length);
      assert.deepEqual(
        report.layers.map((layer) => layer.opType),
        ['Conv', 'Relu', 'GlobalAveragePool', 'Flatten', 'Gemm'],
      );
    });
  });

  describe('passes', () => {
    it('are listed, each a command with help from its declaration', async () => {
      const listed = JSON.parse((await lapidary('passes', '--json')).stdout) as { id: string }[];
      assert.deepEqual(
        listed.map(({ id }) => id),
        Object.keys(declarations),
      );
      for (const { id } of listed) {
        const { code, stdout } = await lapidary(id, '--help');
        assert.equal(code, 0);
        assert.match(stdout, new RegExp(`Usage: lapidary ${id} MODEL -o OUT`));
        assert.match(stdout, /--exclude/);
      }
    });

    it('offer made-up data as the default only where none is required', async () => {
      const helpOf = async (id: string): Promise<string> => (await lapidary(id, '--help')).stdout.replace(/\s+/g, ' ');
      assert.doesNotMatch(await helpOf('quantize-static'), /"random" \(default\)/);
      assert.match(await helpOf('quantize-static'), /or "random"\./);
      assert.match(await helpOf('factorize'), /"random" \(default\)/);
    });

    it('have flags that no common flag hides', () => {
      for (const { name, flags } of commands) {
        const names = flags.map((flag) => flag.name);
        assert.equal(new Set(names).size, names.length, `${name}: ${names.join(' ')}`);
      }
    });

    it('write a smaller model and print what it is worth', async () => {
      const out = at('w8.onnx');
      const { code, stdout, stderr } = await lapidary(
        'quantize-weights',
        model,
        '-o',
        out,
        '--samples',
        '2',
        '--no-latency',
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Weight-only Quantization · 2 of 2 layers/);
      assert.match(stdout, /Size .*smaller/);
      assert.match(stdout, /Latency +not measured/);
      assert.match(stdout, /SQNR \d/);
      assert.match(stdout, /stem +Conv 3x3 .*int8/);
      assert.ok(existsSync(out));
    });

    it('refuse to overwrite unless told to', async () => {
      const out = at('w8.onnx');
      const refused = await lapidary('quantize-weights', model, '-o', out, '--no-evaluate');
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /w8\.onnx exists already[^]*--overwrite/);
      const allowed = await lapidary('quantize-weights', model, '-o', out, '--no-evaluate', '--overwrite', '--json');
      assert.equal(allowed.code, 0, allowed.stderr);
      const report = JSON.parse(allowed.stdout) as CompressReport;
      assert.equal(report.evaluation, undefined);
      assert.ok(report.after.fileBytes < report.before.fileBytes);
      const same = await lapidary('quantize-weights', model, '-o', model, '--overwrite');
      assert.equal(same.code, 2);
      assert.match(same.stderr, /would replace the input/);
    });

    it('that change nothing say why, and write nothing', async () => {
      const out = at('nothing.onnx');
      const { code, stderr, stdout } = await lapidary('quantize-weights', model, '-o', out, '--exclude', '*', '--json');
      assert.equal(code, 4);
      assert.match(stderr, /Nothing would change.*excluded/i);
      assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'nothing-to-do');
      assert.ok(!existsSync(out));
    });
  });

  describe('compare', () => {
    it('measures quality on data with labels', async () => {
      await lapidary('quantize-weights', model, '-o', at('b.onnx'), '--no-evaluate');
      const values = Array.from({ length: 4 * 768 }, (_, i) => Math.sin(i * i));
      writeFileSync(at('x.npy'), npyFloats([4, 3, 16, 16], values));
      writeFileSync(at('labels.txt'), '0\n1\n2\n9\n');
      const words = ['--data', at('x.npy'), '--labels', at('labels.txt'), '--no-latency', '--json'];
      const { code, stdout, stderr } = await lapidary('compare', model, at('b.onnx'), ...words);
      assert.equal(code, 0, stderr);
      const { quality, latency, size } = JSON.parse(stdout) as CompareReport;
      assert.equal(quality.samples, 4);
      assert.equal(quality.random, false);
      assert.equal(quality.metric?.name, 'top-1 accuracy');
      assert.ok(quality.outputs[0]!.sqnrDb! > 25);
      assert.equal(latency, undefined);
      assert.equal(size.ratio, size.before / size.after);
    });

    it('of a model with itself is exact', async () => {
      const { stdout } = await lapidary('compare', model, model, '--samples', '1', '--no-latency');
      assert.match(stdout, /identical outputs/);
    });
  });

  it('saves with weights beside the model and back', async () => {
    const large = at('large.onnx');
    writeFileSync(
      large,
      build({ inputs: { x: ['float', [1, 64]] } })
        .matMul('x', 'y', [64, 64])
        .output('y')
        .bytes(),
    );
    assert.equal((await lapidary('save', large, '-o', at('beside.onnx'), '--external-data')).code, 0);
    assert.equal(readFileSync(at('beside.onnx.data')).length, 64 * 64 * 4);
    const { code, stdout } = await lapidary('save', at('beside.onnx'), '-o', at('inline.onnx'), '--inline', '--json');
    assert.equal(code, 0);
    assert.deepEqual((JSON.parse(stdout) as { files: string[] }).files, [at('inline.onnx')]);
    const report = await lapidary('inspect', at('beside.onnx'));
    assert.match(report.stdout, /one file of external data included/);
    const refused = await lapidary(
      'save',
      large,
      '-o',
      at('beside.onnx'),
      '--overwrite',
      '--external-data',
      '--inline',
    );
    assert.equal(refused.code, 2);
  });

  describe('usage', () => {
    const wrong: [string[], RegExp][] = [
      [[], /No command/],
      [['inspekt', 'm.onnx'], /no command "inspekt"[^]*Did you mean inspect/],
      [['inspect'], /MODEL is missing[^]*Usage: lapidary inspect MODEL/],
      [['inspect', 'a', 'b'], /What is "b" for/],
      [['inspect', 'a', '--jsn'], /no flag --jsn[^]*Did you mean --json/],
      [['inspect', 'a', '--top', 'many'], /--top is a whole number, not "many"/],
      [['inspect', 'a', '--sort', 'mac'], /Did you mean macs/],
      [['inspect', 'a', '--dim', 'N'], /--dim N: write NAME=VALUE/],
      [['inspect', 'a', '--input', 'x=1xbig'], /a shape is written like/],
      [['quantize-weights', 'a'], /Where should the result go/],
      [['quantize-weights', 'a', '-o', 'b', '--bits', '3'], /"--bits" is one of 8, 4, 2, not "3"/],
      [
        ['quantize-weights', 'a', '-o', 'b', '--min-elements', '-4'],
        /"--min-elements" is a whole number of at least 0/,
      ],
      [['quantize-weights', 'a', '-o', 'b', '--threads', '0'], /--threads is at least 1/],
      [['compare', 'a', 'b', '--skip', '3'], /--skip needs --data/],
      [['compare', 'a', 'b', '--skip', '3', '--data', 'random'], /--skip needs --data/],
      [['quantize-weights', 'a', '-o', 'b', '--labels', 'l'], /--labels needs --data/],
      [['quantize-weights', 'a', '-o', 'b', '-o', 'c'], /--output was given twice/],
      [['compare', 'a'], /B is missing/],
      [['compare', 'a', 'b', '--data'], /--data needs a value/],
    ];
    for (const [words, message] of wrong) {
      it(`is explained: ${words.join(' ') || '(nothing)'}`, async () => {
        const { code, stdout, stderr } = await lapidary(...words);
        assert.equal(code, 2, stderr);
        assert.match(stderr, message);
        assert.equal(stdout, '');
      });
    }

    it('has help and a version', async () => {
      assert.match((await lapidary('--help')).stdout, /quantize-weights/);
      assert.match((await lapidary('help', 'inspect')).stdout, /--sort KEY/);
      assert.equal((await lapidary('--version')).stdout, '1.2.3');
    });
  });

  describe('afterwards', () => {
    it('nothing is left but what was asked for', () => {
      const stray = readdirSync(folder).filter((name) => name.includes('.tmp') || name.startsWith('.'));
      assert.deepEqual(stray, []);
    });
  });
});
