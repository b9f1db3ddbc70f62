import assert from 'node:assert/strict';
import { build } from '../../../test/support/models';
import { runPass } from '../../../test/support/runPass';
import { golden, graphOf, simplify, textOf, untouched } from '../../../test/support/simplify';

import { apply } from './apply';
import { declaration } from './declaration';

describe('passes/simplify, constants', () => {
  it('Constant nodes of every form become initializers', () =>
    golden(
      `g (float[2] x) => (float[2] y, int64[2] i) {
        a = Constant <value = float[2] {1, 2}> () b = Constant <value_float = 3.0> ()
        c = Constant <value_floats = [4.0, 5.0]> () j = Constant <value_ints = [6, 7]> () k = Constant <value_int = 9007199254740993> ()
        p = Add (x, a) q = Mul (p, b) y = Sub (q, c) s = Cast <to = 7> (x) t = Add (s, j) i = Add (t, k)
      }`,
      `g (float[2] x) => (float[2] y, int64[2] i)
       <float[2] a_1 = {1, 2}, float b_1 = {3}, float[2] c_1 = {4, 5}, int64[2] j_1 = {6, 7}, int64 k_1 = {9007199254740993}> {
        p = Add (x, a_1) q = Mul (p, b_1) y = Sub (q, c_1) s = Cast <to: int = 7> (x) t = Add (s, j_1) i = Add (t, k_1)
      }`,
    ));

  it('what does not depend on inputs is computed once, views of constants too', () =>
    golden(
      `g (float[2, 2] x) => (float[2, 2] y) <float[2] w = {1, 2}, float[2] v = {3, 4}, int64[2] s = {2, 1}> {
        a = Add (w, v) b = Sqrt (a) c = Reshape (b, s) y = Mul (x, c)
      }`,
      'g (float[2, 2] x) => (float[2, 2] y) <float[2, 1] c_1 = {2, 2.4494898}> { y = Mul (x, c_1) }',
    ));

  it('leaves what would make the file larger, draws numbers, or restores quantized weights', async () => {
    await untouched(
      'g (float[64, 64] x) => (float[64, 64] y) <int64[2] s = {64, 64}> { c = ConstantOfShape (s) y = Add (x, c) }',
    );
    await untouched('g (float[2] x) => (float[2] y) { r = RandomNormal <shape = [2]> () y = Add (x, r) }', {
      runs: false,
    });
    await untouched(
      'g (float[N, 2] x) => (float[N, 2] y) <int8[2, 2] w = {1, 2, 3, 4}, float s = {0.5}> { d = DequantizeLinear (w, s) y = MatMul (x, d) }',
    );
  });

  it('leaves 4-bit values, which the runtime cannot hand out', () =>
    untouched(
      'g (float[4] x) => (float[4] y) <float[4] w = {1, 2, 3, 4}, float s = {0.5}> { q = Cast <to = 22> (w) d = DequantizeLinear (q, s) y = Add (x, d) }',
      { opset: 21, irVersion: 10 },
    ));

  it('folds strings no more than it must', () =>
    untouched('g (string[N] x) => (bool[N] y) <string[1] w = {"a"}> { i = Identity (x) y = Equal (i, w) }', {
      opset: 19,
      irVersion: 9,
      options: { exclude: ['*'] },
    }));

  it('bodies keep their constants and see those outside', async () => {
    const builder = build({ inputs: { x: ['float', [2]] } });
    builder
      .initializer('trips', 'int64', [], [3])
      .initializer('go', 'bool', [], [1])
      .initializer('w', 'float', [2], [1, 2]);
    const body = builder.body({ inputs: { i: ['int64', []], c: ['bool', []], state: ['float', [2]] } });
    body.node('Identity', ['c'], 'again').initializer('v', 'float', [2], [3, 4]);
    body.node('Add', ['w', 'v'], 'sum').node('Cast', ['i'], 'f', { to: 1 }).node('Mul', ['sum', 'f'], 'm');
    body.node('Add', ['state', 'm'], 'next').output('again').output('next');
    const model = builder.node('Loop', ['trips', 'go', 'x'], ['y'], { body }).output('y', 'float', [2]).model();
    const result = await simplify(model);
    const text = textOf(result.model);
    assert.match(text, /sum_1 = \{4, 6\}/);
    // The counter and the state change in every round.
    assert.match(text, /Cast <to: int = 1> \(i\)/);
    assert.match(text, /Add \(state, m\)/);
  });

  it('an initializer that a body lists as an input is filled by the loop', async () => {
    const builder = build({ inputs: { x: ['float', [3, 2]], s: ['float', [2]] } });
    const body = builder.body({ inputs: { sum: ['float', [2]], row: ['float', [2]] } });
    body.initializer('sum', 'float', [2], [0, 0]).initializer('one', 'float', [2], [1, 1]);
    body.node('Add', ['sum', 'one'], 'a').node('Add', ['a', 'row'], 'more').output('more');
    const model = builder.node('Scan', ['s', 'x'], ['y'], { body, num_scan_inputs: 1 }).output('y').model();
    // Without the runtime: it ends the process on such a body.
    assert.match(textOf((await runPass({ declaration, apply }, model)).model), /Add \(sum, one\)/);
  });
});

describe('passes/simplify, shapes', () => {
  it('shape arithmetic on known dimensions is a constant', () =>
    golden(
      `g (float[N, 4, 6] x) => (float[24, N] y, int64[1] z) <int64 one = {1}, int64[1] zero = {0}, int64[1] rest = {-1}> {
        s = Shape (x) c = Gather (s, one) u = Unsqueeze (c, zero) z = Identity (u)
        t = Transpose <perm = [1, 2, 0]> (x) m = Mul (u, u) h = Add (m, u) k = Add (h, u) p = Concat <axis = 0> (k, rest) y = Reshape (t, p)
      }`,
      `g (float[N, 4, 6] x) => (float[24, N] y, int64[1] z)
       <int64[1] zero = {0}, int64 c_1 = {4}, int64[2] p_1 = {24, -1}> {
        z = Unsqueeze (c_1, zero) t = Transpose <perm: ints = [1, 2, 0]> (x) y = Reshape (t, p_1)
      }`,
      { dims: { N: 3 } },
    ));

  it('the target of a reshape with a dynamic batch is written out', () =>
    golden(
      `g (float[N, 4, 6] x) => (float[N, 24] y) <int64[1] zero = {0}, int64[1] rest = {-1}> {
        s = Shape (x) n = Gather (s, zero) t = Concat <axis = 0> (n, rest) r = Relu (x) y = Reshape (r, t)
      }`,
      `g (float[N, 4, 6] x) => (float[N, 24] y) <int64[2] "Reshape → y_shape" = {0, -1}> {
        r = Relu (x) y = Reshape (r, "Reshape → y_shape")
      }`,
      { dims: { N: 3 } },
    ));

  it('sizes that floats were part of are left to the runtime', () =>
    // 100 · 0.29 is 28.999… in float64 and 29 in float32.
    golden(
      `g (float[100] x) => (float[M] y) <float f = {0.29}, int64[1] zero = {0}, int64[1] one = {1}> {
        s = Shape (x) c = Cast <to = 1> (s) m = Mul (c, f) l = Floor (m) e = Cast <to = 7> (l) y = Slice (x, zero, e, zero, one)
      }`,
      `g (float[100] x) => (float[M] y) <int64[1] zero = {0}, int64[1] one = {1}, int64[1] e_1 = {29}> {
        y = Slice (x, zero, e_1, zero, one)
      }`,
    ));

  it('numbers beyond 2^53 are not touched', async () => {
    const graph = `g (float[N] x) => (float[M] y) <int64[1] big = {9223372036854775807}, int64[1] zero = {0}, int64[1] two = {2}> {
      s = Shape (x) d = Min (s, big) y = Slice (x, two, big, zero) }`;
    const { model } = await simplify(graphOf(graph), { dims: { N: 5 } });
    assert.match(textOf(model), /big = \{9223372036854775807\}/);
  });

  it('initial states of zeros are left out of recurrent layers', async () => {
    const builder = build({ inputs: { x: ['float', ['S', 'N', 5]] } });
    builder.initializer('w', 'float', [1, 16, 5]).initializer('r', 'float', [1, 16, 4]);
    builder.initializer('one', 'int64', [1], [1]).initializer('four', 'int64', [1], [4]);
    builder.node('Shape', ['x'], 's').node('Gather', ['s', 'one'], 'n', { axis: 0 });
    builder.node('Concat', ['one', 'n', 'four'], 'hs', { axis: 0 }).node('ConstantOfShape', ['hs'], 'h');
    builder.node('LSTM', ['x', 'w', 'r', '', '', 'h', 'h'], ['', 'y'], { hidden_size: 4 });
    const { model } = await simplify(builder.output('y', 'float').model(), { dims: { S: 3, N: 2 } });
    assert.deepEqual(
      [...model.graph.nodes()].map(({ opType, inputs }) => [opType, inputs.length]),
      [['LSTM', 3]],
    );
  });
});
