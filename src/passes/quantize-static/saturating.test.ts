import assert from 'node:assert/strict';
import { build, type ModelBuilder } from '../../../test/support/models';
import { rangeThatMatters } from './saturating';

const start = (): ModelBuilder =>
  build({ inputs: { in: ['float', [4]] } })
    .node('Neg', ['in'], 'x')
    .initializer('three', 'float', [1], [3])
    .initializer('zero', 'float', [], [0])
    .initializer('six', 'float', [], [6]);

const of = (builder: ModelBuilder): { min: number; max: number } => rangeThatMatters(builder.output('y').value('x'));

describe('passes/quantize-static: what readers look at', () => {
  const cases: [name: string, builder: ModelBuilder, min: number, max: number][] = [
    ['HardSwish', start().node('HardSwish', ['x'], 'y'), -3, Infinity],
    ['HardSigmoid', start().node('HardSigmoid', ['x'], 'y'), -2.5, 2.5],
    [
      'HardSwish written out',
      start().node('Add', ['x', 'three'], 'a').node('Clip', ['a', 'zero', 'six'], 'c').node('Mul', ['x', 'c'], 'y'),
      -3,
      Infinity,
    ],
    ['x · HardSigmoid(x)', start().node('HardSigmoid', ['x'], 'h').node('Mul', ['h', 'x'], 'y'), -2.5, Infinity],
    [
      'Relu and HardSwish',
      start().relu('x', 'r').node('HardSwish', ['x'], 'h').node('Add', ['r', 'h'], 'y'),
      -3,
      Infinity,
    ],
    [
      'a gate that does not close',
      start().node('Clip', ['x', 'three', 'six'], 'c').node('Mul', ['x', 'c'], 'y'),
      -Infinity,
      Infinity,
    ],
    [
      'a sum that others read too',
      start().node('Add', ['x', 'three'], 'a').node('Clip', ['a', 'zero', 'six'], 'c').node('Mul', ['a', 'c'], 'y'),
      -Infinity,
      Infinity,
    ],
    ['anything else', start().node('Sigmoid', ['x'], 'y'), -Infinity, Infinity],
    ['an output', start().node('HardSwish', ['x'], 'y').output('x'), -Infinity, Infinity],
  ];
  for (const [name, builder, min, max] of cases) it(name, () => assert.deepEqual(of(builder), { min, max }));
});
