import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { golden, simplify, textOf, untouched } from '../../../test/support/simplify';

describe('passes/simplify, equal things once', () => {
  it('nodes', () =>
    golden(
      'g (float[N] x) => (float[N] y) { a = Exp (x) b = Exp (x) c = Neg (a) d = Neg (b) y = Add (c, d) }',
      'g (float[N] x) => (float[N] y) { a = Exp (x) c = Neg (a) y = Add (c, c) }',
    ));

  it('not those that differ by an attribute, a sign of zero, chance, or an output of the graph', async () => {
    await untouched(
      'g (float[N] x) => (float[N] y) { a = Elu <alpha = 0.0> (x) b = Elu <alpha = -0.0> (x) y = Add (a, b) }',
    );
    await untouched(
      'g (float[4] x) => (float[4] y) { a = RandomNormalLike (x) b = RandomNormalLike (x) y = Add (a, b) }',
      { runs: false },
    );
    await untouched('g (float[N] x) => (float[N] y, float[N] z) { y = Exp (x) z = Exp (x) }');
    await untouched('g (float[N] x) => (float[N] y) { a = other.Stamp (x) b = other.Stamp (x) y = Add (a, b) }', {
      runs: false,
    });
  });

  it('initializers; those that are inputs stay', async () => {
    await golden(
      'g (float[2] x) => (float[2] y) <float[2] v = {1, 2}, float[2] w = {1, 2}> { a = Add (x, v) y = Mul (a, w) }',
      'g (float[2] x) => (float[2] y) <float[2] v = {1, 2}> { a = Add (x, v) y = Mul (a, v) }',
    );
    await untouched(
      'g (float[2] x, float[2] w) => (float[2] y) <float[2] v = {1, 2}, float[2] w = {1, 2}> { a = Add (x, v) y = Mul (a, w) }',
    );
  });
});

describe('passes/simplify, conditions', () => {
  /** If in an If, reading values of every level around. */
  function nested(outer: number, inner: number): ReturnType<typeof build> {
    const builder = build({ inputs: { x: ['float', ['N']], c: ['bool', []] } });
    builder.initializer('outer', 'bool', [], [outer]).initializer('inner', 'bool', [], [inner]).node('Exp', ['x'], 'e');
    const yes = builder.body().initializer('w', 'float', [1], [2]).node('Mul', ['e', 'w'], 'm');
    const deepYes = yes.body().node('Add', ['m', 'x'], 'deepYes').output('deepYes');
    const deepNo = yes.body().node('Sub', ['m', 'w'], 'deepNo').output('deepNo');
    yes.node('If', ['inner'], 'i', { then_branch: deepYes, else_branch: deepNo });
    const free = yes.body().node('Neg', ['i'], 'free').output('free');
    const other = yes.body().node('Abs', ['m'], 'other').output('other');
    yes.node('If', ['c'], 'yes', { then_branch: free, else_branch: other }).output('yes');
    const no = builder.body().node('Identity', ['e'], 'no').output('no');
    builder.node('If', ['outer'], 'y', { then_branch: yes, else_branch: no });
    return builder.output('y', 'float', ['N']);
  }

  for (const [outer, inner, shape] of [
    [1, 1, ['Exp', 'Mul', 'Add', 'If', 'Neg', 'Abs']],
    [1, 0, ['Exp', 'Mul', 'Sub', 'If', 'Neg', 'Abs']],
    [0, 1, ['Exp']],
  ] as const) {
    it(`constant ones are decided, others stay: ${outer}, ${inner}`, async () => {
      const { model } = await simplify(nested(outer, inner).model(), { dims: { N: 3 } });
      assert.deepEqual(
        [...model.graph.allNodes()].map(({ opType }) => opType),
        shape,
      );
      assert.deepEqual(
        model.graph.outputs.map(({ name }) => name),
        ['y'],
      );
    });
  }

  it('a branch that hands on one value under two names', async () => {
    const builder = build({ inputs: { x: ['float', ['N']] } }).initializer('c', 'bool', [], [1]);
    const yes = builder.body().node('Neg', ['x'], 'n').node('Identity', ['n'], 'm').output('n').output('m');
    const no = builder.body().node('Abs', ['x'], 'p').node('Exp', ['x'], 'q').output('p').output('q');
    builder
      .node('If', ['c'], ['y', 'z'], { then_branch: yes, else_branch: no })
      .output('y', 'float')
      .output('z', 'float');
    const { model } = await simplify(builder.model());
    assert.deepEqual(
      [...model.graph.nodes()].map(({ opType }) => opType),
      ['Neg', 'Identity'],
    );
  });

  it('a value that only a body reads is neither dead nor folded into a layer', async () => {
    const builder = build({ inputs: { x: ['float', [1, 2, 4, 4]], c: ['bool', []] } });
    builder.conv('x', 'a', { channels: 2, inputChannels: 2, kernel: 1 }).initializer('s', 'float', [2, 1, 1]);
    builder.node('Mul', ['a', 's'], 'b').node('Exp', ['x'], 'e');
    const yes = builder.body().node('Add', ['a', 'e'], 'yes').output('yes');
    const no = builder.body().node('Neg', ['b'], 'no').output('no');
    builder.node('If', ['c'], 'y', { then_branch: yes, else_branch: no }).output('y', 'float');
    const { changed } = await simplify(builder.model());
    assert.deepEqual(changed, []);
  });

  it('sequences pass through', async () => {
    const builder = build({ inputs: { x: ['float', ['N']] } }).initializer('zero', 'int64', [], [0]);
    builder
      .node('Identity', ['x'], 'i')
      .node('SequenceConstruct', ['i', 'x'], 's')
      .node('SequenceAt', ['s', 'zero'], 'y');
    const { model } = await simplify(builder.output('y', 'float').model());
    assert.match(textOf(model), /SequenceConstruct \(x, x\)/);
  });
});
