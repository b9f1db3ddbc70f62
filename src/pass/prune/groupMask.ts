/**
 * A mask on the channels of a group as an input of the graph: with a zero for a channel the model computes what it
 * would without that channel.
 */
import { bitsOf, codeOfDataType, type DataType, familyOf } from '../../graph/dataType';
import { Attribute } from '../../graph/attribute';
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { tensorType } from '../../graph/shape';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { fromNumbers } from '../../numerics/elements';
import { denseIds } from '../../operators/axes/label';
import { constantOf } from '../../operators/axes/walk';
import { type ChannelGroup, type DependencyGroups } from '../../operators/groups/groups';
import { readPlace } from './activity';

/** Name of the mask among the inputs of the edited model; it has one element a channel and a last one that is 1. */
export const maskName = 'lapidary.mask';

/** An input of a node that is multiplied by the mask. */
interface Site {
  /** Position among all nodes of the model. */
  readonly node: number;
  readonly input: number;
  readonly axis: number;
  readonly rank: number;
  readonly dataType: DataType;
  /** For each element along the axis the index of its channel, or -1. */
  readonly channelOf: Int32Array;
}

/** Where a group is masked, found once on the model and then used on copies of it. */
export interface GroupMask {
  readonly channels: number;
  readonly sites: readonly Site[];
}

/** Finds where each group can be masked. */
export class GroupMasks {
  private readonly order: ReadonlyMap<Node, number>;
  private readonly lost: ReadonlySet<number>;

  constructor(
    model: Model,
    private readonly found: DependencyGroups,
  ) {
    this.order = new Map([...model.graph.allNodes()].map((node, index) => [node, index]));
    this.lost = lostGroups(model, found);
  }

  /** Sites of a group, or why there are none, as a sentence. */
  of(group: ChannelGroup): GroupMask | string {
    // Late is cheap: what reads the channels sees them masked, and nothing before it runs anew.
    const sites = this.lost.has(group.index) ? undefined : this.readingSites(group);
    const chosen = sites ?? this.makingSites(group);
    if (typeof chosen === 'string') return chosen;
    return { channels: group.channels.length, sites: chosen };
  }

  /** Undefined when some reader gets the channels in a way that cannot be masked. */
  private readingSites(group: ChannelGroup): Site[] | undefined {
    const { walk } = this.found;
    const channelIndex = new Map(group.channels.map((root, at) => [root, at]));
    const sites: Site[] = [];
    for (const node of new Set(group.consumers.flatMap(({ slot }) => [...slot.consumes]))) {
      const place = readPlace(node, walk, channelIndex);
      const dataType = place && typeIn(walk, place.value);
      const rank = place && walk.dimsOf(place.value)?.length;
      if (!place || !rank || !dataType || !isMultipliable(dataType)) return undefined;
      const input = node.inputs.indexOf(place.value);
      sites.push({ node: this.order.get(node)!, input, axis: place.axis, rank, dataType, channelOf: place.channelOf });
    }
    return sites.length > 0 ? sites : undefined;
  }

  private makingSites({ producers }: ChannelGroup): Site[] | string {
    const sites: Site[] = [];
    for (const { slot, channelOf } of producers) {
      const { dataType, shape } = constantOf(slot.value)!;
      if (!isMultipliable(dataType)) return `"${slot.value.name}", which makes its channels, is not float.`;
      for (const { node, index } of slot.value.uses()) {
        const at = this.order.get(node);
        if (at === undefined) continue;
        sites.push({ node: at, input: index, axis: slot.axis, rank: shape.length, dataType, channelOf });
      }
    }
    return sites.length > 0 ? sites : 'Nothing that makes or reads its channels can be masked.';
  }
}

/** Edits a model so that the mask decides; gives the input. */
export function addMask({ graph }: Model, { channels, sites }: GroupMask): Value {
  const mask = graph.addInput(graph.newValue(maskName, tensorType('float', [channels + 1])));
  const nodes = [...graph.allNodes()];
  const [first] = graph.nodes();
  const factors = new Map<string, Value>();
  for (const { node: at, input, axis, rank, dataType, channelOf } of sites) {
    const reader = nodes[at]!;
    const key = `${dataType} ${rank - axis} ${channelOf.join()}`;
    const factor = factors.get(key) ?? factorOf(graph, first!, mask, { axis, rank, dataType, channelOf, channels });
    factors.set(key, factor);
    const owner = reader.graph!;
    const masked = owner.newValue('lapidary.masked');
    owner.insertBefore(reader, new Node({ opType: 'Mul', inputs: [reader.input(input), factor], outputs: [masked] }));
    reader.setInput(input, masked);
  }
  return mask;
}

/** The mask for `removed` channels. */
export function maskWithout(channels: number, removed: Iterable<number>): Float32Array {
  const mask = new Float32Array(channels + 1).fill(1);
  for (const channel of removed) mask[channel] = 0;
  return mask;
}

/** The mask along an axis: [n, 1, 1] for the second axis of an image. */
function factorOf(
  graph: Graph,
  first: Node,
  mask: Value,
  { axis, rank, dataType, channelOf, channels }: Omit<Site, 'node' | 'input'> & { readonly channels: number },
): Value {
  const constant = (name: string, numbers: readonly number[]): Value =>
    graph.addInitializer(
      Tensor.ofBytes(graph.uniqueName(name), 'int64', [numbers.length], fromNumbers('int64', numbers)),
    );
  const add = (opType: string, inputs: Value[], attributes: Attribute[] = []): Value => {
    const output = graph.newValue(`lapidary.${opType}`);
    graph.insertBefore(first, new Node({ opType, inputs, outputs: [output], attributes }));
    return output;
  };
  const indices = [...channelOf].map((channel) => (channel < 0 ? channels : channel));
  const shape = [channelOf.length, ...Array.from({ length: rank - axis - 1 }, () => 1)];
  const gathered = add('Gather', [mask, constant('lapidary.channels', indices)]);
  const along = add('Reshape', [gathered, constant('lapidary.shape', shape)]);
  if (dataType === 'float') return along;
  const to = Attribute.int('to', codeOfDataType(dataType));
  return add('Cast', [along], [to]);
}

/**
 * Groups whose channels a node sums over without a constant that says so (the product of two activations): masking
 * those that read them by a weight would miss it.
 */
function lostGroups(model: Model, { walk, groups }: DependencyGroups): Set<number> {
  const groupOf = new Map(groups.flatMap(({ index, channels }) => channels.map((root) => [root, index] as const)));
  const readersOf = new Map(
    groups.map(({ index, consumers }) => [index, new Set(consumers.flatMap(({ slot }) => [...slot.consumes]))]),
  );
  const known = new Map<Int32Array, Set<number>>();
  const groupsIn = (values: readonly (Value | undefined)[]): Set<number> => {
    const found = new Set<number>();
    for (const value of values) {
      if (!value || constantOf(value)) continue;
      for (const label of walk.labelsOf(value)) {
        if (!label || !denseIds(label)) continue;
        let own = known.get(label.ids);
        if (!own) {
          own = new Set([...label.ids].flatMap((id) => groupOf.get(walk.ids.find(id)) ?? []));
          known.set(label.ids, own);
        }
        for (const index of own) found.add(index);
      }
    }
    return found;
  };
  const lost = new Set<number>();
  for (const node of model.graph.allNodes()) {
    const after = groupsIn(node.outputs);
    for (const index of groupsIn(node.inputs)) {
      if (!after.has(index) && !readersOf.get(index)!.has(node)) lost.add(index);
    }
  }
  return lost;
}

function typeIn(walk: DependencyGroups['walk'], value: Value): DataType | undefined {
  const type = walk.inference.typeOf(value);
  return type?.kind === 'tensor' ? type.dataType : undefined;
}

const isMultipliable = (dataType: DataType): boolean =>
  familyOf(dataType) === 'float' && bitsOf(dataType) >= 16 && dataType !== 'bfloat16';
