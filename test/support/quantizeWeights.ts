/** What the tests of quantize-weights share. */
import assert from 'node:assert/strict';
import { type Graph } from '../../src/graph/graph';
import { type Model } from '../../src/graph/model';
import { differencePower, sqnrDb } from '../../src/numerics/quantize';
import { type PassResult } from '../../src/pass/result';
import { apply } from '../../src/passes/quantize-weights/apply';
import { declaration } from '../../src/passes/quantize-weights/declaration';
import { inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';
import { floatsOf, runModel, runPass } from './runPass';

/** The pass. */
export const pass = { declaration, apply };
/** Its options, some of them. */
export type Options = NonNullable<Parameters<typeof runPass<(typeof declaration)['options']>>[2]>['options'];

/** The graph in one line per node. */
export function lines(graph: Graph): string[] {
  return [...graph.nodes()].map((node) => {
    const inputs = node.inputs.map((value) => value?.name ?? '').join(', ');
    return `${node.opType}(${inputs}) -> ${node.outputs.map((value) => value?.name ?? '').join(', ')}`;
  });
}

/** Type and shape of every initializer. */
export const initializers = (graph: Graph): Record<string, string> =>
  Object.fromEntries(
    [...graph.initializers.values()].map(({ name, constant }) => [
      name,
      `${constant!.dataType}[${constant!.shape.join()}]`,
    ]),
  );

/** Applies and checks the properties, and how close the outputs are. */
export async function quantize(model: Model, options: Options = {}, leastDb = 34): Promise<PassResult> {
  const result = await runPass(pass, model, { options });
  const feeds = randomFeeds(inputPorts(model, { n: 3 }), { dims: { n: 3 }, seed: 3 });
  const [a, b] = [await runModel(model, feeds), await runModel(result.model, feeds)];
  for (const [name, tensor] of Object.entries(a)) {
    assert.deepEqual(b[name]!.shape, tensor.shape);
    const db = sqnrDb(differencePower(floatsOf(tensor), floatsOf(b[name])));
    assert.ok(db > leastDb, `${name}: ${db.toFixed(1)} dB`);
  }
  return result;
}
