/** Text generation loops of com.microsoft: BeamSearch, GreedySearch, Sampling and kin. */
import { graphsOf } from '../../graph/attribute';
import { Expression } from '../../graph/expression';
import { type Node } from '../../graph/node';
import { type Dim } from '../../graph/shape';
import { addCosts, noCost, repeatCost } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { mulDims } from '../dims';
import { scalarOf } from '../rules';

const domain = 'com.microsoft';

/** Bodies are inferred from what they declare: their inputs are made by the loop. */
function inferBodies(context: InferenceContext): void {
  for (const body of context.node.bodies) context.inferBody(body, []);
}

/** Inputs: ids, max_length, min_length, num_beams, num_return_sequences … */
function beamSearch(context: InferenceContext): void {
  inferBodies(context);
  const batch = context.shape(0)?.[0] ?? null;
  const [length, beams, returned] = [1, 3, 4].map((index) => scalarOf(context.contents(index)) ?? null);
  context.tensor(0, 'int32', [batch, returned!, length!]);
  context.tensor(1, context.dataType(5), [batch, returned!]);
  context.tensor(2, context.dataType(5), [null, batch, beams!, null]);
}

/** Inputs: ids, max_length … */
function greedySearch(context: InferenceContext): void {
  inferBodies(context);
  context.tensor(0, 'int32', [context.shape(0)?.[0] ?? null, scalarOf(context.contents(1)) ?? null]);
}

const stepsName = (node: Node): string => `${node.name === '' ? (node.output(0)?.name ?? 'search') : node.name}_steps`;

/** The encoder (or the first pass) runs once, the decoder once a step; how many steps only running tells. */
function searchCost(context: CostContext): Cost {
  let cost = noCost;
  for (const attribute of context.node.attributes.values()) {
    for (const body of graphsOf(attribute)) {
      const once = context.bodyCost(body);
      const repeated = attribute.name === 'decoder' || attribute.name === 'body';
      cost = addCosts(cost, repeated ? repeatCost(once, Expression.symbol(stepsName(context.node))) : once);
    }
  }
  return cost;
}

/** Experts: each token goes through `k` of them, two (gated: three) matrices each. */
function moeCost(context: CostContext): Cost {
  const input = context.shape(0);
  const { node } = context;
  const first = context.shape(2);
  if (!input || !first) return noCost;
  const tokens = input.slice(0, -1).reduce<Dim>((product, dim) => mulDims(product, dim), 1);
  const inner = mulDims(first[1] ?? null, first[2] ?? null);
  const matrices = context.node.input(6) ? 3 : 2;
  if (tokens === null || inner === null) return { macs: undefined, flops: undefined };
  const macs = Expression.of(tokens)
    .mul(inner)
    .mul(node.int('k', 1) * matrices);
  return { macs, flops: macs.mul(2) };
}

/** Members of this family. */
export const contribGeneration = [
  ...defineOperators(['BeamSearch', 'WhisperBeamSearch'], { infer: beamSearch, cost: searchCost }, domain),
  ...defineOperators(['GreedySearch', 'Sampling'], { infer: greedySearch, cost: searchCost }, domain),
  ...defineOperators(['MoE', 'QMoE'], { infer: (c) => c.output(0, c.input(0)), cost: moeCost }, domain),
];
