/** The weights that can be pruned, each once, as rows that belong to one output each. */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { fromNumbers, toFloat64 } from '../../numerics/elements';
import { matrix, type Matrix } from '../../numerics/linear/matrix';
import { isReadableFloat } from '../../pass/floatPieces';
import { fanIn, type LinearLayer, linearLayerOf, weightsOf, weightTensor } from '../../pass/linearLayer';
import { type SkippedLayer } from '../../protocol/report';

/** A weight of a layer. */
export interface Target {
  readonly node: Node;
  readonly graph: Graph;
  readonly value: Value;
  readonly tensor: Tensor;
  /** Absent for recurrent layers. */
  readonly linear?: LinearLayer;
  /** Outputs × inputs (× taps). */
  readonly rows: number;
  readonly columns: number;
}

/** Smaller weights are not worth the loss. */
const fewestElements = 256;

/** Weights of the main graph and its bodies. */
export function targetsOf(model: Model): { readonly targets: Target[]; readonly skipped: SkippedLayer[] } {
  const targets: Target[] = [];
  const skipped: SkippedLayer[] = [];
  const seen = new Set<Value>();
  for (const node of model.graph.allNodes()) {
    for (const found of weightsOfNode(node)) {
      if (typeof found === 'string') skipped.push({ node: node.label, opType: node.opType, reason: found });
      else if (!seen.has(found.value)) {
        seen.add(found.value);
        targets.push(found);
      }
    }
  }
  return { targets, skipped };
}

function weightsOfNode(node: Node): (Target | string)[] {
  const graph = node.graph!;
  if (node.domain === '' && ['LSTM', 'GRU', 'RNN'].includes(node.opType)) {
    return [node.input(1), node.input(2)].flatMap((value) => {
      const tensor = value?.constant;
      if (!value || !tensor || !isReadableFloat(tensor.dataType) || tensor.size < fewestElements) return [];
      const columns = tensor.shape.at(-1)!;
      return [{ node, graph: homeOf(value, graph), value, tensor, rows: tensor.size / columns, columns }];
    });
  }
  const layer = linearLayerOf(node);
  if (layer === undefined || typeof layer === 'string') return layer === undefined ? [] : [layer];
  const { root, weight, tensor } = layer;
  if (tensor.size < fewestElements) return [`Its weight has ${tensor.size} elements: too few to be worth it.`];
  if (root !== weight) return ['Its weight is read through another node: simplify the model first.'];
  const columns = fanIn(layer);
  return [
    { node, graph: homeOf(root, graph), value: root, tensor, linear: layer, rows: tensor.size / columns, columns },
  ];
}

/** The graph, this one or one around it, that holds a constant. */
function homeOf(value: Value, from: Graph): Graph {
  for (let graph: Graph | undefined = from; graph; graph = graph.parent) {
    if (graph.initializers.get(value.name) === value) return graph;
  }
  return value.producer?.graph ?? from;
}

/** The weights, row by row. */
export function rowsOf({ linear, tensor, rows, columns }: Target): Float64Array {
  if (!linear) return toFloat64(tensor.dataType, tensor.bytes(), tensor.size).slice();
  const all = new Float64Array(rows * columns);
  for (let group = 0; group < linear.groups; group++) {
    all.set(weightsOf(linear, group).data, group * linear.outputs * columns);
  }
  return all;
}

/** A tensor of the same layout from rows. */
export function tensorOfRows({ linear, tensor, columns }: Target, rows: Float64Array): Tensor {
  if (!linear) {
    return tensor.with({ data: { kind: 'bytes', bytes: fromNumbers(tensor.dataType, rows) } });
  }
  const size = linear.outputs * columns;
  const groups: Matrix[] = Array.from({ length: linear.groups }, (_, group) => {
    return matrix(linear.outputs, columns, rows.slice(group * size, (group + 1) * size));
  });
  return weightTensor(linear, tensor.name, groups);
}
