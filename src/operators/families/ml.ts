/** Classical machine learning: ai.onnx.ml. */
import { type DataType, dataTypeOfCode } from '../../graph/dataType';
import { type Node } from '../../graph/node';
import { type Dim, type ValueType } from '../../graph/shape';
import { macCost, perElement, productExpression } from '../cost';
import { type Cost, type CostContext, defineOperators, type InferenceContext } from '../definition';
import { largest, productOf, sumOf, withDim } from '../dims';
import { sameAsInput, sameShapeAs } from '../rules';

const domain = 'ai.onnx.ml';

/** Rows of [N, features]; a plain vector is one row. */
function rowsOf(context: { shape(index: number): ReturnType<InferenceContext['shape']> }): Dim {
  const input = context.shape(0);
  if (!input) return null;
  return input.length >= 2 ? input[0]! : 1;
}

/** Element type and number of the class labels. */
function labelsOf(node: Node): { type: DataType; count: number } {
  const strings = node.strings('classlabels_strings') ?? [];
  if (strings.length > 0) return { type: 'string', count: strings.length };
  const numbers = node.ints('classlabels_ints') ?? node.ints('classlabels_int64s') ?? [];
  return { type: 'int64', count: numbers.length };
}

/** The label of each row, and the score of each class. */
function classifier(scoreCount: (node: Node, labels: number) => number) {
  return (context: InferenceContext): void => {
    const { type, count } = labelsOf(context.node);
    const rows = rowsOf(context);
    context.tensor(0, type, [rows]);
    context.tensor(1, 'float', [rows, scoreCount(context.node, count) || null]);
  };
}

/** A model with one set of coefficients scores the positive class; the runtime adds the other one. */
function linearScores(node: Node, labels: number): number {
  const intercepts = node.floats('intercepts')?.length ?? 0;
  return labels === 2 && intercepts <= 1 ? 2 : Math.max(labels, intercepts);
}

function treeScores(node: Node, labels: number): number {
  return Math.max(labels, (largest(node.ints('class_ids') ?? []) ?? -1) + 1);
}

function regressor(context: InferenceContext): void {
  const type = context.node.opType === 'TreeEnsemble' ? context.dataType(0) : 'float';
  const targets = context.node.int('targets') ?? context.node.int('n_targets', 1);
  context.tensor(0, type, [rowsOf(context), targets]);
}

function labelEncoder(context: InferenceContext): void {
  const { node } = context;
  const old = context.opset < 2 ? (context.dataType(0) === 'string' ? 'int64' : 'string') : undefined;
  const names: readonly [string, DataType][] = [
    ['values_strings', 'string'],
    ['values_int64s', 'int64'],
    ['values_floats', 'float'],
  ];
  const named = names.find(([name]) => node.attributes.has(name))?.[1];
  context.tensor(0, old ?? node.tensor('values_tensor')?.dataType ?? named, context.shape(0));
}

function categoryMapper(context: InferenceContext): void {
  context.tensor(0, context.dataType(0) === 'string' ? 'int64' : 'string', context.shape(0));
}

function oneHotEncoder(context: InferenceContext): void {
  const { node } = context;
  const count = (node.ints('cats_int64s') ?? node.strings('cats_strings'))?.length ?? null;
  const input = context.shape(0);
  context.tensor(0, 'float', input && [...input, count]);
}

/** Columns picked by all of Y from the last axis; a vector comes out as one row. */
function arrayFeatureExtractor(context: InferenceContext): void {
  const [input, picks] = [context.shape(0), context.shape(1)];
  const count = picks ? productOf(picks) : null;
  if (!input) return context.tensor(0, context.dataType(0), undefined);
  context.tensor(0, context.dataType(0), input.length === 1 ? [1, count] : withDim(input, input.length - 1, count));
}

function dictVectorizer(context: InferenceContext): void {
  const { node } = context;
  const words = node.strings('string_vocabulary') ?? node.ints('int64_vocabulary');
  const type = context.input(0);
  const value = type?.kind === 'map' ? type.value : undefined;
  const element = value?.kind === 'tensor' ? value.dataType : undefined;
  context.tensor(0, element, words ? [1, words.length] : undefined);
}

function featureVectorizer(context: InferenceContext): void {
  const widths: readonly Dim[] =
    context.node.ints('inputdimensions') ?? context.node.inputs.map((_, index) => context.shape(index)?.at(-1) ?? null);
  context.tensor(0, 'float', [rowsOf(context), sumOf(widths)]);
}

function zipMap(context: InferenceContext): void {
  const key: DataType = (context.node.strings('classlabels_strings') ?? []).length > 0 ? 'string' : 'int64';
  const map: ValueType = { kind: 'map', key, value: { kind: 'tensor', dataType: 'float', shape: [] } };
  context.output(0, { kind: 'sequence', element: map });
}

function castMap(context: InferenceContext): void {
  const { node } = context;
  const names: Readonly<Record<string, DataType>> = { TO_FLOAT: 'float', TO_STRING: 'string', TO_INT64: 'int64' };
  const width = node.string('map_form', 'DENSE') === 'SPARSE' ? (node.int('max_map') ?? null) : null;
  context.tensor(0, names[node.string('cast_to', 'TO_FLOAT')] ?? dataTypeOfCode(1), [1, width]);
}

/** One product per coefficient and row. */
function linearCost(context: CostContext): Cost {
  const coefficients = context.node.floats('coefficients')?.length ?? 0;
  return macCost(productExpression([rowsOf(context), coefficients]));
}

/** Kernel between each row and each support vector, then the weighted sum. */
function vectorCost(context: CostContext): Cost {
  const { node } = context;
  const work = (node.floats('support_vectors')?.length ?? 0) + (node.floats('coefficients')?.length ?? 0);
  return macCost(productExpression([rowsOf(context), work]));
}

/** Members of this family. */
export const ml = [
  ...defineOperators(
    ['Scaler', 'Normalizer'],
    {
      infer: sameShapeAs('float'),
      cost: (context) => perElement(context.outputShape(0), 2),
    },
    domain,
  ),
  ...defineOperators(['Imputer', 'Binarizer'], { infer: sameAsInput }, domain),
  ...defineOperators(['LinearClassifier'], { infer: classifier(linearScores), cost: linearCost }, domain),
  ...defineOperators(['SVMClassifier'], { infer: classifier((_, labels) => labels), cost: vectorCost }, domain),
  ...defineOperators(['TreeEnsembleClassifier'], { infer: classifier(treeScores) }, domain),
  ...defineOperators(['LinearRegressor'], { infer: regressor, cost: linearCost }, domain),
  ...defineOperators(['SVMRegressor'], { infer: regressor, cost: vectorCost }, domain),
  ...defineOperators(['TreeEnsembleRegressor', 'TreeEnsemble'], { infer: regressor }, domain),
  ...defineOperators(['LabelEncoder'], { infer: labelEncoder }, domain),
  ...defineOperators(['CategoryMapper'], { infer: categoryMapper }, domain),
  ...defineOperators(['OneHotEncoder'], { infer: oneHotEncoder }, domain),
  ...defineOperators(['ArrayFeatureExtractor'], { infer: arrayFeatureExtractor }, domain),
  ...defineOperators(['DictVectorizer'], { infer: dictVectorizer }, domain),
  ...defineOperators(['FeatureVectorizer'], { infer: featureVectorizer }, domain),
  ...defineOperators(['ZipMap'], { infer: zipMap }, domain),
  ...defineOperators(['CastMap'], { infer: castMap }, domain),
];
