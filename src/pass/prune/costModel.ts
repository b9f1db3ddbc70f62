/** What a model costs as a function of how many channels each group keeps: fast enough to search over. */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { Costing } from '../../operators/costing';
import { type AxisLabel, type Label, sizeOfLabel } from '../../operators/axes/label';
import { constantOf } from '../../operators/axes/walk';
import { type DependencyGroups } from '../../operators/groups/groups';

/** A product of axes: one term of the parameters or of the MACs. */
interface Term {
  readonly amount: number;
  readonly axes: readonly Share[];
}

/** How the length of an axis divides among groups. */
interface Share {
  readonly length: number;
  /** Elements that belong to each group, and those that always stay. */
  readonly groups: readonly (readonly [group: number, elements: number])[];
}

/** Shares of the original cost, 1 for the whole model. */
export class CostModel {
  private readonly parameterTerms: Term[] = [];
  private readonly macTerms: Term[] = [];
  private readonly shares = new Map<Int32Array, Share>();
  private readonly groupOf = new Map<number, number>();

  constructor(
    model: Model,
    private readonly found: DependencyGroups,
    bindings: ReadonlyMap<string, number>,
  ) {
    for (const { index, channels } of found.groups) for (const root of channels) this.groupOf.set(root, index);
    const byValue = new Map<object, Share[]>();
    for (const slot of found.walk.slots) {
      const list = byValue.get(slot.value) ?? [];
      list.push(this.shareOf({ ids: slot.ids, outer: 1, inner: 1, zero: true }));
      byValue.set(slot.value, list);
    }
    for (const value of new Set(found.walk.slots.map((slot) => slot.value))) {
      this.parameterTerms.push({ amount: constantOf(value)!.size, axes: byValue.get(value)! });
    }
    const costing = new Costing(model, found.walk.inference);
    this.addMacs(model.graph, costing, withOnes(found, bindings));
  }

  /** Share of the parameters that is left when group g keeps `kept[g]` channels. */
  parameters(kept: readonly number[]): number {
    return this.evaluate(this.parameterTerms, kept);
  }

  /** Share of the multiply-accumulates that is left. */
  macs(kept: readonly number[]): number {
    return this.evaluate(this.macTerms, kept);
  }

  private addMacs(graph: Graph, costing: Costing, bindings: ReadonlyMap<string, number>): void {
    for (const node of graph.nodes()) {
      for (const body of node.bodies) this.addMacs(body, costing, bindings);
      const amount = node.bodies.length > 0 ? 0 : (costing.costOf(node).macs?.evaluate(bindings) ?? 0);
      if (amount > 0) this.macTerms.push({ amount, axes: this.axesOfProduct(node) });
    }
  }

  /** Axes that the MACs of a node are proportional to: those of its output, and those it sums over. */
  private axesOfProduct(node: Node): Share[] {
    const { walk } = this.found;
    const labels: Label[] = [];
    const add = (some: readonly AxisLabel[]): void => {
      for (const label of some) if (label && !labels.some((known) => this.same(known, label))) labels.push(label);
    };
    const weight = node.inputs.find(
      (value, index) => index > 0 && value && constantOf(value) && constantOf(value)!.shape.length > 1,
    );
    if (weight) add(walk.labelsOf(weight));
    else if (node.input(0)) add(walk.labelsOf(node.input(0)!).slice(-1));
    if (node.output(0)) add(walk.labelsOf(node.output(0)!));
    return labels.map((label) => this.shareOf(label));
  }

  /** True when two axes hold the same channels: the output's are the weight's. */
  private same(a: Label, b: Label): boolean {
    const { ids } = this.found.walk;
    return sizeOfLabel(a) === sizeOfLabel(b) && ids.find(a.ids[0]!) === ids.find(b.ids[0]!);
  }

  private shareOf({ ids, outer, inner }: Label): Share {
    const known = this.shares.get(ids);
    if (known && known.length === ids.length * outer * inner) return known;
    const counts = new Map<number, number>();
    for (const id of ids) {
      const group = this.groupOf.get(this.found.walk.ids.find(id));
      if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + outer * inner);
    }
    const share: Share = { length: ids.length * outer * inner, groups: [...counts] };
    this.shares.set(ids, share);
    return share;
  }

  private evaluate(terms: readonly Term[], kept: readonly number[]): number {
    let [before, after] = [0, 0];
    for (const { amount, axes } of terms) {
      let left = amount;
      for (const { length, groups } of axes) {
        let gone = 0;
        for (const [group, elements] of groups) {
          gone += elements * (1 - kept[group]! / this.found.groups[group]!.channels.length);
        }
        left *= 1 - gone / length;
      }
      before += amount;
      after += left;
    }
    return before === 0 ? 1 : after / before;
  }
}

/** Symbols that nobody gave a value are 1. */
function withOnes({ walk }: DependencyGroups, bindings: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(walk.inference.symbols.map(({ name, value }) => [name, bindings.get(name) ?? value ?? 1]));
}
