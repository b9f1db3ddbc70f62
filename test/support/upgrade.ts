/** Checks one upgrade: the raised model is valid and computes what the old one did, or what `means` does. */
import assert from 'node:assert/strict';
import { type Model } from '../../src/graph/model';
import { encodeModel } from '../../src/graph/toOnnx';
import { parseModel } from '../../src/graph/text/parse';
import { upgradeModel, type UpgradeResult } from '../../src/operators/upgrade/upgrade';
import { type Feeds, type RuntimeTensor } from '../../src/runtime/port';
import { inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';
import { assertValid, runModel } from './runPass';

/** One case. Graphs are ONNX text from the name on: `g (float[2] x) => (float y) { y = Relu (x) }`. */
export interface UpgradeCase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly graph: string;
  /** The same at opset `to`, for operators too old for ONNX Runtime to run. */
  readonly means?: string;
  /** Operators of the result, in order. */
  readonly operators?: readonly string[];
  /** Inputs that cannot be random. */
  readonly feeds?: Feeds;
}

/** A model from its graph's text. */
export function modelOf(graph: string, opset: number, irVersion = opset < 9 ? 3 : 8): Model {
  const imports = graph.includes('"local"') ? `"": ${opset}, "local": 1` : `"": ${opset}`;
  return parseModel(`<ir_version: ${irVersion}, opset_import: [${imports}]> ${graph}`);
}

/** Raises the model of a case, checks it and compares what both compute. */
export async function checkUpgrade({ from, to, graph, means, operators, feeds }: UpgradeCase): Promise<UpgradeResult> {
  const old = modelOf(graph, from, 8);
  // The runtime refuses nodes that share a name, which nodes without one cannot show.
  for (const [index, node] of [...old.graph.nodes()].entries()) node.name ||= `${node.opType}_${index}`;
  const before = encodeModel(old);
  const result = upgradeModel(old, to);
  const { model } = result;
  assert.equal(Buffer.compare(encodeModel(old), before), 0, 'the input was modified');
  assert.equal(model.opset, to);
  assertValid(model);
  if (operators) {
    assert.deepEqual(
      [...model.graph.nodes()].map((node) => node.opType),
      operators,
    );
  }
  const inputs = { ...randomFeeds(inputPorts(old, { n: 2, m: 3 }), { seed: 5 }), ...feeds };
  const expected = await runModel(means === undefined ? old : modelOf(means, to), inputs);
  const found = await runModel(model, inputs);
  assert.deepEqual(Object.keys(found), Object.keys(expected));
  for (const [name, tensor] of Object.entries(expected)) assertClose(found[name]!, tensor, name);
  return result;
}

/** Equal type and shape, and elements equal to float rounding. */
export function assertClose(found: RuntimeTensor, expected: RuntimeTensor, name: string): void {
  assert.equal(found.dataType, expected.dataType, name);
  assert.deepEqual(found.shape, expected.shape, name);
  if (!(expected.data instanceof Float32Array)) return assert.deepEqual(found.data, expected.data, name);
  expected.data.forEach((value, index) => {
    const other = found.data[index] as number;
    const close = Math.abs(value - other) <= 1e-6 * Math.max(1, Math.abs(value)) || Object.is(value, other);
    assert.ok(close, `${name}[${index}] is ${other}, not ${value}`);
  });
}
