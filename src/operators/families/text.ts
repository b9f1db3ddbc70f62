/** Operators on strings. */
import { defineOperators, type InferenceContext } from '../definition';
import { largest } from '../dims';
import { broadcastInputs, sameAsInput, sameShapeAs } from '../rules';

/** Pieces get an axis of their own, as long as the longest split; the second output counts the pieces. */
function stringSplit(context: InferenceContext): void {
  const input = context.shape(0);
  const pieces = context.freshSymbol(`${context.node.output(0)?.name ?? 'pieces'}_count`);
  context.tensor(0, 'string', input && [...input, pieces]);
  context.tensor(1, 'int64', input);
}

/** Stop words may go: [C] or [1, C], as many as stay. */
function stringNormalizer(context: InferenceContext): void {
  const input = context.shape(0);
  const removes = (context.node.strings('stopwords')?.length ?? 0) > 0;
  const count = removes ? context.freshSymbol(`${context.node.output(0)?.name ?? 'words'}_count`) : undefined;
  context.tensor(0, 'string', count && input ? [...input.slice(0, -1), count] : input);
}

/** One column for each position that the n-gram indexes name. */
function tfIdf(context: InferenceContext): void {
  const input = context.shape(0);
  const indexes = context.node.ints('ngram_indexes');
  const last = indexes && largest(indexes);
  const width = last === undefined ? null : last + 1;
  context.tensor(0, 'float', input && [...input.slice(0, -1), width]);
}

/** Members of this family. */
export const text = [
  ...defineOperators(['StringConcat'], {
    infer: (context) => context.tensor(0, 'string', broadcastInputs(context)),
  }),
  ...defineOperators(['StringSplit'], { infer: stringSplit }),
  ...defineOperators(['StringNormalizer'], { infer: stringNormalizer }),
  ...defineOperators(['RegexFullMatch'], { infer: sameShapeAs('bool') }),
  ...defineOperators(['TfIdfVectorizer'], { infer: tfIdf }),
  ...defineOperators(['StringLower', 'StringUpper'], { infer: sameAsInput }, 'ai.onnx.contrib'),
];
