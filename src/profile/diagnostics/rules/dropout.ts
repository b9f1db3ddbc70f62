/** Dropout that is left in a model for inference. */
import { type Finding, type Rule } from '../rule';
import { isTraining } from './training';

/** A Dropout that passes on what it gets. */
export const dropout: Rule = {
  code: 'dropout',
  summary: 'A Dropout that does nothing at inference.',
  *check(context): Generator<Finding> {
    for (const node of context.nodes) {
      // One whose mask is read does something after all.
      if (!node.is('Dropout') || isTraining(node, context) || (node.output(1)?.useCount ?? 0) > 0) continue;
      yield {
        severity: 'information',
        node: node.label,
        message: 'This Dropout is left over from training and only passes on its input.',
        fix: { pass: 'simplify', options: {} },
      };
    }
  },
};
