/** One conversion of a model by a plan, on a copy. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { inferModel } from '../../operators/infer';
import { raiseIrVersion } from '../../operators/upgrade/irVersion';
import { isFloat32, type Plan, type Role } from './plan';
import { rewriteFloat16, type Rewriting } from './rewrite';

/** A converted copy; nodes of the rewriting lead back to nodes of the original through `originalOf`. */
export interface Conversion {
  readonly model: Model;
  readonly plan: Plan;
  readonly rewriting: Rewriting;
  readonly originalOf: ReadonlyMap<Node, Node>;
  /** Weights that were listed as inputs and are constant now. */
  readonly unlisted: number;
}

/** Converts a copy of `model` by a plan for `model`. */
export function convert(model: Model, plan: Plan, keepIoTypes: boolean): Conversion {
  const copy = cloneModel(model);
  raiseIrVersion(copy, 4);
  const originalOf = new Map<Node, Node>();
  const roles = new Map<Node, Role>();
  const twins = copy.graph.allNodes();
  for (const node of model.graph.allNodes()) {
    const twin = twins.next().value as Node;
    originalOf.set(twin, node);
    roles.set(twin, plan.roles.get(node)!);
  }
  const inference = inferModel(copy);
  const { inputs } = copy.graph;
  const kept = inputs.filter((value) => !(value.constant && isFloat32(value, inference)));
  const unlisted = inputs.length - kept.length;
  inputs.splice(0, inputs.length, ...kept);
  const rewriting = rewriteFloat16(copy, { roles, reasons: new Map() }, inference, keepIoTypes);
  return { model: copy, plan, rewriting, originalOf, unlisted };
}
