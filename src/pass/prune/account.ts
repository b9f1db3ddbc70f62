/** What was pruned, layer by layer. */
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { constantOf } from '../../operators/axes/walk';
import { type ChannelGroup, type DependencyGroups } from '../../operators/groups/groups';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';

/** Sizes of the constants of each layer, taken before the model shrinks. */
export class PruneAccount {
  private readonly before = new Map<Node, ReadonlyMap<Value, readonly number[]>>();
  private readonly bytes = new Map<Node, number>();

  constructor(private readonly found: DependencyGroups) {
    const users = new Map<Node, Set<Value>>();
    for (const slot of found.walk.slots) {
      for (const node of [...slot.produces, ...slot.consumes]) {
        const own = users.get(node) ?? new Set<Value>();
        own.add(slot.value);
        users.set(node, own);
      }
    }
    for (const [node, values] of users) {
      this.before.set(node, new Map([...values].map((value) => [value, constantOf(value)!.shape])));
      this.bytes.set(node, bytesOf(values));
    }
  }

  /** Layers whose weights are smaller now. `nodeOf` finds a node of the original model by one of the copy. */
  changed(): ChangedLayer[] {
    const layers: ChangedLayer[] = [];
    for (const [node, shapes] of this.before) {
      const cut = [...shapes].filter(([value, shape]) =>
        constantOf(value)!.shape.some((dim, axis) => dim !== shape[axis]),
      );
      if (cut.length === 0) continue;
      const [value, shape] = cut.reduce((best, each) => (each[1].length > best[1].length ? each : best));
      layers.push({
        node: node.label,
        opType: node.opType,
        what: `${shape.join('x')} → ${constantOf(value)!.shape.join('x')}`,
        bytesBefore: this.bytes.get(node)!,
        bytesAfter: bytesOf(shapes.keys()),
      });
    }
    return layers;
  }

  /** Layers that make channels which stayed, and why; a layer that lost some is not among them. */
  skipped(changed: readonly ChangedLayer[], reasonFor: (group: ChannelGroup) => string | undefined): SkippedLayer[] {
    const reported = new Set(changed.map(({ node }) => node));
    const layers: SkippedLayer[] = [];
    for (const group of this.found.groups) {
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
}

const hasMatrix = (node: Node): boolean =>
  node.inputs.some((value) => value !== undefined && (constantOf(value)?.shape.length ?? 0) > 1);

function bytesOf(values: Iterable<Value>): number {
  let sum = 0;
  for (const value of values) sum += constantOf(value)!.byteLength;
  return sum;
}
