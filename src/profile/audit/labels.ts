/**
 * The runtime keeps the name of a node through most of its rewrites ("fused NAME", "NAME/MatMulAddFusion"), but names
 * may be missing or occur twice. So a copy is run whose nodes are named by number.
 */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';

/** A copy of a model for the runtime. */
export interface LabelledModel {
  readonly model: Model;
  /** Nodes of the model that was copied, by their number. */
  readonly nodes: readonly Node[];
}

/** Copies a model and names its nodes (bodies included) by number, in order. */
export function labelled(model: Model): LabelledModel {
  const copy = cloneModel(model);
  const nodes = [...model.graph.allNodes()];
  let number = 0;
  for (const node of copy.graph.allNodes()) node.name = `#${number++}#`;
  return { model: copy, nodes };
}

/** Numbers in a name that the runtime made. */
export function numbersIn(name: string): number[] {
  return [...name.matchAll(/#(\d+)#/g)].map(([, digits]) => Number(digits));
}
