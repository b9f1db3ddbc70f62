import assert from 'node:assert/strict';
import { golden, untouched } from '../../../test/support/simplify';

describe('passes/simplify, what computes nothing', () => {
  for (const [what, before, after] of [
    ['an identity', 'g (float[N, 4] x) => (float[N, 4] y) { a = Identity (x) y = Relu (a) }', 'y = Relu (x)'],
    [
      'a cast to its own type',
      'g (float[N, 4] x) => (float[N, 4] y) { a = Cast <to = 1> (x) y = Relu (a) }',
      'y = Relu (x)',
    ],
    [
      'a transpose that moves nothing',
      'g (float[N, 4] x) => (float[N, 4] y) { a = Transpose <perm = [0, 1]> (x) y = Relu (a) }',
      'y = Relu (x)',
    ],
    ['dropout', 'g (float[N, 4] x) => (float[N, 4] y) { a, m = Dropout (x) y = Relu (a) }', 'y = Relu (x)'],
    [
      'a concat of one',
      'g (float[N, 4] x) => (float[N, 4] y) { a = Concat <axis = 0> (x) y = Relu (a) }',
      'y = Relu (x)',
    ],
    [
      'a reshape to the shape it has',
      'g (float[N, 4] x) => (float[N, 4] y) <int64[2] s = {-1, 4}> { a = Reshape (x, s) y = Relu (a) }',
      'y = Relu (x)',
    ],
    [
      'a slice of everything',
      'g (float[N, 4] x) => (float[N, 4] y) <int64[1] b = {0}, int64[1] e = {9223372036854775807}, int64[1] d = {1}> { a = Slice (x, b, e, d) y = Relu (a) }',
      'y = Relu (x)',
    ],
    [
      'a pad of nothing',
      'g (float[N, 4] x) => (float[N, 4] y) <int64[4] p = {0, 0, 0, 0}> { a = Pad <mode = "reflect"> (x, p) y = Relu (a) }',
      'y = Relu (x)',
    ],
    [
      'times one',
      'g (float[N, 4] x) => (float[N, 4] y) <float o = {1}> { a = Mul (x, o) y = Relu (a) }',
      'y = Relu (x)',
    ],
    [
      'minus zero',
      'g (float[N, 4] x) => (float[N, 4] y) <float[1] o = {0}> { a = Sub (x, o) y = Relu (a) }',
      'y = Relu (x)',
    ],
    [
      'to the power of one',
      'g (float[N, 4] x) => (float[N, 4] y) <int64 o = {1}> { a = Pow (x, o) y = Relu (a) }',
      'y = Relu (x)',
    ],
  ] as const) {
    it(`${what} goes`, () => golden(before, `g (float[N, 4] x) => (float[N, 4] y) { ${after} }`));
  }

  for (const [what, graph, opset] of [
    ['a graph input that is an output', 'g (float[N, 4] x) => (float[N, 4] y) { y = Identity (x) }', 17],
    [
      'one that broadens the shape',
      'g (float[4] x) => (float[3, 4] y) <float[3, 4] o = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}> { y = Mul (x, o) }',
      17,
    ],
    [
      'a bias of zeros, which runtimes look for',
      'g (float[N, 2] x) => (float[N, 2] y) <float[2] o = {0, 0}> { y = Add (x, o) }',
      17,
    ],
    ['a dropout whose mask is read', 'g (float[N] x) => (float[N] y, bool[N] m) { y, m = Dropout (x) }', 17],
    [
      'a slice backwards',
      'g (float[4] x) => (float[4] y) <int64[1] b = {3}, int64[1] e = {-9223372036854775807}, int64[1] d = {0}, int64[1] s = {-1}> { y = Slice (x, b, e, d, s) }',
      17,
    ],
    ['one divided by x', 'g (float[N] x) => (float[N] y) <float o = {1}> { y = Div (o, x) }', 17],
    ['two outputs of one value', 'g (float[N] x) => (float[N] a, float[N] b) { a = Relu (x) b = Identity (a) }', 17],
  ] as const) {
    it(`leaves ${what}`, () => untouched(graph, { opset }));
  }

  it('a dropout that trains stays, whatever the opset', async () => {
    const training = 'g (float[N] x) => (float[N] y) <float r = {0.5}, bool t = {1}> { y = Dropout (x, r, t) }';
    await untouched(training, { runs: false });
    await untouched('g (float[N] x) => (float[N] y) { a = Dropout (x) y = Relu (a) }', { opset: 6, runs: false });
    const tests = 'g (float[N] x) => (float[N] y) { a = Dropout <is_test = 1> (x) y = Relu (a) }';
    await golden(tests, 'g (float[N] x) => (float[N] y) { y = Relu (x) }', { opset: 6, runs: false });
  });

  it('an output keeps its name when the node that made it goes', () =>
    golden(
      'g (float[N] x) => (float[N] y) { a = Relu (x) y = Identity (a) }',
      'g (float[N] x) => (float[N] y) { y = Relu (x) }',
    ));

  it('what is dead goes: nodes, their inputs, unused weights', async () => {
    const { changed } = await golden(
      'g (float[N] x) => (float[N] y) <float[2] w = {1, 2}, float[1] v = {3}> { a = Add (x, v) b = Neg (a) y = Relu (x) }',
      'g (float[N] x) => (float[N] y) { y = Relu (x) }',
    );
    assert.ok(changed.some(({ what }) => what.includes('1 unused weights (8 bytes)')));
  });

  it('excluded nodes stay', () =>
    untouched('g (float[N] x) => (float[N] y) { [keep] a = Identity (x) y = Relu (a) }', {
      options: { exclude: ['keep'] },
    }));
});
