/** Operators that write into a copy of their first input, or pick along it without changing its shape. */
import { defineOperators } from '../definition';
import { sameAsInput } from '../rules';

/** Members of this family. */
export const scattering = defineOperators(
  ['Scatter', 'ScatterElements', 'ScatterND', 'TensorScatter', 'Trilu', 'ReverseSequence'],
  { infer: sameAsInput },
);
