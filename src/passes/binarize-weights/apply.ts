/** Binary weights: see README.md. */
import { cloneModel } from '../../graph/clone';
import { removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { upgradeModel } from '../../operators/upgrade/upgrade';
import { breathe, type PassContext } from '../../pass/context';
import { matchesName, type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { Account } from '../../pass/weights/account';
import { blockLayout } from '../../pass/weights/blockTensor';
import { Builder } from '../../pass/weights/builder';
import { type Candidate, candidatesOf } from '../../pass/weights/candidates';
import { type Levels, lookupOverhead, LookupTables, restoreByLookup } from '../../pass/weights/lookup';
import { isLayer } from '../../pass/weights/roles';
import { binarize } from './binary';
import { type declaration } from './declaration';
import { endLayers } from './ends';

type Settings = ValuesOf<(typeof declaration)['options']>;

const levels: Levels = { bits: 1, values: [-1, 1] };

/** Restoring takes Mul that broadcasts (opset 7), and Slice with inputs (10) where the last byte is padded. */
const neededOpset = 10;

const notes = [
  'Binary weights keep the accuracy of models that were trained with them. Others lose most of it: compare the outputs, or use 2 or 4 bits.',
  'ONNX Runtime restores the weights when it loads the model: the file is smaller, speed and memory are those of the original.',
];

/** Stores the weights of layers as signs and scales; one tensor at a time passes through memory. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const versions = [model.opset, ...model.functions.flatMap((f) => f.opsets.get('') ?? [])];
  const old = versions.some((version) => version < neededOpset);
  const copy = old ? upgradeModel(model, neededOpset).model : cloneModel(model);
  raiseIrVersion(copy, 4);
  const ends = options.keepEnds ? endLayers(copy) : new Set<Node>();
  const account = new Account(copy);
  const tables = new LookupTables();
  const candidates = [...candidatesOf(copy)].filter(({ decision }) => decision.readers.some(isLayer));
  for (const [index, candidate] of candidates.entries()) {
    const { constant, decision } = candidate;
    await breathe(context.signal);
    const message = `Binarizing ${constant.value.name}`;
    context.progress({ fraction: index / candidates.length, message, node: decision.node.label });
    const result = reasonToKeep(candidate, ends, options) ?? replace(candidate, tables);
    if (typeof result === 'string') account.keep(decision.readers.find(isLayer)!, constant.tensor, result);
    else {
      account.change(decision, constant.tensor, result);
      removeUnused(constant.value, constant.graph);
    }
  }
  const { changed, skipped } = account.report(options.minElements);
  if (changed.length === 0) return { model, changed, skipped, notes: [] };
  const raised = old ? [`Raised from opset ${model.opset} to ${neededOpset}, which restoring the weights needs.`] : [];
  return { model: copy, changed, skipped, notes: [...raised, ...notes] };
}

function reasonToKeep(
  { constant, decision }: Candidate,
  ends: ReadonlySet<Node>,
  options: Settings,
): string | undefined {
  const { size } = constant.tensor;
  if (decision.reason !== undefined) return decision.reason;
  if (decision.kind !== 'layer') return 'It is no matrix of a layer.';
  if (decision.readers.some((node) => matchesName(node.label, options.exclude))) return 'Excluded by name.';
  if (decision.readers.some((node) => !isLayer(node))) return 'Its weight is an embedding as well.';
  if (decision.readers.some((node) => ends.has(node))) return 'It is a first or last layer. (Option "keepEnds".)';
  if (size < Math.max(1, options.minElements)) return `Its weight has ${size} elements: too few to save anything.`;
  return undefined;
}

/** Replaces one weight; a reason when that is not worth it or cannot be. */
function replace({ constant, decision, anchor, inFunction }: Candidate, tables: LookupTables) {
  const { value, tensor, graph } = constant;
  const { name } = value;
  const layout = blockLayout(tensor.shape, decision.axis, Infinity);
  const stored = tensor.size / 8 + 4 * layout.channels + lookupOverhead(name);
  if (stored > 0.9 * tensor.byteLength) return 'One bit would save next to nothing here.';
  const { packed, scales, noise } = binarize(tensor, decision.axis);
  if (!Number.isFinite(noise.signal + noise.noise)) return 'Its weight holds NaN or infinities.';
  const build = new Builder(graph, anchor, inFunction);
  const table = tables.get(levels, build, inFunction);
  const { restored, bytes } = restoreByLookup(
    { name, shape: tensor.shape, layout, packed, scales, levels },
    build,
    table,
  );
  value.replaceUsesWith(tensor.dataType === 'float' ? restored : build.cast(restored, tensor.dataType, name));
  const channels = decision.axis === undefined ? 'per tensor' : `per channel (axis ${decision.axis})`;
  return { to: `1 bit ${channels}`, bytesAfter: bytes, noise };
}
