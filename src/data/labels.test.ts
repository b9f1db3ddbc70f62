import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readLabels } from './labels';

const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-'));
const file = (name: string, text: string): string => {
  const full = path.join(folder, name);
  writeFileSync(full, text);
  return full;
};
const classes = (source: Parameters<typeof readLabels>[0], names: string[]) => readLabels(source, names)?.classes;

describe('labels', () => {
  it('come from lines of name and class, whatever the separator, by name, stem or path', () => {
    assert.deepEqual(
      classes(file('a.tsv', 'x/1.png\t3\n2.png\t5\n3\t0\n'), ['x/1.png', 'x/2.png', '3.png']),
      [3, 5, 0],
    );
    assert.deepEqual(classes(file('b.csv', 'file,class\n1.png,7\n2.png,8\n'), ['2.png', '1.png']), [8, 7]);
  });

  it('come from lines of class and name that a sample starts with, as in an ImageNet index', () => {
    const index = file('index.tsv', '0\tn01440764_tench.JPEG\n1\tn01443537_goldfish.JPEG\n');
    assert.deepEqual(classes(index, ['n01443537_18.JPEG', 'n01440764_tench.JPEG']), [1, 0]);
  });

  it('come as a list in the order of the samples', () => {
    assert.deepEqual(classes(file('c.json', '[4, 2]'), ['a', 'b']), [4, 2]);
    assert.deepEqual(classes(file('d.txt', 'dog\ncat\ndog\n'), ['a', 'b', 'c']), [1, 0, 1]);
    assert.deepEqual(classes(file('e.json', '{ "b": 1, "a": 9 }'), ['a', 'b']), [9, 1]);
  });

  it('come from folders in alphabetical order', () => {
    const labels = readLabels('folders', ['cat/1.png', 'ant/2.png', 'cat/3.png']);
    assert.deepEqual(labels, { classes: [1, 0, 1], from: '2 folders', count: 2 });
    assert.throws(() => readLabels('folders', ['1.png']), { code: 'data' });
  });

  it('come from the names by a pattern', () => {
    assert.deepEqual(classes({ pattern: '^(\\d)_' }, ['x/7_a.wav', 'x/0_a.wav']), [1, 0]);
    assert.deepEqual(
      classes({ pattern: '^(n\\d+)', classes: ['n10_cat', 'n1_dog'] }, ['n1_x.png', 'n10_y.png']),
      [1, 0],
    );
  });

  it('must cover every sample, and the first without one is named', () => {
    const partial = file('f.tsv', '1.png\t3\n');
    assert.throws(() => readLabels(partial, ['1.png', '2.png']), { code: 'data', message: /1 of 2 samples no label/ });
    assert.throws(() => readLabels(file('g.json', '[1]'), ['a', 'b']), { message: /1 labels for 2 samples/ });
    assert.throws(() => readLabels({ pattern: '(' }, ['a']), { code: 'data' });
    assert.throws(() => readLabels(path.join(folder, 'absent.tsv'), ['a']), { code: 'data', message: /absent\.tsv/ });
  });
});
