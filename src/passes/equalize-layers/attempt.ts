/** One try at equalizing a model: what was scaled, and what could not be. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type RealRange } from '../../numerics/calibration';
import { minMax } from '../../numerics/minMax';
import { channelLayout, ChannelRange, quantizedRange, Quantizer, sqnrDb } from '../../numerics/quantize';
import { inferModel } from '../../operators/infer';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { constantInput } from '../../pass/channels/constant';
import { type Group, groupsOf } from '../../pass/channels/groups';
import { rescaleChannels } from '../../pass/channels/rescale';
import { type Trace, traceChannels } from '../../pass/channels/trace';
import { matchesName } from '../../pass/option';
import { type Bounds, type Try } from '../../pass/sameness/keepExact';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { openClip } from './clips';
import { equalize } from './solve';

/** What may be done. */
export interface Gate extends Bounds {
  /** Patterns of nodes to leave alone. */
  readonly exclude: readonly string[];
  /** First outputs of Clips that may become Relu. */
  readonly openClips: ReadonlySet<string>;
}

/** What was done. */
export interface Attempt extends Try {
  /** First outputs of the Clips that became Relu. */
  readonly opened: readonly string[];
  readonly changed: readonly ChangedLayer[];
  readonly skipped: readonly SkippedLayer[];
}

/** Factors this close to 1 (natural logarithm) are not worth touching a layer. */
const negligible = 0.02;

/** Equalizes a copy of `model`, in the main graph and in every body. */
export function attempt(model: Model, gate: Gate): Attempt {
  const copy = cloneModel(model);
  raiseIrVersion(copy, 4);
  const inference = inferModel(copy);
  const isOpen = (node: Node): boolean => gate.openClips.has(node.output(0)?.name ?? '');
  const openClips = new Set([...copy.graph.nodes()].filter((node) => node.is('Clip') && isOpen(node)));
  const done = {
    edits: [] as string[],
    opened: [] as string[],
    changed: [] as ChangedLayer[],
    skipped: [] as SkippedLayer[],
  };
  for (const graph of copy.graph.allGraphs()) {
    const trace = traceChannels(copy, graph, { inference, openClips });
    for (const { layer, ids } of [...trace.producers, ...trace.consumers]) {
      const { label } = layer.node;
      if (matchesName(label, gate.exclude)) trace.classes.freeze(ids, { node: label, reason: 'excluded by name' });
    }
    // A norm makes channels of any range: there is nothing to even out.
    const all = groupsOf(trace).filter(({ makers, norms }) => makers.length > 0 && norms.length === 0);
    const groups = all.filter((group) => !gate.blocked.has(keyOf(group)));
    const factors = equalize(groups, trace.classes.count);
    const kept = groups.filter((group) => isWorthIt(group, factors)).slice(0, gate.limit - done.edits.length);
    const scaled = new Set(kept.flatMap(({ classes }) => classes));
    const factorOf = (id: number): number => {
      const root = trace.classes.find(id);
      return scaled.has(root) ? factors[root]! : 1;
    };
    const before = weightQuality(kept);
    rescaleChannels(trace, factorOf);
    for (const { node, ids } of trace.clips) {
      if (!ids.some((id) => factorOf(id) !== 1)) continue;
      done.opened.push(node.output(0)!.name);
      openClip(node);
    }
    done.edits.push(...kept.map(keyOf));
    done.changed.push(...changedLayers(kept, factors, before));
    done.skipped.push(...skippedLayers(trace, kept));
  }
  return { model: copy, ...done };
}

const keyOf = ({ makers }: Group): string => makers.map(({ layer }) => layer.node.label).join('|');

const isWorthIt = ({ classes }: Group, factors: Float64Array): boolean =>
  classes.some((root) => Math.abs(Math.log(factors[root]!)) > negligible);

const nodesOf = (groups: readonly Group[]): Set<Node> =>
  new Set(groups.flatMap(({ makers, readers }) => [...makers, ...readers].map(({ layer }) => layer.node)));

/** SQNR of each weight in int8 with one scale for all: what equalizing is to improve. */
function weightQuality(groups: readonly Group[]): Map<Node, number> {
  return new Map([...nodesOf(groups)].map((node) => [node, perTensorSqnr(node)]));
}

function perTensorSqnr(node: Node): number {
  const values = constantInput(node, 1)!.read();
  const layout = channelLayout([values.length]);
  const range = new ChannelRange(layout);
  range.add(values);
  return sqnrDb(Quantizer.fromRange(layout, range, quantizedRange('int8', { symmetric: true }), true).noise(values));
}

function changedLayers(
  groups: readonly Group[],
  factors: Float64Array,
  before: ReadonlyMap<Node, number>,
): ChangedLayer[] {
  const scalesOf = new Map<Node, RealRange>();
  for (const { makers } of groups) {
    for (const { layer, roots } of makers)
      scalesOf.set(layer.node, minMax(Array.from(roots, (root) => factors[root]!)));
  }
  return [...before].map(([node, sqnr]) => {
    const scales = scalesOf.get(node);
    const did = scales
      ? `output channels scaled by ${short(scales.min)} to ${short(scales.max)}`
      : 'takes the scales of its input channels back';
    const quality = `its weight in int8, one scale for all: ${sqnr.toFixed(1)} → ${perTensorSqnr(node).toFixed(1)} dB`;
    return { node: node.label, opType: node.opType, what: `${did}; ${quality}` };
  });
}

const short = (value: number): string => value.toPrecision(2);

function skippedLayers({ producers, classes, consumers, norms }: Trace, groups: readonly Group[]): SkippedLayer[] {
  const touched = nodesOf(groups);
  const read = new Set(consumers.flatMap(({ ids }) => Array.from(ids, (id) => classes.find(id))));
  const made = new Set(norms.flatMap(({ ids }) => Array.from(ids, (id) => classes.find(id))));
  return producers
    .filter(({ layer }) => !touched.has(layer.node))
    .map(({ layer, ids }) => {
      const { label: node, opType } = layer.node;
      const why = classes.whyFrozen(ids[0]!)?.reason;
      if (why) return { node, opType, reason: `Its output channels keep their scale: ${why}.` };
      const root = classes.find(ids[0]!);
      if (!read.has(root)) return { node, opType, reason: 'No layer with weights reads its output channels.' };
      if (made.has(root)) return { node, opType, reason: 'A norm makes channels of the same scale.' };
      return { node, opType, reason: 'Its channels are balanced as they are.' };
    });
}
