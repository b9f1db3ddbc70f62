import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { printModel } from '../../graph/text/print';
import { Places } from './places';

describe('host/diagnostics/places', () => {
  const builder = build({ opset: 12, inputs: { x: ['float', [1, 4]] } }).initializer('odd "name"', 'float', [4, 4]);
  const model = builder.gemm('x', 'h', [4, 4], { name: 'first' }).relu('h', 'y').output('y').model();
  const lines = printModel(model, { elideOver: 2 }).text.split('\n');
  const at = (words: string): number => lines.findIndex((line) => line.includes(words));
  const places = new Places({ lines, nodeLines: [at('Gemm'), at('Relu')], layers: ['first', 'Relu_y'] });
  const shown = (finding: { node?: string; tensor?: string }): string => {
    const { line, start, end } = places.of(finding);
    return lines[line]!.slice(start, end);
  };

  it('finds nodes, weights and the model itself', () => {
    assert.equal(shown({ node: 'first', tensor: 'first.weight' }), 'Gemm');
    assert.equal(shown({ tensor: 'first.weight' }), '"first.weight"');
    assert.equal(shown({ tensor: 'odd "name"' }), '"odd \\"name\\""');
    assert.match(shown({}), /^opset_import/);
  });

  it('falls back where a name is not in the text', () => {
    assert.equal(shown({ node: 'gone', tensor: 'first.bias' }), '"first.bias"');
    assert.match(shown({ node: 'gone' }), /^opset_import/);
    assert.deepEqual(new Places({ lines: [], nodeLines: [], layers: [] }).of({}), { line: 0, start: 0, end: 0 });
  });
});
