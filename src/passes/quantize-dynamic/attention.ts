/** com.microsoft's Attention, whose projections are one weight, in int8. */
import { removeUnused } from '../../graph/constants';
import { Node } from '../../graph/node';
import { Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { type Layer } from './layers';
import { notFinite, type Rewritten, type Workshop } from './workshop';
import { addInitializer, formOf, sourceTensor } from './weights';

/** Attributes that QAttention knows. */
const kept: ReadonlySet<string> = new Set(['num_heads', 'unidirectional', 'scale', 'mask_filter_value', 'do_rotary']);

/** Attention → DynamicQuantizeLinear, QAttention. The bias stays in float. */
export function rewriteAttention({ node, graph, weights: [source] }: Layer, shop: Workshop): Rewritten | string {
  const coding = { type: 'int8', perChannel: shop.perChannel, reduceRange: shop.reduceRange } as const;
  const quantized = shop.weights.quantize(source!, { form: formOf('attention', source!) }, coding, () => {
    const tensor = sourceTensor(source!);
    const [rows, columns] = tensor.shape as readonly [number, number];
    return {
      matrices: { tensor, batch: 1, rows, columns },
      codesShape: tensor.shape,
      scaleShape: coding.perChannel ? [columns] : [],
    };
  });
  if (!quantized) return notFinite;
  const { codes, scale } = quantized.weight;
  const { shape, size } = scale.constant!;
  const zero = addInitializer(graph, Tensor.ofBytes(`${codes.name}_zero_point`, 'int8', shape, new Uint8Array(size)));
  const x = shop.activations.quantize(node.input(0)!, node, graph);
  const old = [...node.inputs];
  const [, , bias, mask, past] = old;
  const inputs: (Value | undefined)[] = [x.codes, codes, bias, x.scale, scale, mask, x.zeroPoint, zero, past];
  const outputs = [...node.outputs];
  node.truncateOutputs(0);
  const attributes = [...node.attributes.values()].filter(({ name }) => kept.has(name));
  const { name, metadata, docString } = node;
  const made = new Node({
    opType: 'QAttention',
    domain: 'com.microsoft',
    ...{ name, metadata, docString, attributes, outputs },
    inputs: past ? inputs : inputs.slice(0, 8),
  });
  graph.insertBefore(node, made);
  graph.remove(node);
  for (const value of new Set(old)) if (value) removeUnused(value, graph);
  return { weights: [quantized.weight], first: quantized.first };
}
