/** The weights of a whole model, each with where it would have to be restored. */
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { anchorsOf } from './anchors';
import { type Constant, constantsOf, decide, type Decision } from './find';

/** One constant with what was decided about it. */
export interface Candidate {
  readonly constant: Constant;
  readonly decision: Decision;
  /** The first node that needs it. */
  readonly anchor: Node;
  readonly inFunction: boolean;
}

/** Every constant that some node reads as a weight, those that must stay in float (with the reason) included. */
export function* candidatesOf(model: Model): Generator<Candidate> {
  for (const graph of [model.graph, ...model.functions.map((f) => f.body)]) {
    const constants = [...constantsOf(graph)];
    const anchors = anchorsOf(graph, new Map(constants.map(({ value, graph: owner }) => [value, owner])));
    for (const constant of constants) {
      const decision = decide(constant);
      const anchor = anchors.get(constant.value);
      if (decision && anchor) yield { constant, decision, anchor, inFunction: graph !== model.graph };
    }
  }
}
