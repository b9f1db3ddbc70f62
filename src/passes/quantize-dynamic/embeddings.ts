/** Tables of rows in int8: what is looked up is restored behind the Gather. */
import { Attribute } from '../../graph/attribute';
import { removeUnused } from '../../graph/constants';
import { Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Layer } from './layers';
import { notFinite, type Rewritten, type Workshop } from './workshop';
import { formOf, sourceTensor, turnedForm } from './weights';

/** Gather of float rows → Gather of int8 rows, Cast, Mul by the scale of each row, which is looked up like the row. */
export function rewriteEmbedding({ node, graph, weights: [source] }: Layer, shop: Workshop): Rewritten | string {
  const coding = { type: 'int8', perChannel: shop.perChannel, reduceRange: shop.reduceRange } as const;
  const forms = { form: formOf('rows', source!), turned: turnedForm('rows', source!) };
  const quantized = shop.weights.quantize(source!, forms, coding, () => {
    const tensor = sourceTensor(source!);
    const [rows, columns] = tensor.shape as readonly [number, number];
    // A row is a matrix of one column, so that it gets a scale of its own.
    const matrices = {
      tensor,
      batch: coding.perChannel ? rows : 1,
      rows: coding.perChannel ? columns : tensor.size,
      columns: 1,
    };
    return { matrices, codesShape: tensor.shape, scaleShape: coding.perChannel ? [rows, 1] : [] };
  });
  if (!quantized) return notFinite;
  const { codes, scale } = quantized.weight;
  const output = node.output(0)!;
  const old = node.input(0)!;
  const { name } = node;
  const part = (what: string): string => (name === '' ? '' : `${name}_${what}`);
  const make = (
    opType: string,
    label: string,
    inputs: readonly (Value | undefined)[],
    attributes: readonly Attribute[],
  ) => {
    const value = graph.newValue(`${output.name}_${opType}`);
    graph.insertBefore(node, new Node({ opType, name: label, inputs, outputs: [value], attributes }));
    return value;
  };
  const axis = [Attribute.int('axis', 0)];
  const rows = make('Gather', name, [codes, node.input(1)], axis);
  const scales = coding.perChannel ? make('Gather', part('scale'), [scale, node.input(1)], axis) : scale;
  const float = make('Cast', part('to_float'), [rows], [Attribute.int('to', 1)]);
  node.truncateOutputs(0);
  const inputs = [float, scales];
  graph.insertBefore(node, new Node({ opType: 'Mul', name: part('restore'), inputs, outputs: [output] }));
  graph.remove(node);
  removeUnused(old, graph);
  return { weights: [quantized.weight], first: quantized.first };
}
