import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedFolder } from '../../../test/support/shared';
import { readModel } from '../../graph/fromOnnx';
import { profileModel } from '../../profile/profile';
import { sourcesOf } from '../../profile/source/sources';
import { type SourceFrame, type SourceLayer, type SourcesReport } from '../../protocol/sources';
import { inEnglish } from '../text/say';
import { matchesOf } from './choose';
import { hintText, lineCosts } from './lineCosts';
import { readPython } from './pythonText';

const program = `import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def forward(self, x):
        x = self.first(x)
        return self.second(x) @ x  # attends


class Twin(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.other = nn.Linear(width, width)

    def forward(self, x):
        x = self.first(x)
        return self.other(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = nn.Sequential(*[Cell(8) for _ in range(3)])
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.cells(x))
`;

/** Number (from 1) of the nth line that holds a text. */
const lineOf = (text: string, source = program, nth = 0): number =>
  [...source.split('\n').entries()].filter(([, line]) => line.includes(text))[nth]![0] + 1;

const layer = (name: string, scope: string, more: Partial<SourceLayer> = {}): SourceLayer => {
  const opType = name.split('/').at(-1)!;
  return { name, scope, opType, kind: opType, parameters: 72, macs: 64, frames: [], ...more };
};

const report = (layers: readonly SourceLayer[], frames: readonly SourceFrame[] = []): SourcesReport => ({
  layers,
  frames,
  macs: layers.reduce((sum, { macs }) => sum + Number(macs), 0),
  parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
});

/** Lines (from 1) with the number of layers on them. */
const counts = (of: SourcesReport, source = program, path = '/home/me/net.py'): Record<number, number> =>
  Object.fromEntries(lineCosts(of, path, readPython(source)).map(({ line, layers }) => [line + 1, layers.length]));

describe('host/python', () => {
  describe('name scopes', () => {
    const scoped = report([
      layer('/cells/cells.0/first/MatMul', 'cells/0/first'),
      layer('/cells/cells.0/second/MatMul', 'cells/0/second'),
      layer('/cells/cells.0/MatMul', 'cells/0', { parameters: 0 }),
      layer('/cells/cells.1/first/MatMul', 'cells/1/first'),
      layer('/cells/cells.1/second/MatMul', 'cells/1/second'),
      layer('/head/Gemm', 'head'),
    ]);

    it('puts layers on the lines of the class that calls them, repeated modules on the same line', () => {
      assert.deepEqual(counts(scoped), {
        [lineOf('x = self.first(x)')]: 2,
        [lineOf('@ x')]: 3,
        [lineOf('self.head(self.cells')]: 1,
      });
    });

    it('shows nothing of a module where two classes fit equally', () => {
      const ambiguous = report([layer('/cells/cells.0/first/MatMul', 'cells/0/first'), layer('/head/Gemm', 'head')]);
      const twins = program.replace('Cell(8)', 'make(8)').replaceAll('second', 'other');
      // What is left is the line of the outer class that calls the module: true of either.
      assert.deepEqual(counts(ambiguous, twins), { [lineOf('self.head(self.cells')]: 2 });
    });

    it('shows nothing in a file of another network', () => {
      assert.deepEqual(counts(scoped, 'class Other:\n    def __init__(self):\n        self.body = 1\n'), {});
    });
  });

  describe('stack traces', () => {
    const frame = (text: string, line: number, file = '/build/src/net.py'): SourceFrame => ({
      file,
      line,
      functionName: 'forward',
      text,
    });
    const frames = [
      frame('return self.head(self.cells(x))', lineOf('self.head(self.cells')),
      frame('x = self.first(x)', lineOf('x = self.first(x)')),
      frame('x = self.first(x)', lineOf('x = self.first(x)', program, 1)),
      frame('return self.gone(x)', 9),
    ];
    const traced = report(
      [[0], [0, 1], [0, 2], [0, 3]].map((way, index) => layer(`node_${index}`, '', { frames: way })),
      frames,
    );
    const expected = (shift: number) => ({
      [lineOf('x = self.first(x)') + shift]: 1,
      [lineOf('x = self.first(x)', program, 1) + shift]: 1,
      [lineOf('self.head(self.cells') + shift]: 1,
    });

    it('finds lines by their text in a file at another place, and nothing for a line that is gone', () => {
      assert.deepEqual(counts(traced), expected(0));
    });

    it('follows lines that have moved, also those whose text is there twice', () => {
      assert.deepEqual(counts(traced, `# a\n# new\n# head\n${program}`), expected(3));
    });

    it('takes no layer from another file of the same trace', () => {
      const library = report([layer('a', '', { frames: [0] })], [frame('x = self.first(x)', 1, '/build/src/other.py')]);
      assert.deepEqual(counts(library), {});
    });

    it('sums a line in the words of a hint', () => {
      const [first] = lineCosts(traced, '/net.py', readPython(program));
      assert.equal(hintText(first!, traced, inEnglish), '25.0 % · 64 MACs · 72 params');
    });
  });

  it('shares out all that a model costs, from either exporter', () => {
    const layers = ['first', 'second'].flatMap((part) =>
      [0, 1, 2].map((index) => layer(`/cells/cells.${index}/${part}/MatMul`, `cells/${index}/${part}`)),
    );
    const scoped = report([...layers, layer('/head/Gemm', 'head', { macs: 16, parameters: 18 })]);
    const texts = ['x = self.first(x)', 'return self.second(x) @ x  # attends', 'return self.head(self.cells(x))'];
    const frames = texts.map((text) => ({ file: '/net.py', line: lineOf(text), functionName: 'forward', text }));
    const frameOf = (name: string): number => ['first', 'second', 'head'].findIndex((part) => name.includes(part));
    const traced = report(
      scoped.layers.map((each) => ({ ...each, scope: '', frames: [frameOf(each.name)] })),
      frames,
    );
    for (const each of [scoped, traced]) {
      const lines = lineCosts(each, '/home/me/net.py', readPython(program));
      const sums = lines.map(({ line, macs, parameters }) => [line + 1, macs, parameters]);
      assert.deepEqual(sums, [
        [lineOf(texts[0]!), 192, 216],
        [lineOf(texts[1]!), 192, 216],
        [lineOf(texts[2]!), 16, 18],
      ]);
      assert.equal(each.macs, 192 + 192 + 16);
    }
  });

  it('takes the newer of two exports of one network', () => {
    const exported = report([layer('/head/Gemm', 'head'), layer('/cells/cells.0/first/MatMul', 'cells/0/first')]);
    const candidates = [1, 3, 2].map((time) => ({ id: `model ${time}`, report: exported, time }));
    const matches = matchesOf(candidates, '/net.py', readPython(program));
    assert.deepEqual(
      matches.map(({ id }) => id),
      ['model 3'],
    );
  });

  it('gives every layer of a real network to its line, from either exporter', function () {
    const models = sharedFolder('the lines of a real PyTorch source', 'models');
    if (!models) return this.skip();
    const source = readFileSync(join(models, 'pytorch/nets.py'), 'utf8');
    const python = readPython(source);
    const byExporter = ['cifar_resnet', 'cifar_resnet_torchscript', 'cifar_vit', 'cifar_vit_torchscript'].map(
      (name) => {
        const model = readModel(join(models, `${name}.onnx`));
        const sources = sourcesOf(model, profileModel(model));
        const all = lineCosts(sources, '/elsewhere/nets.py', python);
        const lines = all.filter(({ macs }) => macs > 0);
        const found = new Set(all.flatMap(({ layers }) => layers));
        const computing = sources.layers.filter(({ opType }) => /^(Conv|Gemm|MatMul)$/.test(opType));
        assert.deepEqual(
          computing.filter((each) => !found.has(each)),
          [],
          `${name}: every Conv and Linear has its line`,
        );
        for (const measure of ['macs', 'parameters'] as const) {
          const sum = all.reduce((total, line) => total + line[measure], 0);
          assert.equal(sum, sources[measure], `${name}: ${measure}`);
        }
        return lines.map(({ line, macs }) => `${line + 1}: ${macs}`);
      },
    );
    assert.deepEqual(byExporter[0], byExporter[1]);
    assert.deepEqual(byExporter[2], byExporter[3]);
    const convolutions = ['self.conv1(x)))', 'self.bn2(self.conv2(y))', 'self.shortcut(x))', 'self.stem(x)))'];
    for (const text of convolutions) {
      const line = lineOf(text, source);
      assert.ok(
        byExporter[0]!.some((each) => each.startsWith(`${line}:`)),
        `${text}, line ${line}`,
      );
    }
  });
});
