/** Means over all positions as GlobalAveragePool: the same numbers, and a kernel on codes, which ReduceMean lacks. */
import { Attribute } from '../../graph/attribute';
import { constantSource, removeUnused } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { Node } from '../../graph/node';
import { toNumbers } from '../../numerics/elements';
import { inferModel } from '../../operators/infer';

/** Rewrites `model` in place: ReduceMean over every axis behind the channels. */
export function poolMeans(model: Model): void {
  const inference = inferModel(model);
  for (const node of [...model.graph.allNodes()]) {
    const graph = node.graph!;
    const [input, output] = [node.input(0), node.output(0)];
    if (!node.is('ReduceMean') || !input || !output) continue;
    const type = inference.typeOf(input);
    const rank = type?.kind === 'tensor' && type.dataType === 'float' ? (type.shape?.length ?? 0) : 0;
    const axes = axesOf(node)?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? [];
    if (rank < 3 || axes.length !== rank - 2 || new Set(axes).size !== rank - 2 || Math.min(...axes) < 2) continue;
    const keeps = node.int('keepdims', 1) !== 0;
    const { name, metadata } = node;
    node.truncateOutputs(0);
    const pooled = keeps ? output : graph.newValue(`${output.name}_pooled`);
    const pool = new Node({ opType: 'GlobalAveragePool', name, metadata, inputs: [input], outputs: [pooled] });
    graph.insertBefore(node, pool);
    const given = node.input(1);
    graph.remove(node);
    if (given) removeUnused(given, graph);
    if (keeps) continue;
    const attributes = [Attribute.int('axis', 1)];
    graph.insertAfter(pool, new Node({ opType: 'Flatten', inputs: [pooled], outputs: [output], attributes }));
  }
}

/** Axes from the attribute (before opset 18) or the input; undefined when they are computed, or left out for all. */
function axesOf(node: Node): number[] | undefined {
  const given = node.ints('axes');
  if (given) return given;
  const source = node.input(1) && constantSource(node.input(1)!, node.graph!);
  return source && toNumbers(source.tensor.dataType, source.tensor.bytes(), source.tensor.size);
}
