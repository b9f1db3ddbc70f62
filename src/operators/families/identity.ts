/** Operators that pass a value on: Identity, Dropout and what frameworks leave behind. */
import {} from '../../graph/shape';
import { flopCost, sizeExpression } from '../cost';
import { defineOperators, type InferenceContext } from '../definition';
import { sameAsInput } from '../rules';

function identity(context: InferenceContext): void {
  sameAsInput(context);
  context.setContents(0, context.contents(0));
}

/** In inference a copy; the optional mask is bool since opset 10. */
function dropout(context: InferenceContext): void {
  identity(context);
  context.tensor(1, context.opset < 10 ? context.dataType(0) : 'bool', context.shape(0));
}

/** Members of this family. */
export const identities = [
  ...defineOperators(['Identity'], { infer: identity }),
  ...defineOperators(['Dropout'], { infer: dropout }),
  ...defineOperators(['Softmax', 'LogSoftmax', 'Hardmax'], {
    infer: sameAsInput,
    // Subtract the maximum, exponentiate, sum, divide: about five operations an element.
    cost: (context) => flopCost(sizeExpression(context.shape(0))?.mul(5)),
  }),
];
