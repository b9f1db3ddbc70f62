/**
 * How the axes of an operator's inputs and outputs relate: the dependency rules of structured pruning (Fang et al. 2023,
 * "DepGraph", on ONNX graphs and channel by channel). One file per family; `registry.ts` collects them.
 */
import { type NodeAxes } from './nodeAxes';
import { type Shrinking } from './shrinking';

/** One operator of one domain. */
export interface AxisRule {
  readonly domain: string;
  readonly name: string;
  /** Ties channels of the inputs together and says which ones lie along the axes of the outputs. */
  readonly relate: (axes: NodeAxes) => void;
  /** Adapts attributes and shape inputs of the node to the channels that are left. Absent: nothing to adapt. */
  readonly shrink?: (shrinking: Shrinking) => void;
}

/** Declares operators of one domain that share their rule. */
export function defineAxes(
  names: readonly string[],
  relate: AxisRule['relate'],
  shrink?: AxisRule['shrink'],
  domain = '',
): readonly AxisRule[] {
  return names.map((name) => ({ domain, name, relate, ...(shrink && { shrink }) }));
}
