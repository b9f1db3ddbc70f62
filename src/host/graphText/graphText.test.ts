import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { printModel } from '../../graph/text/print';
import { blocksOf } from './folding';
import { indexGraphText } from './graphIndex';
import { parseLine, type NameAt } from './lineParser';

const names = (list: readonly NameAt[]): string[] => list.map(({ name }) => name);

describe('host/graphText', () => {
  it('reads a node with a name, attributes with brackets, and quoted values', () => {
    const line = '   [node_Conv] "a.b", c = com.microsoft.Conv <pads = [1, 1], text = "x (y) > z"> (x, "w.1", "", b)';
    const { label, defines, operator, attributes, reads } = parseLine(line);
    assert.equal(label?.name, 'node_Conv');
    assert.deepEqual(names(defines), ['a.b', 'c']);
    assert.equal(operator?.name, 'com.microsoft.Conv');
    assert.deepEqual(names(attributes), ['pads', 'text']);
    assert.deepEqual(names(reads), ['x', 'w.1', 'b']);
    assert.equal(line.slice(reads[1]!.start, reads[1]!.end), '"w.1"');
  });

  it('reads heads and declarations', () => {
    const head = parseLine('main (float[batch, 3] image, int64 n) => (float[batch, 10] logits)');
    assert.deepEqual([names(head.defines), names(head.reads)], [['image', 'n'], ['logits']]);
    const weight = parseLine('   <float[32, 3] "stem.weight" = ...,');
    assert.deepEqual([names(weight.defines), names(weight.types)], [['stem.weight'], ['float']]);
    assert.deepEqual(names(parseLine('    float[N, 3] hidden>').reads), ['hidden']);
    assert.deepEqual(parseLine('   producer_name: "pytorch",').defines, []);
  });

  it('finds the definition and all uses of a value of a printed model, bodies included', async () => {
    const outside = build({ inputs: { x: ['float', ['N', 3]], c: ['bool', []] } }).node('Abs', ['x'], 'outer');
    const body = (sign: string) => outside.body().node(sign, ['outer'], `${sign}_y`).output(`${sign}_y`);
    const branches = { then_branch: body('Neg'), else_branch: body('Exp') };
    const model = outside.node('If', ['c'], 'y', branches).output('y').model();
    const { text } = printModel(model);
    const lines = text.split('\n');
    const index = await indexGraphText(lines);
    const at = lines.findIndex((line) => line.includes('Neg'));
    const outer = index.valueAt(at, 'outer')!;
    assert.equal(outer.definitions.length, 1);
    assert.match(lines[outer.definitions[0]!.line]!, /outer = Abs/);
    assert.deepEqual(outer.references.map(({ line }) => /(Neg|Exp)/.exec(lines[line]!)?.[0]).sort(), ['Exp', 'Neg']);
    assert.ok((await blocksOf(lines)).some(({ start, end }) => start < at && end > at));
  });
});
