/** Stores weights in 8 bits and lets the model restore them. */
import { setImmediate } from 'node:timers/promises';
import { cloneModel } from '../../graph/clone';
import { removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Use } from '../../graph/value';
import { upgradeModel } from '../../operators/upgrade/upgrade';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { type PassContext } from '../../pass/context';
import { matchesName, type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { quantizeLazily } from '../../pass/quantizedTensor';
import { LapidaryError } from '../../protocol/errors';
import { Account } from './account';
import { anchorsOf } from './anchors';
import { type declaration } from './declaration';
import { type Constant, constantsOf, decide, type Decision } from './find';
import { overheadOf, replaceWeight, restoredOpset, type RestoreForm } from './restore';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** One constant with what was decided about it. */
interface Candidate {
  readonly constant: Constant;
  readonly decision: Decision;
  readonly anchor: Node;
  readonly inFunction: boolean;
}

/** Quantizes every weight of `model` that is worth it; one tensor at a time passes through memory. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const { copy, notes } = prepare(model, options);
  const account = new Account(copy);
  const candidates = [...candidatesOf(copy)];
  const total = candidates.reduce((sum, { constant }) => sum + constant.tensor.byteLength, 0);
  const overridable = new Set(copy.graph.inputs);
  let overridden = 0;
  let done = 0;
  for (const candidate of candidates) {
    const { constant, decision } = candidate;
    await pause(context);
    context.progress({
      fraction: total === 0 ? 0 : done / total,
      message: `Quantizing ${constant.value.name}`,
      node: decision.node.label,
    });
    const reason = reasonToKeep(candidate, options) ?? quantize(candidate, options, account);
    if (reason !== undefined) account.keep(decision.node, constant.tensor, reason);
    else if (overridable.has(constant.value)) overridden++;
    done += constant.tensor.byteLength;
  }
  const { changed, skipped } = account.report(options.minElements);
  if (overridden > 0) {
    notes.push(`${overridden} weights were listed as inputs that a caller may override; they are constants now.`);
  }
  if (changed.length === 0) return { model, changed, skipped, notes: [] };
  return { model: copy, changed, skipped, notes: [...notes, formNotes[options.form]] };
}

const formNotes = {
  'cast-mul':
    'Weights are 8-bit on disk and float in memory: ONNX Runtime restores them when it loads the model. Speed and memory are those of the original.',
  mixed:
    'ONNX Runtime multiplies matrices by their 8-bit weights, and restores other weights when it loads the model. Measure on the machine that will run it: without kernels for 8-bit weights the products get slower.',
  'dequantize-linear':
    'ONNX Runtime keeps DequantizeLinear and restores the weights in every run; convolutions are slower for it. The form "cast-mul" is restored once, when the model is loaded.',
} as const;

/** A copy that may hold the restoring nodes. */
function prepare(model: Model, options: Settings): { copy: Model; notes: string[] } {
  const forms = new Set([...candidatesOf(model)].map((candidate) => formOf(candidate, options)));
  const needed = Math.max(1, ...[...forms].map((form) => restoredOpset(form, options.granularity)));
  const versions = [model.opset, ...model.functions.flatMap((f) => f.opsets.get('') ?? [])];
  if (versions.every((version) => version >= needed)) {
    const copy = cloneModel(model);
    raiseIrVersion(copy, 4);
    return { copy, notes: [] };
  }
  const raised = upgradeModel(model, needed);
  const notes = [`Raised from opset ${raised.from} to ${needed}, which restoring the weights needs.`, ...raised.notes];
  return { copy: raised.model, notes };
}

function* candidatesOf(model: Model): Generator<Candidate> {
  for (const graph of [model.graph, ...model.functions.map((f) => f.body)]) {
    const constants = [...constantsOf(graph)];
    const anchors = anchorsOf(graph, new Map(constants.map(({ value, graph: owner }) => [value, owner])));
    for (const constant of constants) {
      const decision = decide(constant);
      const anchor = anchors.get(constant.value);
      if (decision && anchor) yield { constant, decision, anchor, inFunction: graph !== model.graph };
    }
  }
}

/** The form for one weight: mixed means DequantizeLinear where ONNX Runtime makes MatMulNBits of it. */
function formOf({ constant, decision }: Candidate, { form, granularity }: Settings): RestoreForm {
  if (form !== 'mixed') return form;
  const { tensor, value } = constant;
  const plain = tensor.dataType === 'float' && tensor.shape.length === 2 && granularity === 'channel';
  const fuses = plain && decision.axis === 1 && value.uses().every(isPlainProduct);
  return fuses ? 'dequantize-linear' : 'cast-mul';
}

/** MatMul by the weight on its right, or the Gemm that is the same. */
const isPlainProduct = ({ node, index }: Use): boolean =>
  index === 1 && (node.is('MatMul') || (node.is('Gemm') && node.int('transA', 0) === 0 && node.int('transB', 0) === 0));

function reasonToKeep({ constant, decision }: Candidate, options: Settings): string | undefined {
  const { size } = constant.tensor;
  if (decision.reason !== undefined) return decision.reason;
  if (decision.readers.some((node) => matchesName(node.label, options.exclude))) return 'Excluded by name.';
  if (size === 0 || size < options.minElements) return `Its weight has ${size} elements: too few to save anything.`;
  return undefined;
}

/** Quantizes one weight; a reason when it turns out not to be worth it. */
function quantize(candidate: Candidate, options: Settings, account: Account): string | undefined {
  const { constant, decision, anchor, inFunction } = candidate;
  const { value, tensor, graph } = constant;
  const { symmetric } = options;
  const form = formOf(candidate, options);
  const axis = options.granularity === 'channel' ? payingAxis(tensor.shape, decision.axis) : undefined;
  const channels = axis === undefined ? 1 : tensor.shape[axis]!;
  const stored = tensor.size + channels * 4 + overheadOf(value.name);
  if (stored > 0.9 * tensor.byteLength) return 'Eight bits would save next to nothing here.';
  const {
    tensor: quantized,
    quantizer,
    noise,
  } = quantizeLazily(tensor, `${value.name}_quantized`, {
    type: symmetric ? 'int8' : 'uint8',
    axis,
    symmetric,
  });
  if (!Number.isFinite(noise.signal + noise.noise)) return 'Its weight holds NaN or infinities.';
  const replacement = { value, float: tensor, quantized, quantizer, axis, form, zeroPoints: !symmetric, inFunction };
  const bytesAfter = replaceWeight(graph, anchor, replacement);
  removeUnused(value, graph);
  account.change(decision, tensor, { axis, bytesAfter, noise, type: quantized.dataType });
  return undefined;
}

/** Scales cost as much as four elements each: with fewer elements to a channel, one scale per tensor is better. */
function payingAxis(shape: readonly number[], axis: number | undefined): number | undefined {
  if (axis === undefined) return undefined;
  const size = shape.reduce((product, dim) => product * dim, 1);
  return size / shape[axis]! >= 4 && shape[axis]! > 1 ? axis : undefined;
}

/** Lets messages in, such as a cancel. */
async function pause(context: PassContext): Promise<void> {
  await setImmediate();
  if (context.signal.aborted) throw new LapidaryError('cancelled', 'Cancelled.');
}
