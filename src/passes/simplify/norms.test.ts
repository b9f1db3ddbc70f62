import assert from 'node:assert/strict';
import { golden, graphOf, simplify, untouched } from '../../../test/support/simplify';

/** How an exporter may write the same layer norm. */
interface Spelling {
  readonly axes?: string;
  readonly square?: string;
  readonly division?: string;
  readonly scaled?: string;
  readonly shifted?: string;
  readonly outputs?: string;
}

const written = ({ axes = 'axes = [-1]', square, division, scaled, shifted, outputs }: Spelling = {}): string => `
  g (float[N,T,4] x) => (${outputs ?? 'float[N,T,4] y'})
    <float two = {2}, float eps = {1e-5}, float[4] w = {1, 2, 0.5, 1.5}, float[4] b = {0, 1, -1, 0.25}> {
    mean = ReduceMean <${axes}> (x)
    d = Sub (x, mean)
    ${square ?? 'sq = Pow (d, two)'}
    var = ReduceMean <${axes}> (sq)
    sum = Add (var, eps)
    std = Sqrt (sum)
    ${division ?? 'n = Div (d, std)'}
    ${scaled ?? 's = Mul (n, w)'}
    ${shifted ?? 'y = Add (s, b)'}
  }`;

const fused = `g (float[N, T, 4] x) => (float[N, T, 4] y) <float[4] w = {1, 2, 0.5, 1.5}, float[4] b = {0, 1, -1, 0.25}> {
  y = LayerNormalization <axis: int = -1, epsilon: float = 0.00001> (x, w, b) }`;

const at = { dims: { N: 2, T: 3 } };

describe('passes/simplify, layer norms', () => {
  it('are one operator', async () => {
    const { changed } = await golden(written(), fused, at);
    assert.match(changed[0]!.what, /layer norm of 9 nodes/);
  });

  const spellings: Readonly<Record<string, Spelling>> = {
    'by multiplication for the square': { square: 'sq = Mul (d, d)' },
    'times the inverse': { division: 'inverse = Reciprocal (std)\n n = Mul (d, inverse)' },
    'with the axis counted from the front': { axes: 'axes = [2]' },
    'with scale and shift on the other side': { scaled: 's = Mul (w, n)', shifted: 'y = Add (b, s)' },
  };
  for (const [name, spelling] of Object.entries(spellings)) {
    it(`written ${name} too`, async () => {
      await golden(written(spelling), fused, at);
    });
  }

  it('may lack a shift', async () => {
    const text = written({ scaled: 'y = Mul (n, w)', shifted: '' });
    const after = `g (float[N, T, 4] x) => (float[N, T, 4] y) <float[4] w = {1, 2, 0.5, 1.5}> {
      y = LayerNormalization <axis: int = -1, epsilon: float = 0.00001> (x, w) }`;
    await golden(text, after, at);
  });

  it('take their axes as an input from opset 18 on', async () => {
    const text = written().replaceAll(/ReduceMean <.*?> \((\w+)\)/g, 'ReduceMean ($1, last)');
    await golden(text.replace('<float two', '<int64[1] last = {-1}, float two'), fused, { ...at, opset: 18 });
  });

  const others: Readonly<Record<string, Spelling>> = {
    'another axis': { axes: 'axes = [1]' },
    'two axes': { axes: 'axes = [1, 2]' },
    'a cube': { square: 'three = Mul (two, eps)\n sq = Pow (d, three)' },
    'no scale': { scaled: '', shifted: 'y = Add (n, b)' },
    'a part that is an output': { outputs: 'float[N,T,4] y, float[N,T,1] std' },
    'a part that others read': { shifted: 's2 = Add (s, b)\n y = Add (s2, d)' },
    'a scale that is computed': { scaled: 's = Mul (n, x)' },
  };
  for (const [name, spelling] of Object.entries(others)) {
    it(`stay with ${name}`, async () => {
      const { model } = await simplify(graphOf(written(spelling)), at);
      const operators = [...model.graph.nodes()].map(({ opType }) => opType);
      assert.ok(operators.includes('Sqrt') && !operators.includes('LayerNormalization'), operators.join());
    });
  }

  it('stay below opset 17', async () => {
    await untouched(written(), { ...at, opset: 13 });
  });
});
