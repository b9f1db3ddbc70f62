/** Finds the layers of a model that are worth factorizing, and says why others are not. */
import { isFloat } from '../../graph/dataType';
import { type Model } from '../../graph/model';
import { Costing } from '../../operators/costing';
import { type Inference, inferModel } from '../../operators/infer';
import { type LinearLayer, linearLayerOf } from '../../pass/linearLayer';
import { matchesName } from '../../pass/option';
import { type SkippedLayer } from '../../protocol/report';

/** A layer with what it costs. */
export interface Layer extends LinearLayer {
  /** Size of the input over size of the output along each axis of the kernel: about the stride. */
  readonly growth: readonly number[];
  /** How often each weight is used in one run: MACs over weights. */
  readonly positions: number;
}

/** Layers of a model, those that cannot be factorized, and what the whole model costs. */
export interface FoundLayers {
  readonly layers: readonly Layer[];
  readonly skipped: readonly SkippedLayer[];
  readonly macs: number;
  readonly parameters: number;
  readonly inference: Inference;
}

/** Weights of fewer elements are not worth a second node. */
const fewestElements = 1024;

/** Looks at every node of `model`, bodies included. */
export function findLayers(
  model: Model,
  exclude: readonly string[],
  dims: Readonly<Record<string, number>> = {},
): FoundLayers {
  const inference = inferModel(model, { dims });
  const costing = new Costing(model, inference);
  const bindings = new Map(inference.symbols.map(({ name, value }) => [name, value ?? 1]));
  const layers: Layer[] = [];
  const skipped: SkippedLayer[] = [];
  let macs = 0;
  for (const node of model.graph.allNodes()) {
    const cost = costing.costOf(node).macs?.evaluate(bindings) ?? 0;
    if (node.bodies.length === 0) macs += cost;
    const found = linearLayerOf(node);
    if (found === undefined) continue;
    const reason = typeof found === 'string' ? found : reasonToLeave(found, exclude, inference);
    if (typeof found === 'string' || reason !== undefined) {
      skipped.push({ node: node.label, opType: node.opType, reason: reason! });
    } else layers.push({ ...found, growth: growthOf(found, inference), positions: cost / found.tensor.size || 1 });
  }
  return { layers, skipped, macs, parameters: parametersOf(model), inference };
}

/** Elements of every float constant. */
function parametersOf(model: Model): number {
  let sum = 0;
  for (const { constant } of model.graph.initializers.values()) {
    if (constant && isFloat(constant.dataType)) sum += constant.size;
  }
  for (const node of model.graph.allNodes()) {
    const tensor = node.is('Constant') ? node.tensor('value') : undefined;
    if (tensor && isFloat(tensor.dataType)) sum += tensor.size;
  }
  return sum;
}

function reasonToLeave(layer: LinearLayer, exclude: readonly string[], inference: Inference): string | undefined {
  const { node, kind, tensor, root, weight, inputs, groups } = layer;
  if (matchesName(node.label, exclude)) return 'Excluded by name.';
  if (kind === 'Conv' && inputs === 1 && groups > 1) {
    return 'Depthwise: each channel has one small filter, there is nothing to share.';
  }
  if (kind !== 'Conv' && inference.shapeOf(node.input(0)!)?.length === 1) return 'Its input is a vector.';
  if (tensor.size < fewestElements) return `Its weight has ${tensor.size} elements: too few to gain anything.`;
  const [other] = root.consumers().filter((user) => user !== node && user !== weight.producer);
  return other && `It shares its weight with ${other.label}.`;
}

function growthOf({ node, kernel }: LinearLayer, inference: Inference): number[] {
  const strides = node.ints('strides') ?? kernel.map(() => 1);
  const [before, after] = [node.input(0)!, node.output(0)!].map((value) => inference.shapeOf(value));
  return kernel.map((_, axis) => {
    const [from, to] = [before?.[axis + 2], after?.[axis + 2]];
    return typeof from === 'number' && typeof to === 'number' && to > 0 ? from / to : strides[axis]!;
  });
}
