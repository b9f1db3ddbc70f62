/** Elementwise functions of one tensor: arithmetic, activations, casts. */
import { dataTypeOfCode } from '../../graph/dataType';
import { type Dim } from '../../graph/shape';
import { pointwise } from '../cost';
import { floorElement, mapContents, isIntegral } from '../contents';
import { defineOperators, type InferenceContext } from '../definition';
import { mulDims, subDims } from '../dims';
import { sameAsInput, sameShapeAs } from '../rules';

/** Same type as the input; contents through `map` where it says something. */
function mapped(map: (element: Dim) => Dim) {
  return (context: InferenceContext): void => {
    sameAsInput(context);
    context.setContents(0, mapContents(context.contents(0), map));
  };
}

const known =
  (f: (x: number) => number) =>
  (element: Dim): Dim =>
    typeof element === 'number' ? f(element) : null;

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function castTo(context: InferenceContext, code: number | undefined): void {
  const dataType = code === undefined ? undefined : dataTypeOfCode(code);
  context.tensor(0, dataType, context.shape(0));
  if (!dataType) return;
  const convert = (element: Dim): Dim => {
    if (dataType === 'bool') return typeof element === 'number' ? Number(element !== 0) : null;
    if (!isIntegral(dataType)) return element;
    return typeof element === 'number' ? Math.trunc(element) : floorElement(element);
  };
  if (dataType !== 'string') context.setContents(0, mapContents(context.contents(0), convert));
}

/** Opset 1 named the target type in text ("FLOAT"). */
function cast(context: InferenceContext): void {
  const { node } = context;
  const text = node.string('to');
  castTo(context, text === undefined ? node.int('to') : legacyCodes.get(text.toUpperCase()));
}

const legacyNames = ['UNDEFINED', 'FLOAT', 'UINT8', 'INT8', 'UINT16', 'INT16', 'INT32', 'INT64', 'STRING', 'BOOL'];
legacyNames.push('FLOAT16', 'DOUBLE', 'UINT32', 'UINT64', 'COMPLEX64', 'COMPLEX128');
const legacyCodes = new Map(legacyNames.map((name, code) => [name, code]));

function castLike(context: InferenceContext): void {
  context.tensor(0, context.dataType(1), context.shape(0));
  const type = context.dataType(1);
  if (type && isIntegral(type)) {
    const convert = (e: Dim): Dim => (typeof e === 'number' ? Math.trunc(e) : floorElement(e));
    context.setContents(0, mapContents(context.contents(0), convert));
  } else if (type && type !== 'string' && type !== 'bool') context.setContents(0, context.contents(0));
}

const activations = [
  'Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'PRelu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Swish',
  'Mish', 'Softplus', 'Softsign', 'Tanh', 'Gelu', 'Shrink', 'Affine', 'ScaledTanh', 'ParametricSoftplus', 'ImageScaler',
]; // prettier-ignore

const functions = [
  'Exp', 'Log', 'Erf', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh',
  'Reciprocal', 'Sign', 'BitwiseNot',
]; // prettier-ignore

/** Members of this family. */
export const unary = [
  ...defineOperators(activations, { infer: sameAsInput, cost: pointwise(), elementwise: true }),
  ...defineOperators(functions, { infer: sameAsInput, cost: pointwise(), elementwise: true }),
  ...defineOperators(['Neg'], { infer: mapped((e) => mulDims(e, -1)), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Abs'], { infer: mapped(absolute), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Sqrt'], { infer: mapped(known(Math.sqrt)), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Floor'], { infer: mapped(floorElement), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Ceil'], { infer: mapped(ceiling), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Round'], { infer: mapped(known(roundHalfEven)), cost: pointwise(), elementwise: true }),
  ...defineOperators(['IsNaN', 'IsInf'], { infer: sameShapeAs('bool'), cost: pointwise(), elementwise: true }),
  ...defineOperators(['Cast'], { infer: cast }),
  ...defineOperators(['BitCast'], {
    infer: (context) => context.tensor(0, dataTypeOfCode(context.node.int('to', 0)), context.shape(0)),
  }),
  ...defineOperators(['CastLike'], { infer: castLike }),
  ...defineOperators(['Clip'], { infer: sameAsInput, cost: pointwise(), elementwise: true }),
];

/** Symbols are lengths, so a sum of them with positive coefficients is its own absolute value. */
function absolute(element: Dim): Dim {
  if (typeof element === 'number') return Math.abs(element);
  return element !== null && (element.sign === 1 || element.symbolName !== undefined) ? element : null;
}

function ceiling(element: Dim): Dim {
  if (typeof element === 'number') return Math.ceil(element);
  return mulDims(floorElement(subDims(0, element)), -1);
}
