/** Weights that hold NaN or infinities. */
import { isReadableFloat } from '../../../graph/floatPieces';
import { type Finding, type Rule } from '../rule';
import { channelAxisOf } from './channels';

/** A weight that is broken. An infinity of a mask is meant; those are no weights. */
export const nonFiniteWeight: Rule = {
  code: 'non-finite-weight',
  summary: 'A weight with NaN or infinities.',
  readsWeights: true,
  async *check(context): AsyncGenerator<Finding> {
    for (const { node, name, tensor } of context.weights) {
      const axis = channelAxisOf(node);
      if (axis === undefined || !isReadableFloat(tensor.dataType)) continue;
      const { nonFinite } = await context.statistics(tensor, axis);
      if (nonFinite === 0) continue;
      yield {
        severity: 'warning',
        node: node.label,
        tensor: name,
        message: `${nonFinite} of the ${tensor.size} elements of this weight are NaN or infinite: whatever they touch is lost, and the weight cannot be quantized.`,
      };
    }
  },
};
