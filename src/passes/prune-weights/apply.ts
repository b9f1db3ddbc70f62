/** Sets the least important weights to zero. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { breathe, type PassContext } from '../../pass/context';
import { type LinearLayer } from '../../pass/linearLayer';
import { matchesName, type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { LapidaryError } from '../../protocol/errors';
import { type declaration } from './declaration';
import { inputNorms } from './inputNorms';
import { blockMask, freeMasks, type Mask, runMask, type Scored, thresholdMask } from './masks';
import { deflatedBytes, storePruned } from './store';
import { rowsOf, type Target, targetsOf, tensorOfRows } from './targets';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** Prunes every weight of `model` that is not excluded. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  const copy = cloneModel(model);
  const found = targetsOf(copy);
  const skipped: SkippedLayer[] = [...found.skipped];
  const targets = found.targets.filter(({ node }) => !matchesName(node.label, options.exclude));
  for (const { node } of found.targets.filter((target) => !targets.includes(target))) {
    skipped.push({ node: node.label, opType: node.opType, reason: 'Excluded by name.' });
  }
  const norms = await normsFor(model, targets, options, context);
  const masks = masksOf(targets, norms, options);
  const account = new Map<string, ChangedLayer>();
  const deflated = { before: 0, after: 0 };
  for (const [index, target] of targets.entries()) {
    const { label: node, opType } = target.node;
    context.progress({ fraction: 0.5 + (0.5 * index) / targets.length, message: `Pruning ${node}`, node });
    await breathe(context.signal);
    const change = pruneOne(target, masks(index), options);
    if (!change) continue;
    deflated.before += change.deflated.before;
    deflated.after += change.deflated.after;
    account.set(node, merged(account.get(node), { node, opType, ...change.layer }));
  }
  for (const { node } of targets) {
    if (account.has(node.label) || skipped.some((other) => other.node === node.label)) continue;
    skipped.push({ node: node.label, opType: node.opType, reason: 'Nothing more in it would become zero.' });
  }
  const changed = [...account.values()];
  if (changed.length === 0) return { model, changed, skipped, notes: [] };
  if (copy.graph.sparseInitializers.length > 0) raiseIrVersion(copy, 6);
  return { model: copy, changed, skipped, notes: notesOf(deflated, options) };
}

async function normsFor(
  model: Model,
  targets: readonly Target[],
  { importance }: Settings,
  context: PassContext,
): Promise<ReadonlyMap<LinearLayer, Float64Array>> {
  const able = context.data !== undefined && context.runtime !== undefined;
  if (importance === 'wanda' && !able) {
    throw new LapidaryError('usage', 'Importance by "wanda" looks at the inputs of layers, which takes data.', {
      hint: 'Give images, arrays or a *.data.json with --data, or choose --importance magnitude.',
    });
  }
  if (importance === 'magnitude' || !able) return new Map();
  return inputNorms(
    model,
    targets.flatMap(({ linear }) => linear ?? []),
    context,
  );
}

/** Scores of a weight: its size, times that of its input where it is known. */
function scoredOf(target: Target, norms: ReadonlyMap<LinearLayer, Float64Array>, comparable: boolean): Scored {
  const { linear, rows, columns } = target;
  const scores = Float32Array.from(rowsOf(target), Math.abs);
  const norm = linear && norms.get(linear);
  if (!norm) return { scores, rows, columns };
  const taps = columns / linear.inputs;
  let energy = 0;
  for (let i = 0; i < scores.length; i++) {
    const group = Math.floor(Math.floor(i / columns) / linear.outputs);
    scores[i]! *= norm[group * linear.inputs + Math.floor((i % columns) / taps)]!;
    energy += scores[i]! * scores[i]!;
  }
  const unit = Math.sqrt(energy / scores.length);
  // Products with inputs of another scale say nothing across layers: each in units of its own mean.
  return { scores: comparable && unit > 0 ? scores.map((score) => score / unit) : scores, rows, columns };
}

/** Masks by index of the target; what needs all layers at once is worked out first. */
function masksOf(
  targets: readonly Target[],
  norms: ReadonlyMap<LinearLayer, Float64Array>,
  { pattern, scope, sparsity, threshold, blockSize }: Settings,
): (index: number) => Mask {
  if (pattern === 'free' && scope === 'global') {
    const masks = freeMasks(
      targets.map((target) => scoredOf(target, norms, true)),
      sparsity,
    );
    return (index) => masks[index]!;
  }
  return (index) => {
    const target = targets[index]!;
    const scored = scoredOf(target, norms, false);
    if (pattern === '2:4') return runMask(scored, 2, 4);
    if (pattern === '4:8') return runMask(scored, 4, 8);
    if (pattern === 'block') return blockMask(scored, blockSize, sparsity);
    if (scope === 'threshold')
      return thresholdMask({ ...scored, scores: Float32Array.from(rowsOf(target), Math.abs) }, threshold);
    return target.linear && norms.has(target.linear) ? byRow(scored, sparsity) : freeMasks([scored], sparsity)[0]!;
  };
}

/** As Wanda compares: the weights of each output among themselves (Sun et al. 2023). */
function byRow({ scores, rows, columns }: Scored, share: number): Mask {
  const mask = new Uint8Array(scores.length);
  for (let row = 0; row < rows; row++) {
    const own = { scores: scores.slice(row * columns, (row + 1) * columns), rows: 1, columns };
    mask.set(freeMasks([own], share)[0]!, row * columns);
  }
  return mask;
}

interface Change {
  readonly layer: Omit<ChangedLayer, 'node' | 'opType'>;
  readonly deflated: { readonly before: number; readonly after: number };
}

function pruneOne(target: Target, mask: Mask, options: Settings): Change | undefined {
  const rows = rowsOf(target);
  let [zeros, removed, lost, energy] = [0, 0, 0, 0];
  for (let i = 0; i < rows.length; i++) {
    const value = rows[i]!;
    energy += value * value;
    if (mask[i] === 0 && value !== 0) {
      rows[i] = 0;
      lost += value * value;
      removed++;
    }
    if (rows[i] === 0) zeros++;
  }
  if (removed === 0) return undefined;
  const pruned = tensorOfRows(target, rows);
  const deflated = { before: deflatedBytes(target.tensor), after: deflatedBytes(pruned) };
  const bytesAfter = storePruned(target.graph, target.value, pruned, options.sparseStorage);
  return {
    layer: {
      what: `${((100 * zeros) / rows.length).toFixed(1)} % zeros`,
      removed: [{ unit: 'weights', before: rows.length - zeros + removed, after: rows.length - zeros }],
      bytesBefore: target.tensor.byteLength,
      bytesAfter,
      weightSqnrDb: lost > 0 ? 10 * Math.log10(energy / lost) : null,
    },
    deflated,
  };
}

/** A recurrent layer has two weights. */
function merged(before: ChangedLayer | undefined, after: ChangedLayer): ChangedLayer {
  if (!before) return after;
  return {
    ...after,
    what: `${before.what}; ${after.what}`,
    removed: (after.removed ?? []).map((each, index) => ({
      ...each,
      before: each.before + (before.removed?.[index]?.before ?? 0),
      after: each.after + (before.removed?.[index]?.after ?? 0),
    })),
    bytesBefore: before.bytesBefore! + after.bytesBefore!,
    bytesAfter: before.bytesAfter! + after.bytesAfter!,
    weightSqnrDb: Math.min(before.weightSqnrDb ?? Infinity, after.weightSqnrDb ?? Infinity),
  };
}

function notesOf({ before, after }: Change['deflated'], { sparseStorage }: Settings): string[] {
  const megabytes = (bytes: number): string => (bytes / 1e6).toPrecision(3);
  return [
    'CPUs gain nothing: ONNX Runtime multiplies zeros like any other number.',
    `Compressed (as in a zip file), these weights take ${megabytes(after)} MB where they took ${megabytes(before)}.`,
    ...(sparseStorage
      ? ['Weights that are smaller so are stored sparse; the runtime restores them when it loads.']
      : []),
  ];
}
