/** Takes channels out of a model: weights are cut, attributes and shapes follow. */
import { Attribute } from '../../graph/attribute';
import { owningGraph, removeUnused } from '../../graph/constants';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Value } from '../../graph/value';
import { type AxisLabel, denseIds, type Slot } from '../../operators/axes/label';
import { axisRuleOf } from '../../operators/axes/registry';
import { Shrinking } from '../../operators/axes/shrinking';
import { type AxisWalk, constantOf } from '../../operators/axes/walk';
import { type KeptChannels } from './keptChannels';
import { sliceTensor } from './slicedTensor';

/**
 * Removes sets of channels (by the representative ids of `walk`) from the model that was walked, which is changed: give
 * it a clone. Names of nodes and values stay. None of the sets may be frozen, which the caller sees to.
 */
export function shrinkModel(model: Model, walk: AxisWalk, removed: ReadonlySet<number>): KeptChannels {
  const positions = new KeptPositions(walk, removed);
  const keptOf = (label: AxisLabel): Int32Array | undefined => positions.of(label);
  for (const node of [...model.graph.allNodes()]) {
    const rule = axisRuleOf(node.domain, node.opType);
    if (!rule?.shrink) continue;
    const outputs = node.outputs;
    const shapeOf = (index: number) => outputs[index] && walk.shapeOf(outputs[index]);
    const before = [...node.inputs];
    rule.shrink(new Shrinking(walk.axesOf(node), keptOf, shapeOf));
    before.forEach((value, index) => {
      if (value && node.input(index) !== value) removeUnused(value, node.graph ?? model.graph);
    });
  }
  const kept = new Map<string, readonly (Int32Array | undefined)[]>();
  for (const [value, labels] of walk.labels) {
    const along = labels.map(keptOf);
    if (along.every((indices) => indices === undefined)) continue;
    kept.set(value.name, along);
    resize(value, along);
  }
  cutConstants(model.graph, walk.slots, positions);
  return kept;
}

/** A declared shape follows what is left; how long a dynamic axis is now is for inference to say. */
function resize(value: Value, along: readonly (Int32Array | undefined)[]): void {
  const { type } = value;
  if (type?.kind !== 'tensor' || !type.shape || constantOf(value)) return;
  value.type = {
    ...type,
    shape: type.shape.map((dim, axis) => (along[axis] ? (typeof dim === 'number' ? along[axis].length : null) : dim)),
  };
}

function cutConstants(graph: Graph, slots: readonly Slot[], positions: KeptPositions): void {
  const byValue = new Map<Value, (Int32Array | undefined)[]>();
  for (const slot of slots) {
    const kept = positions.ofIds(slot.ids);
    if (!kept) continue;
    const axes = byValue.get(slot.value) ?? [];
    axes[slot.axis] = kept;
    byValue.set(slot.value, axes);
  }
  for (const [value, along] of byValue) {
    const tensor = constantOf(value)!;
    const cut = sliceTensor(
      tensor,
      tensor.shape.map((_, axis) => along[axis]),
    );
    if (value.producer) value.producer.setAttribute(Attribute.tensor('value', cut));
    else owningGraph(value, anyReader(value) ?? graph).setInitializer(value, cut);
  }
}

const anyReader = (value: Value): Graph | undefined => value.consumers()[0]?.graph;

/** Which elements along labelled axes stay; answers are kept, since many axes have the same channels. */
class KeptPositions {
  private readonly known = new Map<Int32Array, Map<string, Int32Array | undefined>>();

  constructor(
    private readonly walk: AxisWalk,
    private readonly removed: ReadonlySet<number>,
  ) {}

  of(label: AxisLabel): Int32Array | undefined {
    if (!label) return undefined;
    const key = `${label.outer}x${label.inner}`;
    const answers = this.known.get(label.ids) ?? new Map<string, Int32Array | undefined>();
    this.known.set(label.ids, answers);
    if (!answers.has(key)) answers.set(key, this.find(label));
    return answers.get(key);
  }

  /** The same for plain channels. */
  ofIds(ids: Int32Array): Int32Array | undefined {
    return this.of({ ids, outer: 1, inner: 1, zero: true });
  }

  private find(label: NonNullable<AxisLabel>): Int32Array | undefined {
    const { walk, removed } = this;
    if (!label.ids.some((id) => removed.has(walk.ids.find(id)))) return undefined;
    const dense = denseIds(label);
    if (!dense) return this.countOnly(label);
    const kept: number[] = [];
    dense.forEach((id, position) => {
      if (!removed.has(walk.ids.find(id))) kept.push(position);
    });
    return Int32Array.from(kept);
  }

  /** An axis with a dynamic part is too long to list: its channels within one period. */
  private countOnly({ ids }: NonNullable<AxisLabel>): Int32Array {
    return Int32Array.from([...ids.keys()].filter((at) => !this.removed.has(this.walk.ids.find(ids[at]!))));
  }
}
