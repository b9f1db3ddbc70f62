/** What was pruned, layer by layer. */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { constantOf } from '../../operators/axes/walk';
import { type ChannelGroup, type DependencyGroups } from '../../operators/groups/groups';
import { type ChangedLayer, type Removal, type SkippedLayer } from '../../protocol/report';

/** Layers whose constants are smaller in `after`, which has the names of the model that `before` was found in. */
export function changedLayers(before: DependencyGroups, after: Model): ChangedLayer[] {
  const left = constantsByName(after.graph);
  return [...constantsOfNodes(before)].flatMap(([node, constants]): ChangedLayer[] => {
    const cut = constants.filter(({ shape, name }) => left.get(name)?.shape.some((dim, axis) => dim !== shape[axis]));
    if (cut.length === 0) return [];
    const main = cut.reduce((best, each) => (each.shape.length > best.shape.length ? each : best));
    return [
      {
        node: node.label,
        opType: node.opType,
        what: `${main.shape.join('x')} → ${left.get(main.name)!.shape.join('x')}`,
        removed: removalsOf(node, before, left),
        bytesBefore: constants.reduce((sum, { bytes }) => sum + bytes, 0),
        bytesAfter: constants.reduce((sum, { name, bytes }) => sum + (left.get(name)?.byteLength ?? bytes), 0),
      },
    ];
  });
}

/** Channels, heads or units that a node made and read, and how many of them it still does. */
function removalsOf(node: Node, { walk }: DependencyGroups, left: ReadonlyMap<string, Tensor>): Removal[] {
  const removals = new Map<Removal['unit'], Removal>();
  for (const { value, axis, ids, produces, consumes } of walk.slots) {
    if (!produces.has(node) && !consumes.has(node)) continue;
    const [was, is] = [constantOf(value)!.shape[axis]!, left.get(value.name)?.shape[axis]];
    if (is === undefined || is === was) continue;
    // Several elements may belong to one channel (the columns of a head, a map that was flattened): they leave together.
    const channels = new Set(Array.from(ids, (id) => walk.ids.find(id))).size;
    const unit = unitOf(walk.ids.kind(walk.ids.find(ids[0]!)), produces.has(node));
    const known = removals.get(unit);
    if (known && known.before >= channels) continue;
    removals.set(unit, { unit, before: channels, after: Math.round((channels * is) / was) });
  }
  return [...removals.values()].sort((a, b) => unitOrder.indexOf(a.unit) - unitOrder.indexOf(b.unit));
}

const unitOrder: readonly Removal['unit'][] = ['heads', 'units', 'outputs', 'inputs'];

function unitOf(kind: ChannelGroup['kind'], makes: boolean): Removal['unit'] {
  if (kind === 'heads') return 'heads';
  if (!makes) return 'inputs';
  return kind === 'hidden' ? 'units' : 'outputs';
}

/** Layers that make channels which stayed, and why; a layer that lost some is not among them. */
export function keptLayers(
  groups: readonly ChannelGroup[],
  changed: readonly ChangedLayer[],
  reasonFor: (group: ChannelGroup) => string | undefined,
): SkippedLayer[] {
  const reported = new Set(changed.map(({ node }) => node));
  const layers: SkippedLayer[] = [];
  for (const group of groups) {
    const reason = reasonFor(group);
    if (reason === undefined) continue;
    for (const node of group.makers) {
      if (reported.has(node.label) || !hasMatrix(node)) continue;
      reported.add(node.label);
      layers.push({ node: node.label, opType: node.opType, reason });
    }
  }
  return layers;
}

const hasMatrix = (node: Node): boolean =>
  node.inputs.some((value) => value !== undefined && (constantOf(value)?.shape.length ?? 0) > 1);

interface NamedConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Constants that the nodes make or read channels by. */
function constantsOfNodes({ walk }: DependencyGroups): Map<Node, NamedConstant[]> {
  const users = new Map<Node, Map<string, NamedConstant>>();
  for (const { value, produces, consumes } of walk.slots) {
    const { shape, byteLength } = constantOf(value)!;
    for (const node of [...produces, ...consumes]) {
      const own = users.get(node) ?? new Map<string, NamedConstant>();
      own.set(value.name, { name: value.name, shape, bytes: byteLength });
      users.set(node, own);
    }
  }
  return new Map([...users].map(([node, constants]) => [node, [...constants.values()]]));
}

function constantsByName(graph: Graph, into = new Map<string, Tensor>()): Map<string, Tensor> {
  for (const { name, constant } of graph.initializers.values()) if (constant) into.set(name, constant);
  for (const node of graph.nodes()) {
    for (const body of node.bodies) constantsByName(body, into);
    const output = node.output(0);
    const tensor = output && constantOf(output);
    if (tensor) into.set(output.name, tensor);
  }
  return into;
}
