/** Golden cases of `simplify`: ONNX text before and after, with everything that holds for every pass. */
import assert from 'node:assert/strict';
import { type Model } from '../../src/graph/model';
import { parseModel } from '../../src/graph/text/parse';
import { printModel } from '../../src/graph/text/print';
import { type ValuesOf } from '../../src/pass/option';
import { type PassResult } from '../../src/pass/result';
import { apply } from '../../src/passes/simplify/apply';
import { declaration } from '../../src/passes/simplify/declaration';
import { loadOrt } from '../../src/runtime/ort';
import { type Feeds } from '../../src/runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';
import { bytesOf, toFloat64 } from '../../src/numerics/elements';
import { differencePower, sqnrDb } from '../../src/numerics/quantize';
import { runModel, runPass } from './runPass';

type SimplifyOptions = Partial<ValuesOf<(typeof declaration)['options']>>;

/** What a case needs beside its graph. */
export interface SimplifyCase {
  readonly opset?: number;
  readonly irVersion?: number;
  readonly options?: SimplifyOptions;
  /** Values of dynamic dimensions to compare the outputs at. */
  readonly dims?: Readonly<Record<string, number>>;
  /** False for a model that ONNX Runtime does not run. */
  readonly runs?: boolean;
}

/** A model from its graph in ONNX text. */
export function graphOf(text: string, { opset = 17, irVersion = 8 }: SimplifyCase = {}): Model {
  return parseModel(`<ir_version: ${irVersion}, opset_import: ["" : ${opset}, "com.microsoft" : 1]>\n${text}`);
}

/** The graph of a model as text, without the header; white space is told by single blanks. */
export const textOf = (model: Model): string => flat(printModel(model).text.replace(/^<[^>]*>\n/, ''));

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Simplifies with the runtime, checks every property, and compares outputs with the original in ONNX Runtime. */
export async function simplify(model: Model, given: SimplifyCase = {}): Promise<PassResult> {
  const context = { runtime: await loadOrt() };
  const result = await runPass({ declaration, apply }, model, { options: given.options, context });
  if (given.runs !== false) await assertSameOutputs(model, result.model, given.dims);
  return result;
}

/** Runs `before` through the pass and compares the text of what comes out with `after`. */
export async function golden(before: string, after: string, given: SimplifyCase = {}): Promise<PassResult> {
  const result = await simplify(graphOf(before, given), given);
  assert.equal(textOf(result.model), flat(after));
  return result;
}

/** Asserts that the pass leaves this graph alone. */
export async function untouched(text: string, given: SimplifyCase = {}): Promise<PassResult> {
  const result = await simplify(graphOf(text, given), given);
  assert.deepEqual(result.changed, []);
  return result;
}

/** Asserts names, types, shapes and, up to 100 dB, numbers of the outputs. */
export async function assertSameOutputs(
  before: Model,
  after: Model,
  dims: Readonly<Record<string, number>> = {},
): Promise<void> {
  const feeds: Feeds = randomFeeds(inputPorts(before), { bounds: indexBounds(before), seed: 7, dims });
  const [expected, actual] = [await runModel(before, feeds), await runModel(after, feeds)];
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, a] of Object.entries(expected)) {
    const b = actual[name]!;
    assert.deepEqual([b.dataType, b.shape], [a.dataType, a.shape], name);
    if (!ArrayBuffer.isView(a.data) || !ArrayBuffer.isView(b.data)) {
      assert.deepEqual(b.data, a.data);
      continue;
    }
    const size = a.shape.reduce((product, dim) => product * dim, 1);
    const [p, q] = [toFloat64(a.dataType, bytesOf(a.data), size), toFloat64(b.dataType, bytesOf(b.data), size)];
    const db = Buffer.compare(bytesOf(a.data), bytesOf(b.data)) === 0 ? Infinity : sqnrDb(differencePower(p, q));
    assert.ok(db >= 100, `output "${name}" agrees to ${db.toFixed(0)} dB`);
  }
}
