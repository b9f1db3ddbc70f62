/** Groups of channels: what has to shrink together, as a person and a pass see it. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type ChannelKind, type Frozen } from '../axes/channelIds';
import { type Slot } from '../axes/label';
import { AxisWalk } from '../axes/walk';

/** One axis of a constant that holds channels of a group. */
export interface Member {
  readonly slot: Slot;
  /** For each element along the axis the index of its channel in the group, or -1. */
  readonly channelOf: Int32Array;
}

/**
 * Channels that are made by the same constants. Each of them can leave on its own (and takes along every element that is
 * tied to it); all of them stay when the group is frozen.
 */
export interface ChannelGroup {
  /** Position in the model's list of groups. */
  readonly index: number;
  readonly kind: ChannelKind;
  /** Representative id of each channel, in the order of the first member. */
  readonly channels: readonly number[];
  /** Constants that make them and constants that read them. */
  readonly producers: readonly Member[];
  readonly consumers: readonly Member[];
  /** Nodes that make and read them, in graph order. */
  readonly makers: readonly Node[];
  readonly readers: readonly Node[];
  readonly frozen?: Frozen;
}

/** All groups of a model, with the walk that found them. */
export interface DependencyGroups {
  readonly walk: AxisWalk;
  readonly groups: readonly ChannelGroup[];
}

/** Finds the groups of a model, in the order in which their first constants are met. Reads no weight. */
export function findGroups(model: Model): DependencyGroups {
  const walk = new AxisWalk(model);
  const producing = walk.slots.filter((slot) => slot.produces.size > 0);
  const signatures = signaturesOf(producing, walk);
  const members = new Map<string, { roots: number[]; slots: readonly number[] }>();
  const groupOf = new Map<number, string>();
  for (const [root, slots] of signatures) {
    const frozen = walk.ids.frozen(root);
    const key = `${slots.join()}|${walk.ids.kind(root)}|${frozen ? `${frozen.inexact}${frozen.reason}` : ''}`;
    const known = members.get(key);
    if (known) known.roots.push(root);
    else members.set(key, { roots: [root], slots });
    groupOf.set(root, key);
  }
  const consuming = consumersOf(walk, groupOf);
  const order = new Map([...model.graph.allNodes()].map((node, index) => [node, index]));
  const groups = [...members].map(([key, { roots, slots }], index): ChannelGroup => {
    const channelIndex = new Map(roots.map((root, at) => [root, at]));
    const memberOf = (slot: Slot): Member => ({ slot, channelOf: channelsAlong(slot, walk, channelIndex) });
    const producers = slots.map((slot) => memberOf(producing[slot]!));
    const consumers = [...(consuming.get(key) ?? [])].map(memberOf);
    const nodesOf = (sets: readonly ReadonlySet<Node>[]): Node[] =>
      [...new Set(sets.flatMap((set) => [...set]))].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    const frozen = walk.ids.frozen(roots[0]!);
    return {
      index,
      kind: walk.ids.kind(roots[0]!),
      channels: roots,
      producers,
      consumers,
      makers: nodesOf(producers.map(({ slot }) => slot.produces)),
      readers: nodesOf(consumers.map(({ slot }) => slot.consumes)),
      ...(frozen && { frozen }),
    };
  });
  return { walk, groups };
}

/** For each set of channels the constants that make it, in the order of the first one. */
function signaturesOf(producing: readonly Slot[], walk: AxisWalk): Map<number, number[]> {
  const signatures = new Map<number, number[]>();
  producing.forEach((slot, index) => {
    for (const id of slot.ids) {
      const root = walk.ids.find(id);
      const known = signatures.get(root);
      if (!known) signatures.set(root, [index]);
      else if (known.at(-1) !== index) known.push(index);
    }
  });
  return signatures;
}

/** Constants that read channels of each group without making any of them. */
function consumersOf(walk: AxisWalk, groupOf: ReadonlyMap<number, string>): Map<string, Set<Slot>> {
  const consumers = new Map<string, Set<Slot>>();
  for (const slot of walk.slots) {
    if (slot.produces.size > 0 || slot.consumes.size === 0) continue;
    for (const id of slot.ids) {
      const key = groupOf.get(walk.ids.find(id));
      if (key === undefined) continue;
      const known = consumers.get(key);
      if (known) known.add(slot);
      else consumers.set(key, new Set([slot]));
    }
  }
  return consumers;
}

function channelsAlong(slot: Slot, walk: AxisWalk, channelIndex: ReadonlyMap<number, number>): Int32Array {
  return Int32Array.from(slot.ids, (id) => channelIndex.get(walk.ids.find(id)) ?? -1);
}
