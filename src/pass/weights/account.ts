/** Keeps account of what happened to each layer, for the report. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { type Noise, sqnrDb } from '../../numerics/quantize';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { elementTypeText } from '../../report/elementType';
import { type Decision } from './find';
import { isLayer, isQuantized } from './roles';

interface Change {
  /** What it became, such as `int8 per tensor`. */
  readonly to: string;
  readonly bytesAfter: number;
  readonly noise: Noise;
}

interface ChangedNode {
  what: string;
  bytesBefore: number;
  bytesAfter: number;
  signal: number;
  noise: number;
}

interface KeptNode {
  readonly reason: string;
  readonly size: number;
}

/** Collects changes and reasons by node. */
export class Account {
  private readonly changed = new Map<Node, ChangedNode>();
  /** Nodes that read a weight counted for another. */
  private readonly sharing = new Map<Node, Node>();
  private readonly kept = new Map<Node, KeptNode>();

  /** Nodes as they are before anything is replaced. */
  private readonly nodes: readonly { readonly node: Node; readonly label: string; readonly opType: string }[];
  private readonly labels = new Map<Node, string>();

  constructor(model: Model) {
    const graphs = [model.graph, ...model.functions.map((f) => f.body)];
    const nodes = graphs.flatMap((graph) => [...graph.allNodes()]);
    this.nodes = nodes.map((node) => ({ node, label: node.label, opType: node.opType }));
    for (const { node, label } of this.nodes) this.labels.set(node, label);
  }

  /** A weight was stored in another way. */
  change({ node, readers }: Decision, weight: Tensor, { to, bytesAfter, noise }: Change): void {
    const what = `${elementTypeText(weight.dataType)} → ${to}`;
    const before = this.changed.get(node);
    this.changed.set(node, {
      what: before && before.what !== what ? `${before.what}; ${what}` : what,
      bytesBefore: (before?.bytesBefore ?? 0) + weight.byteLength,
      bytesAfter: (before?.bytesAfter ?? 0) + bytesAfter,
      signal: (before?.signal ?? 0) + noise.signal,
      noise: (before?.noise ?? 0) + noise.noise,
    });
    for (const reader of readers) if (reader !== node) this.sharing.set(reader, node);
  }

  /** A constant stays in float. Of several, the largest speaks for its node. */
  keep(node: Node, { size }: Tensor, reason: string): void {
    if ((this.kept.get(node)?.size ?? -1) < size) this.kept.set(node, { reason, size });
  }

  /** Layers in the order of the graph; small constants of nodes that are no layers go without saying. */
  report(minElements: number): { changed: ChangedLayer[]; skipped: SkippedLayer[] } {
    const changed: ChangedLayer[] = [];
    const skipped: SkippedLayer[] = [];
    for (const { node, label, opType } of this.nodes) {
      const layer = { node: label, opType };
      const change = this.changedLayer(node);
      if (change) changed.push({ ...layer, ...change });
      else {
        const reason = this.reasonOf(node, minElements);
        if (reason !== undefined) skipped.push({ ...layer, reason });
      }
    }
    return { changed, skipped };
  }

  private changedLayer(node: Node): Omit<ChangedLayer, 'node' | 'opType'> | undefined {
    const change = this.changed.get(node);
    if (!change) {
      const owner = this.sharing.get(node);
      return owner && { what: `shares the weights of ${this.labels.get(owner)}` };
    }
    const { what, bytesBefore, bytesAfter } = change;
    const sqnr = sqnrDb(change);
    return { what, bytesBefore, bytesAfter, weightSqnrDb: Number.isFinite(sqnr) ? sqnr : null };
  }

  private reasonOf(node: Node, minElements: number): string | undefined {
    const kept = this.kept.get(node);
    if (kept && (isLayer(node) || kept.size >= Math.max(minElements, 1))) return kept.reason;
    if (isQuantized(node)) return 'Its weights are quantized already.';
    if (isLayer(node) && node.inputs.some((input) => input && this.isSparse(node, input.name))) {
      return 'Its weight is stored sparse.';
    }
    return undefined;
  }

  private isSparse(node: Node, name: string): boolean {
    return node.graph?.sparseInitializers.some(({ value }) => value.name === name) ?? false;
  }
}
