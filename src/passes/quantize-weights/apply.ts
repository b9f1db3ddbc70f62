/** Stores weights in few bits and lets the model restore them, or compute with them as they are. */
import { cloneModel } from '../../graph/clone';
import { removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { upgradeModel } from '../../operators/upgrade/upgrade';
import { constantNowNotes } from '../../pass/constantNow';
import { breathe, type PassContext } from '../../pass/context';
import { matchesName } from '../../pass/option';
import { type RoundedWeights } from '../../pass/outputRounding';
import { type PassResult } from '../../pass/result';
import { Account } from '../../pass/weights/account';
import { type Candidate, candidatesOf } from '../../pass/weights/candidates';
import { edgeWeights } from './edges';
import { Encoder } from './encoder';
import { formOf, neededOpset, type Settings } from './forms';
import { notesOf } from './notes';

/** Quantizes every weight of `model` that is worth it; one tensor at a time passes through memory. */
export function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  return storeWeights(model, options, context);
}

/** The same; at 8 bits, codes of the weights in `rounded` are those of what they were rounded to. */
export async function storeWeights(
  model: Model,
  options: Settings,
  context: PassContext,
  rounded?: RoundedWeights,
): Promise<PassResult> {
  const edges =
    options.bits < 8 && options.fineEdges ? edgeWeights(model.graph, [...candidatesOf(model)]) : new Set<string>();
  const { copy, notes } = prepare(model, options, edges);
  const account = new Account(copy);
  const encoder = new Encoder(copy, options, edges, rounded);
  const candidates = [...candidatesOf(copy)];
  const total = candidates.reduce((sum, { constant }) => sum + constant.tensor.byteLength, 0);
  const overridable = new Set(copy.graph.inputs);
  let overridden = 0;
  let done = 0;
  for (const candidate of candidates) {
    const { constant, decision } = candidate;
    await breathe(context.signal);
    context.progress({
      fraction: total === 0 ? 0 : done / total,
      message: `Quantizing ${constant.value.name}`,
      node: decision.node.label,
    });
    const result = reasonToKeep(candidate, options) ?? encoder.encode(candidate);
    if (typeof result === 'string') account.keep(decision.node, constant.tensor, result);
    else {
      account.change(decision, constant.tensor, result);
      removeUnused(constant.value, constant.graph);
      if (overridable.has(constant.value)) overridden++;
    }
    done += constant.tensor.byteLength;
  }
  const { changed, skipped } = account.report(options.minElements);
  notes.push(...constantNowNotes(overridden));
  if (changed.length === 0) return { model, changed, skipped, notes: [] };
  return { model: copy, changed, skipped, notes: [...notes, ...notesOf(encoder.used, options)] };
}

/** A copy that may hold the restoring nodes. */
function prepare(model: Model, options: Settings, edges: ReadonlySet<string>): { copy: Model; notes: string[] } {
  const wanted = [...candidatesOf(model)].filter((candidate) => reasonToKeep(candidate, options) === undefined);
  const needed = Math.max(1, ...wanted.map((each) => neededOpset(formOf(each, options, edges), each, options)));
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

function reasonToKeep({ constant, decision }: Candidate, options: Settings): string | undefined {
  const { size } = constant.tensor;
  if (decision.reason !== undefined) return decision.reason;
  if (decision.readers.some((node) => matchesName(node.label, options.exclude))) return 'Excluded by name.';
  if (size === 0 || size < options.minElements) return `Its weight has ${size} elements: too few to save anything.`;
  return undefined;
}
