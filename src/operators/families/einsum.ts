/** Einsum: one letter per axis, `...` for broadcast axes (ONNX Einsum, numpy.einsum). */
import { type Dim, type Shape } from '../../graph/shape';
import { macCost, productExpression, unknownCost } from '../cost';
import { type Cost, type CostContext, type InferenceContext } from '../definition';
import { broadcastDim, broadcastShapes, RuleError } from '../dims';
import { firstDataType } from '../rules';

interface Equation {
  readonly inputs: readonly string[];
  /** Letters of the output; undefined in the implicit form. */
  readonly output: string | undefined;
}

function parse(equation: string): Equation {
  const [left = '', right] = equation.replaceAll(' ', '').split('->');
  return { inputs: left.split(','), output: right };
}

/** Letters of one operand; '.' stands for one broadcast axis each. */
function letters(term: string, rank: number): string {
  const explicit = term.replace('...', '').length;
  return term.replace('...', '.'.repeat(Math.max(0, rank - explicit)));
}

/** Implicit form: the broadcast axes, then every letter that occurs once, in alphabetical order. */
function implicitOutput(inputs: readonly string[]): string {
  const count = new Map<string, number>();
  for (const letter of inputs.join('').replaceAll('.', '')) count.set(letter, (count.get(letter) ?? 0) + 1);
  const once = [...count].filter(([, times]) => times === 1).map(([letter]) => letter);
  return (inputs.some((term) => term.includes('...')) ? '...' : '') + once.sort().join('');
}

interface Axes {
  readonly byLetter: ReadonlyMap<string, Dim>;
  readonly ellipsis: Shape;
  readonly output: string;
}

function axesOfTerms(equation: string, shapes: readonly (Shape | undefined)[]): Axes | undefined {
  const { inputs, output } = parse(equation);
  if (inputs.length !== shapes.length) throw new RuleError(`equation "${equation}" has ${inputs.length} operands`);
  const byLetter = new Map<string, Dim>();
  let ellipsis: Shape = [];
  for (const [index, term] of inputs.entries()) {
    const shape = shapes[index];
    if (!shape) return undefined;
    const names = letters(term, shape.length);
    if (names.length !== shape.length) throw new RuleError(`operand "${term}" does not fit rank ${shape.length}`);
    const spread: Dim[] = [];
    [...names].forEach((name, axis) => {
      const dim = shape[axis]!;
      if (name === '.') spread.push(dim);
      else byLetter.set(name, byLetter.has(name) ? (broadcastDim(byLetter.get(name)!, dim) ?? null) : dim);
    });
    ellipsis = broadcastShapes([ellipsis, spread]) ?? [];
  }
  return { byLetter, ellipsis, output: output ?? implicitOutput(inputs) };
}

/** Output axes in the order of the equation. */
export function einsumRule(context: InferenceContext): void {
  const indices = context.node.inputs.map((_, index) => index);
  const type = firstDataType(context, indices);
  const equation = context.node.string('equation', '');
  const axes = axesOfTerms(
    equation,
    indices.map((index) => context.shape(index)),
  );
  if (!axes) return context.tensor(0, type, rankFromEquation(equation));
  const [before = '', after] = axes.output.split('...');
  const dims = (text: string): Dim[] => [...text].map((letter) => axes.byLetter.get(letter) ?? null);
  context.tensor(0, type, after === undefined ? dims(before) : [...dims(before), ...axes.ellipsis, ...dims(after)]);
}

function rankFromEquation(equation: string): Shape | undefined {
  const { inputs, output } = parse(equation);
  const text = output ?? implicitOutput(inputs);
  return text.includes('...') ? undefined : [...text].map(() => null);
}

/** One multiply-accumulate per combination of all letters (two operands; more are contracted one by one at best). */
export function einsumCost(context: CostContext): Cost {
  const shapes = context.node.inputs.map((_, index) => context.shape(index));
  const axes = axesOfTerms(context.node.string('equation', ''), shapes);
  if (!axes) return unknownCost;
  return macCost(productExpression([...axes.byLetter.values(), ...axes.ellipsis]));
}
