/** SmoothQuant: see README.md. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { minMax } from '../../numerics/minMax';
import { inferModel } from '../../operators/infer';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { keepExactScaling } from '../../pass/channels/exactScaling';
import { type Group, type GroupSide, groupsOf } from '../../pass/channels/groups';
import { rescaleChannels } from '../../pass/channels/rescale';
import { type Trace, traceChannels } from '../../pass/channels/trace';
import { breathe, type PassContext } from '../../pass/context';
import { observeValues } from '../../pass/observe';
import { matchesName, type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { type Bounds, type Try } from '../../pass/sameness/keepExact';
import { LapidaryError } from '../../protocol/errors';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { bestSmoothing, type Choice, isSmooth, smoothing } from './choose';
import { type declaration } from './declaration';
import { Ranges } from './ranges';

type Options = ValuesOf<(typeof declaration)['options']>;

/** Scales the channels of what layers read, so that no channel stretches the range of all. */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const { trace, groups } = groupsIn(cloneModel(model), options);
  const ranges = await rangesOf(model, groups, options, context);
  const choices = await choose(groups, ranges, options, context);
  const labels = new Map(groups.map((group) => [keyOf(group), group]));
  const { outcome, undone, note } = await keepExactScaling(
    (bounds) => smoothed(model, choices, bounds, options),
    () => model,
    context,
  );
  const kept = new Set(outcome.edits);
  const changed = [...kept].flatMap((key) => changedLayers(labels.get(key)!, choices.get(key)!));
  const left = groups.flatMap((group) => skippedLayers(group, choices, kept, undone));
  const touched = new Set(changed.map(({ node }) => node));
  const skipped = [...left, ...frozenLayers(trace, groups)].filter(({ node }) => !touched.has(node));
  if (kept.size === 0) return { model, changed: [], skipped, notes: [] };
  const random = context.data?.random ? ['The data is random: real activations have other outliers.'] : [];
  return { model: outcome.model, changed, skipped, notes: [note, ...random] };
}

const keyOf = ({ readers }: Group): string => readers.map(({ layer }) => layer.node.label).join('|');

/** The groups of the main graph; nodes that are excluded keep their channels. */
function groupsIn(model: Model, { exclude }: Options): { trace: Trace; groups: Group[] } {
  const trace = traceChannels(model, model.graph, { inference: inferModel(model) });
  const freeze = (node: Node, ids: Int32Array): void => {
    if (matchesName(node.label, exclude)) trace.classes.freeze(ids, { node: node.label, reason: 'excluded by name' });
  };
  for (const { layer, ids } of [...trace.producers, ...trace.consumers]) freeze(layer.node, ids);
  for (const { node, ids } of trace.norms) freeze(node, ids);
  return { trace, groups: groupsOf(trace) };
}

async function rangesOf(
  model: Model,
  groups: readonly Group[],
  { calibrationSamples: samples }: Options,
  context: PassContext,
): Promise<(side: GroupSide) => Ranges> {
  const { runtime, data, signal } = context;
  if (!runtime || !data) throw new LapidaryError('usage', 'Smoothing needs data and a runtime.');
  const ranges = new Map<string, Ranges>();
  for (const side of groups.flatMap(({ readers }) => readers)) ranges.set(side.value.name, Ranges.of(side));
  await observeValues(model, [...ranges.keys()], (name, tensor) => ranges.get(name)!.add(tensor), {
    ...{ runtime, samples: data, count: Math.min(samples, data.size), signal },
    onProgress: (fraction) => context.progress({ fraction: 0.5 * fraction, message: 'Measuring channels' }),
  });
  return (side) => ranges.get(side.value.name)!;
}

/** What to do with each group, by key; nothing where nothing is to be gained. */
async function choose(
  groups: readonly Group[],
  ranges: (side: GroupSide) => Ranges,
  { alpha }: Options,
  context: PassContext,
): Promise<ReadonlyMap<string, Choice>> {
  const choices = new Map<string, Choice>();
  for (const [index, group] of groups.entries()) {
    await breathe(context.signal);
    const node = group.readers[0]!.layer.node.label;
    context.progress({ fraction: 0.5 + (0.4 * index) / groups.length, message: 'Choosing scales', node });
    if (alpha === 0) {
      const choice = await bestSmoothing(group, ranges, context.runtime!);
      if (choice) choices.set(keyOf(group), choice);
      continue;
    }
    const factors = smoothing(group, ranges, alpha);
    if (!isSmooth(factors)) choices.set(keyOf(group), { alpha, factors });
  }
  return choices;
}

/** A copy with the chosen scales. The classes of a copy are numbered as those of any other. */
function smoothed(
  model: Model,
  choices: ReadonlyMap<string, Choice>,
  { blocked, limit }: Bounds,
  options: Options,
): Try {
  const copy = cloneModel(model);
  raiseIrVersion(copy, 4);
  const { trace, groups } = groupsIn(copy, options);
  const edits = groups.map(keyOf).filter((key) => choices.has(key) && !blocked.has(key));
  const made = edits.slice(0, limit);
  const factors = new Map(made.flatMap((key) => [...choices.get(key)!.factors]));
  rescaleChannels(trace, (id) => factors.get(trace.classes.find(id)) ?? 1);
  return { model: copy, edits: made };
}

function changedLayers({ makers, readers, norms }: Group, { alpha, factors, sqnrDb }: Choice): ChangedLayer[] {
  const { min, max } = minMax(factors.values());
  const range = `${min.toPrecision(2)} to ${max.toPrecision(2)}`;
  const gain = sqnrDb ? `; in 8 bits ${sqnrDb.before.toFixed(1)} → ${sqnrDb.after.toFixed(1)} dB` : '';
  const read = `input channels scaled by ${range} (α ${alpha})${gain}`;
  const made = [...new Set([...makers.map(({ layer }) => layer.node), ...norms.map(({ node }) => node)])];
  const layers = readers.map(({ layer }) => ({ node: layer.node.label, opType: layer.node.opType, what: read }));
  const readLabels = new Set(layers.map(({ node }) => node));
  const sources = made
    .filter(({ label }) => !readLabels.has(label))
    .map(({ label, opType }) => ({ node: label, opType, what: 'output channels take the scales' }));
  return [...layers, ...sources];
}

function skippedLayers(
  group: Group,
  choices: ReadonlyMap<string, Choice>,
  kept: ReadonlySet<string>,
  undone: ReadonlyMap<string, string>,
): SkippedLayer[] {
  const key = keyOf(group);
  if (kept.has(key)) return [];
  const verdict = undone.get(key);
  const reason =
    verdict !== undefined
      ? `Not exact, so undone (${verdict}).`
      : choices.has(key)
        ? 'Left out with another.'
        : 'Its channels are even enough: scaling them gains nothing.';
  return group.readers.map(({ layer }) => ({ node: layer.node.label, opType: layer.node.opType, reason }));
}

/** Layers whose input cannot be scaled. */
function frozenLayers({ producers, consumers, classes }: Trace, groups: readonly Group[]): SkippedLayer[] {
  const grouped = new Set(groups.flatMap(({ readers }) => readers.map(({ layer }) => layer.node)));
  const inputs = new Map(consumers.map(({ layer, ids }) => [layer.node, ids]));
  return producers.flatMap(({ layer: { node } }) => {
    if (grouped.has(node)) return [];
    const [id] = inputs.get(node) ?? [];
    const why = id === undefined ? undefined : classes.whyFrozen(id)?.reason;
    const reason = why ? `Its input keeps its scale: ${why}.` : 'Nothing before it can take a scale of its input.';
    return [{ node: node.label, opType: node.opType, reason }];
  });
}
