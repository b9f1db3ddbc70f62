import assert from 'node:assert/strict';
import { sourceOf } from '../../../test/support/feeds';
import { build } from '../../../test/support/models';
import { quantize } from '../../../test/support/quantizeStatic';
import { say } from '../../../test/support/runPass';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { Random } from '../../numerics/random';
import { Reference } from '../../pass/reference';
import { loadOrt } from '../../runtime/ort';

const batch = 32;

const network = (): Model =>
  build({ inputs: { x: ['float', [batch, 64]] } })
    .gemm('x', 'a', [64, 64], { name: 'first' })
    .relu('a', 'b')
    .gemm('b', 'y', [64, 16], { name: 'second' })
    .output('y')
    .model();

/** Rows in which a few causes move all inputs, as in what layers of real networks read. */
function rows(count: number, seed: number): DataSource {
  const mixing = new Random(1);
  const causes = Array.from({ length: 5 }, () => Float32Array.from({ length: 64 }, () => mixing.normal()));
  const random = new Random(seed);
  return sourceOf(
    Array.from({ length: count }, () => {
      const data = new Float32Array(batch * 64);
      for (let row = 0; row < data.length; row += 64) {
        for (const cause of causes) {
          const strength = random.normal();
          for (let at = 0; at < 64; at++) data[row + at]! += strength * cause[at]!;
        }
        for (let at = 0; at < 64; at++) data[row + at]! += 0.05 * random.normal();
      }
      return { x: { dataType: 'float', shape: [batch, 64], data } };
    }),
  );
}

describe('passes/quantize-static: rounding', () => {
  it('rounds weights for the outputs: far better on samples that it has not seen', async () => {
    const model = network();
    const data = rows(64, 2);
    const runtime = await loadOrt();
    const { signal } = new AbortController();
    const reference = await Reference.of(model, { runtime, samples: rows(64, 3), signal });
    const measured = async (rounding: 'outputs' | 'nearest'): Promise<number> => {
      // In 16 bits, activations lose next to nothing: what is lost is lost by weights.
      const result = await quantize(model, { activations: 'uint16', rounding, minSqnr: 0 }, { data });
      return (await reference.measure(result.model)).sqnrDb;
    };
    const [before, after] = [await measured('nearest'), await measured('outputs')];
    say(`${before.toFixed(1)} → ${after.toFixed(1)} dB`);
    assert.ok(after > before + 4);
  });

  it('rounds to the nearest where samples are made up', async () => {
    const codes = async (rounding: 'outputs' | 'nearest'): Promise<unknown[]> => {
      const { model } = await quantize(network(), { rounding });
      return [...model.graph.initializers.values()].map(({ constant }) => constant!.bytes());
    };
    assert.deepEqual(await codes('outputs'), await codes('nearest'));
  });
});
