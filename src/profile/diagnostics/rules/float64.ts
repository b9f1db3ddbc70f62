/** Arithmetic in 64-bit floats, most often by a Python number that was not converted. */
import { type Node } from '../../../graph/node';
import { type Value } from '../../../graph/value';
import { type CheckContext } from '../context';
import { type Finding, type Rule } from '../rule';

/** A float64 constant that layers calculate with. */
export const float64: Rule = {
  code: 'float64-constant',
  summary: 'A constant in 64-bit floats.',
  *check(context): Generator<Finding> {
    for (const [value, elements] of doubles(context)) {
      const consumers = value.consumers();
      if (consumers.length === 0) continue;
      const isCast = consumers.every((node) => node.is('Cast'));
      const size = elements > 1 ? `${elements} elements, twice the size` : 'a number';
      yield {
        severity: elements >= 1024 ? 'warning' : 'information',
        tensor: value.name,
        node: consumers[0]!.label,
        message: isCast
          ? `This constant is stored in float64 (${size}) and cast whenever the model runs.`
          : `This constant is float64 (${size}), so what reads it calculates in 64 bits, at half the speed or less.`,
        ...(isCast && { fix: { pass: 'simplify', options: {} } }),
      };
    }
  },
};

function* doubles({ model, nodes }: CheckContext): Generator<[Value, number]> {
  const graphs = [model.graph, ...nodes.flatMap((node) => node.bodies)];
  for (const graph of graphs) {
    for (const value of graph.initializers.values()) {
      if (value.constant?.dataType === 'double') yield [value, value.constant.size];
    }
  }
  for (const node of nodes) {
    const tensor = isConstantNode(node) ? node.tensor('value') : undefined;
    const output = node.output(0);
    if (tensor?.dataType === 'double' && output) yield [output, tensor.size];
  }
}

const isConstantNode = (node: Node): boolean => node.is('Constant');
