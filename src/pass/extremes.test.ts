import assert from 'node:assert/strict';
import { build } from '../../test/support/models';
import { type Model } from '../graph/model';
import { encodeModel } from '../graph/toOnnx';
import { loadOrt } from '../runtime/ort';
import { type Feeds } from '../runtime/port';
import { extremesIn, withExtremes } from './extremes';
import { exposing } from './observe';

/** Extremes of the named values by the runtime; undefined where they hold what is not finite. */
async function extremesOf(model: Model, names: readonly string[], feeds: Feeds, neverBelow0: readonly string[] = []) {
  const { model: extended, output, places } = withExtremes(model, names, new Set(neverBelow0));
  const session = await (await loadOrt()).open(encodeModel(exposing(extended, [output!])));
  try {
    const { [output!]: vector } = await session.run(feeds, [output!]);
    const entries = places.map((each) => [each.name, extremesIn(vector!.data as Float32Array, each)] as const);
    return Object.fromEntries(entries.map(([name, range]) => [name, range && Array.from(range)]));
  } finally {
    await session.close();
  }
}

const image = (...numbers: number[]): Feeds => ({
  x: { dataType: 'float', shape: [1, 2, 2, numbers.length / 4], data: Float32Array.from(numbers) },
});

describe('pass/extremes', () => {
  const joined = build({ inputs: { x: ['float', [1, 2, 2, 'W']] } })
    .node('Relu', ['x'], 'a')
    .node('Neg', ['x'], 'b')
    .node('Concat', ['a', 'b', 'a'], 'y', { axis: 1 })
    .output('y');

  it('finds them over all axes, and of what is joined from values by theirs', async () => {
    const numbers = [1, -2, 3, -4, 5, -6, 7, -8.5];
    assert.deepEqual(await extremesOf(joined.model(), ['x', 'a', 'b', 'y'], image(...numbers)), {
      x: [-8.5, 7],
      a: [0, 7],
      b: [-7, 8.5],
      y: [-7, 8.5],
    });
  });

  it('finds the same where the smallest number is known not to matter', async () => {
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8.5];
    const { x, a, y } = await extremesOf(joined.model(), ['x', 'a', 'b', 'y'], image(...numbers), ['x', 'a']);
    assert.deepEqual(
      [x, a, y],
      [
        [0, 8.5],
        [0, 8.5],
        [-8.5, 8.5],
      ],
    );
  });

  it('gives none for infinities and NaN, wherever they are, nor for what they are joined to', async () => {
    for (const odd of [NaN, Infinity]) {
      for (let place = 0; place < 8; place++) {
        const feeds = image(...Array.from({ length: 8 }, (_, index) => (index === place ? odd : index)));
        for (const neverBelow0 of [[], ['x']]) {
          const { x, b, y } = await extremesOf(joined.model(), ['x', 'a', 'b', 'y'], feeds, neverBelow0);
          assert.deepEqual([x, b, y], [undefined, undefined, undefined], `${odd} at ${place}`);
        }
      }
    }
  });

  it('joins values of different ranks, scalars and unknown ranks among them, and skips what is not float32', async () => {
    const mixed = build({ inputs: { x: ['float', [1, 2, 2, 'W']], some: ['int64', ['K']] } })
      .node('ReduceSum', ['x'], 'scalar', { keepdims: 0 })
      .node('Shape', ['x'], 'shape')
      .node('Cast', ['shape'], 'row', { to: 1 })
      .node('Reshape', ['row', 'some'], 'unknown')
      .output('unknown');
    const feeds: Feeds = {
      ...image(1, 2, 3, 4, 5, 6, 7, 8),
      some: { dataType: 'int64', shape: [2], data: BigInt64Array.of(2n, 2n) },
    };
    assert.deepEqual(await extremesOf(mixed.model(), ['row', 'x', 'scalar', 'shape', 'unknown'], feeds), {
      row: [1, 2],
      x: [1, 8],
      scalar: [36, 36],
      unknown: [1, 2],
    });
  });
});
