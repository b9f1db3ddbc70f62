/** How results are scored where the truth is known. */
import { toFloat64, bytesOf } from '../../src/numerics/elements';
import { countElements } from '../../src/graph/shape';
import { type RuntimeTensor } from '../../src/runtime/port';

/** Scores the first output of a model on a labelled sample. */
export interface Grading {
  /** What is counted, for the head of a table: `top-1`. */
  readonly name: string;
  grade(output: RuntimeTensor, label: number): { readonly right: number; readonly of: number };
}

/** Whether the largest score is that of the label. */
export const topOne: Grading = {
  name: 'top-1',
  grade: (output, label) => ({ right: indexOfLargest(numbersOf(output)) === label ? 1 : 0, of: 1 }),
};

/** Elements of a numeric tensor. */
export function numbersOf({ dataType, data, shape }: RuntimeTensor): Float64Array {
  if (!ArrayBuffer.isView(data)) throw new Error('Only numbers can be scored.');
  return toFloat64(dataType, bytesOf(data), countElements(shape));
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}
