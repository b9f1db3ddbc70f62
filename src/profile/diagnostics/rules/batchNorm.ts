/** Batch norms that could be part of the layer before them. */
import { type Node } from '../../../graph/node';
import { type CheckContext } from '../context';
import { type Finding, type Rule } from '../rule';
import { isTraining } from './training';

const foldable = /^(Conv|ConvTranspose|Gemm)$/;

/** A batch norm right behind a convolution or Gemm whose output nobody else reads, with constants on both sides. */
export const batchNorm: Rule = {
  code: 'batch-norm-not-folded',
  summary: 'A batch norm that could be folded into the layer before it.',
  *check(context): Generator<Finding> {
    for (const node of context.nodes) {
      if (!node.is('BatchNormalization') || isTraining(node, context)) continue;
      const layer = layerBefore(node, context);
      if (!layer) continue;
      yield {
        severity: 'information',
        node: node.label,
        message: `This batch norm could be part of the weights of ${layer.opType} "${layer.label}" before it. Runtimes that do not fold it themselves pass over the activations once more, and its scales make the weights look smaller or larger to whoever quantizes them than they are.`,
        fix: { pass: 'simplify', options: {} },
      };
    }
  },
};

function layerBefore(node: Node, context: CheckContext): Node | undefined {
  const input = node.input(0);
  const layer = input?.producer;
  if (!input || !layer || layer.domain !== '' || !foldable.test(layer.opType)) return undefined;
  const isShared = input.useCount > 1 || layer.graph?.outputs.includes(input) === true || layer.graph !== node.graph;
  if (isShared || !context.constant(layer, 1)) return undefined;
  return [1, 2, 3, 4].every((index) => context.constant(node, index)) ? layer : undefined;
}
