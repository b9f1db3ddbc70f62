import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../test/support/models';
import { lapidary } from '../../test/support/terminal';
import { encodeModel } from '../graph/toOnnx';
import { bytesOf, toFloat32 } from '../numerics/elements';
import { type CurveSensitivity, type QuantizationSensitivity } from '../protocol/sensitivity';

/** Three convolutions. One channel between the second and the third is `factor` times as large as the others. */
function network(factor: number) {
  const model = build({ inputs: { x: ['float', ['n', 4, 10, 10]] } })
    .conv('x', 'a', { channels: 8, inputChannels: 4, pad: 1, name: 'first' })
    .relu('a', 'ar')
    .conv('ar', 'b', { channels: 8, inputChannels: 8, pad: 1, name: 'second' })
    .relu('b', 'br')
    .conv('br', 'c', { channels: 4, inputChannels: 8, pad: 1, name: 'third' })
    .output('c', 'float')
    .model();
  const scale = (name: string, isIn: (index: number) => boolean, by: number): void => {
    const value = model.graph.initializers.get(name)!;
    const values = Float32Array.from(toFloat32('float', value.constant!.bytes(), value.constant!.size));
    values.forEach((weight, index) => (values[index] = isIn(index) ? weight * by : weight));
    model.graph.setInitializer(value, value.constant!.with({ data: { kind: 'bytes', bytes: bytesOf(values) } }));
  };
  scale('second.weight', (index) => index < 72, factor);
  scale('second.bias', (index) => index === 0, factor);
  scale('third.weight', (index) => index % 72 < 9, 1 / factor);
  return encodeModel(model);
}

describe('lapidary sensitivity', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-sensitivity-'));
  const [even, uneven] = [join(folder, 'even.onnx'), join(folder, 'uneven.onnx')];
  before(() => {
    writeFileSync(even, network(1));
    writeFileSync(uneven, network(200));
  });
  after(() => rmSync(folder, { recursive: true }));

  const reportOf = async (...words: string[]): Promise<QuantizationSensitivity> => {
    const { code, stdout, stderr } = await lapidary('sensitivity', ...words, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as QuantizationSensitivity;
  };

  it('finds the layers around a channel that is out of scale', async () => {
    const report = await reportOf(uneven);
    const [first, second, third] = report.layers;
    assert.deepEqual([first!.node, second!.node, third!.node], ['first', 'second', 'third']);
    assert.equal(first!.rank, 3);
    assert.ok(first!.aloneDb! - Math.min(second!.aloneDb!, third!.aloneDb!) > 15, JSON.stringify(report.layers));
    // Its weights are as easy as the others', per channel: only running the model shows it.
    assert.ok(Math.abs(second!.weightDb! - first!.weightDb!) < 8);
  });

  it('measures losses that add up', async () => {
    const report = await reportOf(even, '--samples', '4');
    const sum = report.layers.reduce((total, { aloneDb }) => total + 10 ** (-aloneDb! / 10), 0);
    assert.ok(Math.abs(-10 * Math.log10(sum) - report.allDb!) < 3, `${-10 * Math.log10(sum)} and ${report.allDb}`);
    const { cumulativeDb } = report.layers[2]!;
    assert.ok(Math.abs(cumulativeDb! - report.allDb!) < 1.5, `${cumulativeDb} and ${report.allDb}`);
    assert.equal(report.samples, 4);
  });

  it('marks random inputs and prints the most sensitive layer first', async () => {
    const { stdout } = await lapidary('sensitivity', uneven, '--exclude', 'second');
    assert.match(stdout, /inputs were random/);
    assert.match(stdout, /1 +third/);
    assert.doesNotMatch(stdout, /second/);
  });

  it('says when there is nothing to quantize, and what is wrong with an option', async () => {
    const path = join(folder, 'relu.onnx');
    writeFileSync(
      path,
      build({ inputs: { x: ['float', [1, 2]] } })
        .relu('x', 'y')
        .output('y', 'float')
        .bytes(),
    );
    assert.equal((await lapidary('sensitivity', path)).code, 4);
    assert.equal((await lapidary('sensitivity', even, '--method', 'guess')).code, 2);
  });

  it('gives a curve for each group of channels, the most fragile first in print', async () => {
    const { code, stdout, stderr } = await lapidary(
      'sensitivity',
      even,
      '--of',
      'prune',
      '--ratios',
      '0.25,0.5',
      '--json',
    );
    assert.equal(code, 0, stderr);
    const { of, curves, criterion, leftOut, samples, random } = JSON.parse(stdout) as CurveSensitivity;
    assert.deepEqual([of, criterion, leftOut, samples, random], ['prune', 'l2', [], 8, true]);
    assert.deepEqual(
      curves.map(({ nodes, readers, channels }) => [nodes, readers, channels]),
      [
        [['first'], ['second'], 8],
        [['second'], ['third'], 8],
      ],
    );
    assert.deepEqual(curves.map(({ rank }) => rank).sort(), [1, 2]);
    for (const { points } of curves) {
      const [quarter, half] = points;
      assert.deepEqual([quarter!.removed, half!.removed, half!.share], [2, 4, 0.5]);
      assert.ok(quarter!.db! > 0 && half!.db! > 0, JSON.stringify(points));
      assert.ok(half!.saved > quarter!.saved && half!.saved < 0.7, JSON.stringify(points));
    }
    const printed = (await lapidary('sensitivity', even, '--of', 'prune')).stdout;
    assert.match(printed, /Group made by +Channels +−10 % +−20 %/);
    assert.match(printed, /\n1 +(first|second) +8 .* dB/);
  });

  it('gives a curve for each layer of lower rank', async () => {
    const { code, stderr } = await lapidary('sensitivity', even, '--of', 'factorize');
    assert.equal(code, 4, 'layers of a few hundred weights are not worth it');
    assert.match(stderr, /no layer that could be factorized/);
    const path = join(folder, 'wide.onnx');
    const weights = Array.from({ length: 48 * 64 }, (_, at) => Math.sin((at % 64) * 0.3) * (1 + Math.floor(at / 64)));
    writeFileSync(
      path,
      build({ inputs: { x: ['float', ['n', 48]] } })
        .initializer('w', 'float', [48, 64], weights)
        .node('MatMul', ['x', 'w'], 'h', {}, { name: 'rank one' })
        .relu('h', 'r')
        .gemm('r', 'y', [64, 40], { name: 'full rank' })
        .output('y', 'float')
        .bytes(),
    );
    const report = await lapidary('sensitivity', path, '--of', 'factorize', '--ratios', '0.1,0.4,0.7', '--json');
    const { of, curves } = JSON.parse(report.stdout) as CurveSensitivity;
    assert.equal(of, 'factorize', report.stderr);
    assert.deepEqual(
      curves.map(({ nodes, channels, rank }) => [nodes, channels, rank]),
      [
        [['rank one'], 48, 2],
        [['full rank'], 40, 1],
      ],
    );
    const [one, full] = curves;
    assert.ok(
      one!.points.every(({ db }) => db === null || db > 90),
      JSON.stringify(one),
    );
    assert.ok(full!.points[0]!.db! > full!.points[1]!.db! && full!.points[1]!.db! > full!.points[2]!.db!);
    assert.ok(
      full!.points.every(({ share }, at) => share >= [0.1, 0.4, 0.7][at]! && share < [0.1, 0.4, 0.7][at]! + 0.05),
    );
    assert.match((await lapidary('sensitivity', path, '--of', 'factorize')).stdout, /Layer +Rank +−10 %/);
  });

  it('refuses flags that mean nothing, and ratios that are no shares', async () => {
    for (const words of [
      ['--of', 'weights'],
      ['--of', 'prune', '--method', 'minmax'],
      ['--criterion', 'l1'],
      ['--of', 'prune', '--ratios', '0.5,0.2'],
      ['--of', 'prune', '--ratios', '0,x'],
    ]) {
      assert.equal((await lapidary('sensitivity', even, ...words)).code, 2, words.join(' '));
    }
  });
});
