/** Weights stored in 16 bits and computed with in float32: half the size, and no range or rounding to worry about. */
import { cloneModel } from '../../graph/clone';
import { removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { upgradeModel } from '../../operators/upgrade/upgrade';
import { breathe, type PassContext } from '../../pass/context';
import { matchesName } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { Account } from '../../pass/weights/account';
import { Builder } from '../../pass/weights/builder';
import { type Candidate, candidatesOf } from '../../pass/weights/candidates';
import { elementTypeText } from '../../report/elementType';
import { type HalfType, toHalf } from './constants';

/** Least version of ai.onnx whose Cast takes the type. */
const castOpset: Readonly<Record<HalfType, number>> = { float16: 6, bfloat16: 13 };

/** Weights with fewer elements stay in float32: the Cast and its names take as much as they save. */
const leastElements = 128;

const note =
  'Weights take half the room in the file and are float32 in memory: ONNX Runtime casts them when it loads the model. Speed and memory are those of the original.';

/** Stores every large float32 weight of `model` as `type` with a Cast back; large ones are converted when they are written. */
export async function storeWeights(
  model: Model,
  type: HalfType,
  exclude: readonly string[],
  context: PassContext,
): Promise<PassResult> {
  const needed = castOpset[type];
  const versions = [model.opset, ...model.functions.flatMap((f) => f.opsets.get('') ?? [])];
  const old = versions.some((version) => version < needed);
  const copy = old ? upgradeModel(model, needed).model : cloneModel(model);
  raiseIrVersion(copy, 4);
  const account = new Account(copy);
  const candidates = [...candidatesOf(copy)];
  const clamped: string[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const { constant, decision, anchor, inFunction } = candidate;
    const { value, tensor, graph } = constant;
    await breathe(context.signal);
    context.progress({
      fraction: index / candidates.length,
      message: `Storing ${value.name}`,
      node: decision.node.label,
    });
    const reason = reasonToKeep(candidate, exclude);
    if (reason !== undefined) {
      account.keep(decision.node, tensor, reason);
      continue;
    }
    const half = toHalf(tensor, `${value.name}_${type}`, type);
    if (half.clamped > 0) clamped.push(value.name);
    const build = new Builder(graph, anchor, inFunction);
    value.replaceUsesWith(build.cast(build.constant(half.tensor), 'float', value.name));
    removeUnused(value, graph);
    account.change(decision, tensor, { to: `${type}, stored`, bytesAfter: half.tensor.byteLength, noise: half.noise });
  }
  const { changed, skipped } = account.report(leastElements);
  if (changed.length === 0) return { model, changed, skipped, notes: ['The model has no large weights in float32.'] };
  const raised = old ? [`Raised from opset ${model.opset} to ${needed}, whose Cast takes ${type}.`] : [];
  const names = clamped.slice(0, 3).map((name) => `"${name}"`);
  const clamps =
    clamped.length > 0 ? [`Values beyond the largest ${type} were stored as that, in ${names.join(', ')}.`] : [];
  return { model: copy, changed, skipped, notes: [...raised, ...clamps, note] };
}

function reasonToKeep(
  { constant: { tensor, value, graph }, decision }: Candidate,
  exclude: readonly string[],
): string | undefined {
  if (tensor.dataType !== 'float') return `Its weight is ${elementTypeText(tensor.dataType)}.`;
  if (decision.readers.some((node) => matchesName(node.label, exclude))) return 'Excluded by name.';
  if (tensor.size < leastElements) return `Its weight has ${tensor.size} elements: too few to save anything.`;
  if (graph.outputs.includes(value)) return 'Its weight is an output of the graph as well.';
  return decision.reason;
}
