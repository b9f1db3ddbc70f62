/**
 * Runs a pass and checks what holds for every pass: the input stays as it was, the result is a valid model that can be
 * written and read, every layer that was left alone has a reason, and a second run finds nothing more to do.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSource } from '../../src/data/source';
import { checkModel } from '../../src/graph/check';
import { decodeModel, readModel } from '../../src/graph/fromOnnx';
import { dataTypeOfCode } from '../../src/graph/dataType';
import { type Graph } from '../../src/graph/graph';
import { type Model } from '../../src/graph/model';
import { type Value } from '../../src/graph/value';
import { differencePower, sqnrDb } from '../../src/numerics/quantize';
import { encodeModel } from '../../src/graph/toOnnx';
import { type PassContext } from '../../src/pass/context';
import { type PassDeclaration } from '../../src/pass/declaration';
import { type Options, parseOptions, type ValuesOf } from '../../src/pass/option';
import { type ApplyPass } from '../../src/pass/pass';
import { type PassResult } from '../../src/pass/result';
import { loadOrt } from '../../src/runtime/ort';
import { type Feeds, type RuntimeTensor } from '../../src/runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';

/** Prints a measured number beside the test that measured it. */
export function say(line: string): void {
  console.log(`      ${line}`);
}

/** A context that reports to nobody; `given` adds a runtime, data, a signal. */
export function passContext(given: Partial<PassContext> = {}): PassContext {
  return { signal: new AbortController().signal, progress: () => undefined, log: () => undefined, ...given };
}

/** Declaration and implementation of the pass under test. */
export interface PassUnderTest<T extends Options> {
  readonly declaration: PassDeclaration<T>;
  readonly apply: ApplyPass<T>;
}

/** What to run it with. */
export interface RunOptions<T extends Options> {
  readonly options?: Partial<ValuesOf<T>>;
  readonly context?: Partial<PassContext>;
  /** False for a pass that is not idempotent on this model. */
  readonly idempotent?: boolean;
}

/** Applies the pass to `model` and checks the properties; returns what the first run returned. */
export async function runPass<T extends Options>(
  { declaration, apply }: PassUnderTest<T>,
  model: Model,
  { options = {}, context, idempotent = true }: RunOptions<T> = {},
): Promise<PassResult> {
  const values = parseOptions(declaration.options, options);
  const before = encodeModel(model);
  const result = await apply(model, values, passContext(context));
  assert.deepEqual(Buffer.compare(encodeModel(model), before), 0, 'the pass modified its input');
  assertAccount(result, model);
  const bytes = assertValid(result.model);
  if (result.changed.length === 0) {
    assert.equal(Buffer.compare(bytes, before), 0, 'nothing is reported as changed, but the model differs');
  } else if (idempotent) {
    const again = await apply(decodeModel(bytes), values, passContext(context));
    assert.deepEqual(
      again.changed.map(({ node, what }) => `${node}: ${what}`),
      [],
      'a second run changes more',
    );
  }
  return result;
}

/** Every entry names a node and says something. */
function assertAccount({ changed, skipped, notes }: PassResult, model: Model): void {
  const graphs = [model.graph, ...model.functions.map((f) => f.body)];
  const labels = new Set(graphs.flatMap((graph) => [...graph.allNodes()].map((node) => node.label)));
  for (const { node, what } of changed) {
    assert.ok(labels.has(node), `changed layer "${node}" is not in the model`);
    assert.match(what, /\S/);
  }
  for (const { node, reason } of skipped) {
    assert.ok(labels.has(node), `skipped layer "${node}" is not in the model`);
    assert.match(reason, /\S{2,}.*\.\)?$/, `the reason for "${node}" is a sentence`);
  }
  for (const note of notes) assert.match(note, /\S{2,}.*\.\)?$/, 'a note is a sentence');
  const both = changed.filter(({ node }) => skipped.some((other) => other.node === node));
  assert.deepEqual(both, [], 'a layer is both changed and skipped');
}

/** Checks a model on paper and returns its bytes: names unique, nodes in order, everything that is read is there. */
export function assertValid(model: Model): Uint8Array {
  checkModel(model);
  const bytes = encodeModel(model);
  // Reading resolves every name and rejects doubles and forward references.
  const copy = decodeModel(bytes);
  assert.equal([...copy.graph.allNodes()].length, [...model.graph.allNodes()].length);
  for (const node of model.graph.allNodes()) {
    for (const input of node.inputs) {
      if (!input?.producer) continue;
      assert.ok(input.producer.graph, `node "${node.label}" reads "${input.name}" of a node that was removed`);
    }
  }
  return bytes;
}

/** Runs a model in ONNX Runtime on seeded random inputs, or on `feeds`; all outputs. */
export async function runModel(
  model: Model,
  feeds: Feeds = randomFeeds(inputPorts(model), { bounds: indexBounds(model), seed: 7 }),
): Promise<Record<string, RuntimeTensor>> {
  const runtime = await loadOrt();
  const session = await runtime.open(encodeModel(model));
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

/** SQNR in dB of every float output of two models on the same random inputs; other outputs must be equal. */
export async function sqnrOfOutputs(before: Model, after: Model, dims: Record<string, number> = {}): Promise<number[]> {
  const bounds = indexBounds(before);
  const feeds = randomFeeds(inputPorts(before, dims), { dims, bounds, seed: 3 });
  const [a, b] = [await runModel(before, feeds), await runModel(after, feeds)];
  return Object.entries(a).flatMap(([name, tensor]) => {
    const other = b[name]!;
    assert.deepEqual([other.dataType, other.shape], [tensor.dataType, tensor.shape], name);
    if (tensor.dataType === 'float') return [sqnrDb(differencePower(floatsOf(tensor), floatsOf(other)))];
    assert.deepEqual(other.data, tensor.data, name);
    return [];
  });
}

/** SQNR in dB of output `y` of two models over all samples together. */
export async function sqnrOnData(before: Model, after: Model, data: DataSource): Promise<number> {
  const sums = { signal: 0, noise: 0 };
  for await (const { feeds } of data.samples()) {
    const part = differencePower(
      floatsOf((await runModel(before, feeds)).y),
      floatsOf((await runModel(after, feeds)).y),
    );
    sums.signal += part.signal;
    sums.noise += part.noise;
  }
  return sqnrDb(sums);
}

/** A graph in one line per node, `MatMul(x, w) -> y`; casts say to what. */
export function lines(graph: Graph): string[] {
  return [...graph.nodes()].map((node) => {
    const names = (values: readonly (Value | undefined)[]): string =>
      values.map((value) => value?.name ?? '').join(', ');
    const to = node.is('Cast') ? `<${dataTypeOfCode(node.int('to', 0))}>` : '';
    return `${node.opType}${to}(${names(node.inputs)}) -> ${names(node.outputs)}`;
  });
}

/** How many nodes of an operator there are, bodies included. */
export const countNodes = (model: Model, opType: string): number =>
  [...model.graph.allNodes()].filter((node) => node.opType === opType).length;

/** Elements of a float output. */
export function floatsOf(tensor: RuntimeTensor | undefined): Float32Array {
  assert.ok(tensor?.data instanceof Float32Array, 'the output is not float32');
  return tensor.data;
}

/** Operators of the graph that ONNX Runtime really runs, by name, with how often: shows what was fused. */
export async function optimizedOperators(model: Model): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-optimized-'));
  const path = join(folder, 'optimized.onnx');
  const runtime = await loadOrt();
  const session = await runtime.open(encodeModel(model), { optimizedModelPath: path });
  await session.close();
  const counts: Record<string, number> = {};
  try {
    for (const node of readModel(path).graph.allNodes()) counts[node.opType] = (counts[node.opType] ?? 0) + 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
  return counts;
}
