/** Models that were exported while they were being trained. */
import { type Finding, type Rule } from '../rule';
import { isTraining } from './training';

/** Dropout that drops, and batch norms that normalize by the batch: results depend on chance or on the other samples. */
export const trainingMode: Rule = {
  code: 'training-mode',
  summary: 'A Dropout or batch norm that runs as in training.',
  *check(context): Generator<Finding> {
    for (const node of context.nodes) {
      if (!/^(Dropout|BatchNormalization)$/.test(node.opType) || node.domain !== '' || !isTraining(node, context))
        continue;
      const effect = node.opType === 'Dropout' ? 'outputs are random' : 'outputs depend on the rest of the batch';
      yield {
        severity: 'warning',
        node: node.label,
        message: `This ${node.opType} runs in training mode: ${effect}. Export the model in evaluation mode (model.eval() in PyTorch).`,
      };
    }
  },
};
