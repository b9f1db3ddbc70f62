import { golden, untouched } from '../../../test/support/simplify';

describe('passes/simplify, chains', () => {
  it('transposes of transposes', async () => {
    await golden(
      'g (float[2, 3, 4] x) => (float[3, 4, 2] y) { a = Transpose <perm = [1, 0, 2]> (x) b = Transpose <perm = [0, 2, 1]> (a) y = Relu (b) }',
      'g (float[2, 3, 4] x) => (float[3, 4, 2] y) { b = Transpose <perm: ints = [1, 2, 0]> (x) y = Relu (b) }',
    );
    await golden(
      'g (float[2, 3] x) => (float[2, 3] y) { a = Transpose (x) b = Transpose (a) y = Relu (b) }',
      'g (float[2, 3] x) => (float[2, 3] y) { y = Relu (x) }',
    );
  });

  it('reshapes of reshapes, and back again', async () => {
    await golden(
      `g (float[N, 4, 6] x) => (float[N, 24] y) <int64[2] s = {-1, 6}, int64[2] t = {-1, 24}> { a = Reshape (x, s) b = Reshape (a, t) y = Relu (b) }`,
      'g (float[N, 4, 6] x) => (float[N, 24] y) <int64[2] t = {-1, 24}> { b = Reshape (x, t) y = Relu (b) }',
      { dims: { N: 3 } },
    );
    await golden(
      'g (float[N, 4] x) => (float[N, 4] y) <int64[1] a = {1}> { u = Unsqueeze (x, a) s = Squeeze (u, a) y = Relu (s) }',
      'g (float[N, 4] x) => (float[N, 4] y) { y = Relu (x) }',
    );
  });

  it('a 0 in a target copies from the input that it was written for', () =>
    untouched(
      'g (float[6, 4] x) => (float[2, 12] y, float[2, 3, 4] a) <int64[3] s = {2, 3, 4}, int64[2] t = {0, -1}> { a = Reshape (x, s) y = Reshape (a, t) }',
    ));

  it('a view of a view is one reshape, where the shape can be said', () =>
    golden(
      'g (float[N, 1, 4] x) => (float[N, 4, 1] y) <int64[1] a = {1}, int64[1] b = {2}> { u = Squeeze (x, a) v = Unsqueeze (u, b) y = Relu (v) }',
      `g (float[N, 1, 4] x) => (float[N, 4, 1] y) <int64[3] "Reshape → v_shape" = {0, 4, 1}> { v = Reshape (x, "Reshape → v_shape") y = Relu (v) }`,
      { dims: { N: 3 } },
    ));

  it('two unsqueezes stay: an attention mask is known by them', () =>
    untouched(
      'g (float[N, 4] x) => (float[N, 1, 1, 4] y) <int64[1] a = {1}, int64[1] b = {2}> { u = Unsqueeze (x, a) v = Unsqueeze (u, b) y = Relu (v) }',
    ));

  it('a transpose past axes of size one is a reshape', () =>
    golden(
      'g (float[2, 1, 3, 4] x) => (float[2, 12] y) <int64[2] s = {2, 12}> { t = Transpose <perm = [0, 2, 1, 3]> (x) y = Reshape (t, s) }',
      'g (float[2, 1, 3, 4] x) => (float[2, 12] y) <int64[2] s = {2, 12}> { y = Reshape (x, s) }',
    ));

  it('a reduction keeps the axis that is brought back', () =>
    golden(
      `g (float[N, 4, 6] x) => (float[N, 4, 1] y) <int64[1] a = {-1}> { m = ReduceMean <axes = [2], keepdims = 0> (x) u = Unsqueeze (m, a) y = Relu (u) }`,
      'g (float[N, 4, 6] x) => (float[N, 4, 1] y) { m_1 = ReduceMean <axes: ints = [2], keepdims: int = 1> (x) y = Relu (m_1) }',
      { dims: { N: 3 } },
    ));

  it('slices along different axes', () =>
    golden(
      `g (float[4, 6] x) => (float[2, 3] y) <int64[1] p = {1}, int64[1] q = {3}, int64[1] z = {0}, int64[1] e = {9223372036854775807}, int64[1] t = {2}, int64[1] n = {-1}> {
        a = Slice (x, p, q, z) b = Slice (a, z, e, n, t) y = Relu (b)
      }`,
      `g (float[4, 6] x) => (float[2, 3] y)
       <int64[2] "Slice → b_starts" = {1, 0}, int64[2] "Slice → b_ends" = {3, 9223372036854775807}, int64[2] "Slice → b_axes" = {0, 1}, int64[2] "Slice → b_steps" = {1, 2}> {
        b = Slice (x, "Slice → b_starts", "Slice → b_ends", "Slice → b_axes", "Slice → b_steps") y = Relu (b)
      }`,
    ));

  it('slices along one axis stay', () =>
    untouched(
      `g (float[9] x) => (float[3] y) <int64[1] p = {1}, int64[1] q = {7}, int64[1] r = {-3}, int64[1] z = {0}> { a = Slice (x, p, q, z) y = Slice (a, r, q, z) }`,
    ));

  it('casts that lose nothing on the way', async () => {
    await golden(
      'g (int8[4] x) => (int64[4] y) { a = Cast <to = 6> (x) y = Cast <to = 7> (a) }',
      'g (int8[4] x) => (int64[4] y) { y = Cast <to: int = 7> (x) }',
    );
    await golden(
      'g (float[4] x) => (float[4] y) { a = Cast <to = 11> (x) b = Cast <to = 1> (a) y = Relu (b) }',
      'g (float[4] x) => (float[4] y) { y = Relu (x) }',
    );
  });

  it('casts that lose something stay: float to int, int32 to float, float to half; and texts', async () => {
    await untouched('g (float[4] x) => (float[4] y) { a = Cast <to = 7> (x) y = Cast <to = 1> (a) }');
    await untouched('g (int32[4] x) => (int64[4] y) { a = Cast <to = 1> (x) y = Cast <to = 7> (a) }');
    await untouched('g (float[4] x) => (float[4] y) { a = Cast <to = 10> (x) y = Cast <to = 1> (a) }');
    await untouched('g (int8[4] x) => (string[4] y) { a = Cast <to = 1> (x) y = Cast <to = 8> (a) }');
  });

  it('concats of concats, in order', () =>
    golden(
      'g (float[2] x, float[2] z) => (float[8] y) { a = Concat <axis = 0> (z, x) y = Concat <axis = 0> (x, a, z) }',
      'g (float[2] x, float[2] z) => (float[8] y) { y = Concat <axis: int = 0> (x, z, x, z) }',
    ));

  it('concats along other axes, or read twice, stay', async () => {
    await untouched(
      'g (float[2, 2] x) => (float[4, 4] y) { a = Concat <axis = 0> (x, x) y = Concat <axis = 1> (a, a) }',
    );
    await untouched(
      'g (float[2] x) => (float[6] y, float[4] a) { a = Concat <axis = 0> (x, x) y = Concat <axis = 0> (x, a) }',
    );
  });
});
