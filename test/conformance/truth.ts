/** Compares inference with what `onnx.shape_inference` found for the corpora in ../shared/corpus. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { codeOfDataType } from '../../src/graph/dataType';
import { Expression } from '../../src/graph/expression';
import { readModel } from '../../src/graph/fromOnnx';
import { type Dim } from '../../src/graph/shape';
import { type Model } from '../../src/graph/model';
import { type Value } from '../../src/graph/value';
import { type Inference, inferModel } from '../../src/operators/infer';
import { readTarGz } from '../support/archives';

interface TrueType {
  readonly elemType: number;
  readonly shape: readonly (number | string | null)[] | null;
}

type Truth = Readonly<Record<string, Readonly<Record<string, TrueType | string>>>>;

/** How one suite went. */
export interface TruthResult {
  models: number;
  /** Models on which onnx itself fails, and on how many of those inference does not. */
  onnxFailed: number;
  onnxFailedButInferred: number;
  values: number;
  /** Values where inference is equal or more precise. */
  matched: number;
  /** Values that the expectations name, but no node of the graph makes. */
  absent: number;
  readonly contradictions: string[];
  /** The file declares something else than its own graph computes; onnx repeats the declaration, we warn. */
  readonly misdeclared: string[];
  readonly lessPrecise: string[];
  readonly unreadable: string[];
}

/** How a suite was made. */
export interface TruthOptions {
  /** What paths in the expectations have in front of those in the archive. */
  readonly prefix?: string;
  /** True when onnx saw the declared types of outputs; else they are removed first. */
  readonly declaredOutputs?: boolean;
}

/** Runs one suite: `archive` holds the models, `truth` the expected types by path and value name. */
export function runTruth(archive: string, truth: string, options: TruthOptions = {}): TruthResult {
  const expected = JSON.parse(gunzipSync(readFileSync(truth)).toString()) as Truth;
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-truth-'));
  const result: TruthResult = {
    models: 0,
    onnxFailed: 0,
    onnxFailedButInferred: 0,
    values: 0,
    matched: 0,
    absent: 0,
    contradictions: [],
    misdeclared: [],
    lessPrecise: [],
    unreadable: [],
  };
  try {
    for (const entry of readTarGz(archive)) {
      const path = join(folder, entry.path);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, entry.bytes);
    }
    for (const [name, values] of Object.entries(expected)) {
      compareModel(name, join(folder, name.slice(options.prefix?.length ?? 0)), values, options, result);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

function compareModel(
  name: string,
  path: string,
  values: Truth[string],
  { declaredOutputs = false }: TruthOptions,
  result: TruthResult,
): void {
  result.models++;
  let model: Model;
  let inference: Inference;
  try {
    model = readModel(path);
    if (!declaredOutputs) forgetDeclared(model);
    inference = inferModel(model);
  } catch (error) {
    result.unreadable.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  if (typeof values.error === 'string') {
    result.onnxFailed++;
    if (!inference.warnings.some((warning) => warning.code === 'inference-failed')) result.onnxFailedButInferred++;
    return;
  }
  const byName = new Map<string, Value>();
  for (const node of model.graph.nodes()) for (const value of node.outputs) if (value) byName.set(value.name, value);
  const { inputs, outputs, initializers } = model.graph;
  for (const value of [...initializers.values(), ...inputs, ...outputs]) byName.set(value.name, value);
  for (const [valueName, type] of Object.entries(values)) {
    if (typeof type === 'string') continue;
    const value = byName.get(valueName);
    if (!value) {
      result.absent++;
      continue;
    }
    result.values++;
    const verdict = judge(type, value, inference);
    if (verdict === undefined) {
      result.matched++;
      continue;
    }
    const line = `${name} ${valueName} (${value.producer?.qualifiedOpType ?? 'input'}): ${verdict}`;
    const warned = inference.warnings.some(({ message }) => message.startsWith(`Value "${valueName}" `));
    if (!verdict.startsWith('!')) result.lessPrecise.push(line);
    else if (declaredOutputs && warned) result.misdeclared.push(line);
    else result.contradictions.push(line);
  }
}

/** What the file declares of its outputs would be handed back: inference has to find it out. */
function forgetDeclared(model: Model): void {
  for (const value of model.graph.outputs) if (!model.graph.inputs.includes(value)) value.type = undefined;
}

/** Undefined when inference is at least as precise; a text that starts with '!' for a contradiction. */
function judge(expected: TrueType, value: Value, inference: Inference): string | undefined {
  const type = inference.typeOf(value);
  const shown = JSON.stringify(expected.shape);
  if (type?.kind !== 'tensor') return `${type ? `!${type.kind}` : 'unknown'} for ${expected.elemType}${shown}`;
  const code = codeOfDataType(type.dataType);
  if (expected.elemType !== 0 && code !== expected.elemType) {
    return `${code === 0 ? '' : '!'}element type ${type.dataType} for ${expected.elemType}`;
  }
  if (!expected.shape) return undefined;
  if (!type.shape) return `rank unknown for ${shown}`;
  const ours = `[${type.shape.map((dim) => String(dim)).join()}]`;
  if (type.shape.length !== expected.shape.length) return `!${ours} for ${shown}`;
  let less = false;
  for (const [axis, dim] of type.shape.entries()) {
    const verdict = judgeDim(expected.shape[axis]!, dim);
    if (verdict === 'contradiction') return `!${ours} for ${shown}`;
    less ||= verdict === 'less';
  }
  return less ? `${ours} for ${shown}` : undefined;
}

function judgeDim(expected: number | string | null, dim: Dim): 'equal' | 'less' | 'contradiction' {
  if (expected === null || (typeof expected === 'number' && expected < 0)) return 'equal';
  if (typeof expected === 'string' && expected.startsWith('unk__')) return 'equal';
  if (typeof expected === 'number') {
    if (typeof dim === 'number') return dim === expected ? 'equal' : 'contradiction';
    return 'less';
  }
  // A name: a number or an expression says more, unknown less.
  return dim === null ? 'less' : dim instanceof Expression || typeof dim === 'number' ? 'equal' : 'less';
}
