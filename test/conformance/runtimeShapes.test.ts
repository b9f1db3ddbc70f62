/**
 * Inferred shapes against the runtime: every model of ../shared/models runs with all its values appended to the
 * outputs, and each concrete shape and element type that inference gives must be the one that the runtime produced.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cloneModel } from '../../src/graph/clone';
import { readModel } from '../../src/graph/fromOnnx';
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { type Value } from '../../src/graph/value';
import { inferModel } from '../../src/operators/infer';
import { loadOrt } from '../../src/runtime/ort';
import { type InferenceRuntime, type RuntimeTensor } from '../../src/runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';
import { sharedFolder } from '../support/shared';

/** Numbers other than 1 for dynamic dimensions, so that a wrong use of a symbol shows. */
const dimsOf: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'bert_toy.onnx': { batch: 2, max_seq_len_in_batch: 7 },
  'style_candy.onnx': { inputImage_0: 1 },
  'byte_sb_bidi_lstm.onnx': { batch: 2, length: 5 },
  'tiny_random_gpt2_msops.onnx': { batch_size: 2, seq_len: 3, total_seq_len: 8, past_seq_len: 5 },
};

const models = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .sort();

describe('shapes as the runtime produces them', function () {
  this.timeout(120_000);
  const folder = sharedFolder('inferred shapes of real models', 'models');
  if (!folder) return;
  for (const name of models(folder)) {
    it(name, async () => {
      const model = readModel(join(folder, name));
      const result = await compare(model, await loadOrt(), dimsOf[name]);
      assert.deepEqual(result.wrong, []);
      assert.equal(result.unknown, 0, 'values without a concrete shape');
      assert.ok(result.checked > 0);
    });
  }
});

/** Runs the model and compares; dynamic dimensions that `dims` does not name are 2. */
async function compare(model: Model, runtime: InferenceRuntime, dims: Readonly<Record<string, number>> = {}) {
  const free = inferModel(model).symbols.filter((symbol) => symbol.source === 'input');
  const bound = { ...Object.fromEntries(free.map(({ name }) => [name, 2])), ...dims };
  const inference = inferModel(model, { dims: bound });
  const inputShapes = Object.fromEntries(
    model.graph.inputs.map((value) => [value.name, (inference.shapeOf(value) ?? []).map(Number)]),
  );
  const values = computedValues(model);
  const copy = cloneModel(model);
  const present = new Set(copy.graph.outputs.map((value) => value.name));
  for (const value of computedValues(copy)) {
    if (present.has(value.name)) continue;
    value.type = undefined;
    copy.graph.outputs.push(value);
  }
  const session = await runtime.open(encodeModel(copy), { optimization: 'disabled' });
  let produced: Readonly<Record<string, RuntimeTensor>>;
  try {
    produced = await session.run(randomFeeds(inputPorts(model), { inputShapes, bounds: indexBounds(model) }));
  } finally {
    await session.close();
  }
  const wrong: string[] = [];
  let [checked, unknown] = [0, 0];
  for (const value of values) {
    const actual = produced[value.name]!;
    const type = inference.typeOf(value);
    const shape = inference.shapeOf(value);
    if (type?.kind !== 'tensor' || !shape?.every((dim) => typeof dim === 'number')) {
      unknown++;
      continue;
    }
    checked++;
    const said = `${type.dataType}[${shape.join()}]`;
    const found = `${actual.dataType}[${actual.shape.join()}]`;
    if (said !== found) wrong.push(`${value.name}: inferred ${said}, produced ${found}`);
  }
  return { checked, unknown, wrong };
}

function computedValues(model: Model): Value[] {
  return [...model.graph.nodes()].flatMap((node) =>
    node.outputs.filter((value): value is Value => value !== undefined),
  );
}
