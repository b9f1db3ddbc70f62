/** Recurrent models as exporters write them. */
import { build, type ModelBuilder } from './models';
import { tensorOf } from './tensors';

/** An LSTM `lstm` whose gates are stored in another order, and put into ONNX's as the model runs. */
export function reorderedGates(): ModelBuilder {
  const [inputs, hidden] = [16, 24];
  const builder = build({ inputs: { x: ['float', [3, 1, inputs]] } });
  const at = { start: 0, second: hidden, end: 4 * hidden };
  for (const [name, value] of Object.entries(at)) builder.initializer(name, 'int64', [1], [value]);
  for (const [name, columns] of Object.entries({ w: inputs, r: hidden })) {
    const values = Array.from({ length: 4 * hidden * columns }, (_, index) => Math.sin(index) / 4);
    builder
      .node('Constant', [], name, { value: tensorOf(name, 'float', [4 * hidden, columns], values) })
      .node('Slice', [name, 'second', 'end', 'start'], `${name}_rest`)
      .node('Slice', [name, 'start', 'second', 'start'], `${name}_first`)
      .node('Concat', [`${name}_rest`, `${name}_first`], `${name}_all`, { axis: 0 })
      .node('Unsqueeze', [`${name}_all`, 'start'], `${name}_read`);
  }
  const reads = ['x', 'w_read', 'r_read'];
  return builder.node('LSTM', reads, 'y', { hidden_size: hidden }, { name: 'lstm' }).output('y');
}
