/** Two linear layers in a row whose product is no larger than both: they become one again, exactly. */
import { type Model } from '../../graph/model';
import { removeUnused } from '../../graph/constants';
import { matrix, type Multiply, transposed } from '../../numerics/linear/matrix';
import { hasBias, ownBias, shiftBias } from '../../pass/layerBias';
import { fanIn, type LinearLayer, linearLayerOf, weightsOf } from '../../pass/linearLayer';
import { matchesName } from '../../pass/option';
import { type ChangedLayer } from '../../protocol/report';
import { bitsOf } from '../../graph/dataType';
import { Tensor } from '../../graph/tensor';
import { fromNumbers } from '../../numerics/elements';
import { unfolded } from './chains';

/** Merges pairs of `model`, in place; the second node of each stays. */
export async function mergePairs(
  model: Model,
  exclude: readonly string[],
  multiply: Multiply,
): Promise<ChangedLayer[]> {
  const changed: ChangedLayer[] = [];
  for (const node of model.graph.allNodes()) {
    const second = linearLayerOf(node);
    const maker = node.input(0)?.producer;
    const first = maker && linearLayerOf(maker);
    if (typeof first !== 'object' || typeof second !== 'object') continue;
    if ([first, second].some((layer) => matchesName(layer.node.label, exclude)) || !isPair(first, second)) continue;
    if (mergedSize(first, second) > first.tensor.size + second.tensor.size) continue;
    const { label, opType } = node;
    const bytes = bitsOf(second.dataType) / 8;
    changed.push({
      node: label,
      opType,
      what: `merged with ${first.node.label}: cheaper as one layer`,
      bytesBefore: bytes * (first.tensor.size + second.tensor.size),
      bytesAfter: bytes * mergedSize(first, second),
    });
    await merge(first, second, multiply);
  }
  return changed;
}

const tapsOf = ({ kernel }: LinearLayer): number => kernel.reduce((product, extent) => product * extent, 1);

const mergedSize = (first: LinearLayer, second: LinearLayer): number =>
  second.outputs * first.inputs * tapsOf(first) * tapsOf(second);

/** True where nothing but the second reads the first, and their product is a layer of the same kind. */
function isPair(first: LinearLayer, second: LinearLayer): boolean {
  const between = first.node.output(0)!;
  const { graph } = second.node;
  if (between.useCount !== 1 || graph !== first.node.graph || graph!.outputs.includes(between)) return false;
  if (first.groups !== 1 || second.groups !== 1 || first.dataType !== second.dataType) return false;
  const own = (layer: LinearLayer): boolean => layer.root === layer.weight && layer.weight.useCount === 1;
  if (!own(first) || !own(second)) return false;
  if (isScaled(first) || isScaled(second) || !biasFits(first, second)) return false;
  if (first.kind !== 'Conv' || second.kind !== 'Conv') return first.kind !== 'Conv' && second.kind !== 'Conv';
  return isPointwise(second) || (isPointwise(first) && !first.node.input(2));
}

const isScaled = ({ node }: LinearLayer): boolean =>
  node.is('Gemm') && (node.float('alpha', 1) !== 1 || node.float('beta', 1) !== 1);

/** What the first adds has to go through the second into a bias that can be written. */
const biasFits = (first: LinearLayer, second: LinearLayer): boolean =>
  !first.node.input(2) || (hasBias(first) && hasBias(second));

/** 1×1 with nothing but the channels mixed. */
const isPointwise = ({ node, kernel }: LinearLayer): boolean =>
  kernel.every((extent) => extent === 1) &&
  (node.ints('strides') ?? []).every((stride) => stride === 1) &&
  (node.ints('pads') ?? []).every((pad) => pad === 0);

async function merge(first: LinearLayer, second: LinearLayer, multiply: Multiply): Promise<void> {
  const { node } = second;
  const graph = node.graph!;
  const weights = await unfolded(weightsOf(first), weightsOf(second), tapsOf(second), multiply);
  const bias = ownBias(first);
  if (bias.some((value) => value !== 0)) {
    const shift = await multiply(weightsOf(second), matrix(bias.length, 1, bias));
    shiftBias(second, shift.data);
  }
  const [input, between, old] = [first.node.input(0)!, first.node.output(0)!, second.weight];
  const name = graph.uniqueName(`${old.name}_merged`);
  const rows = second.kind === 'Conv' || (node.is('Gemm') && node.int('transB', 0) !== 0);
  const stored = rows ? weights : transposed(weights);
  const kernel = tapsOf(second) > 1 ? second.kernel : first.kernel;
  const shape =
    second.kind === 'Conv' ? [second.outputs, fanIn(first) / tapsOf(first), ...kernel] : [stored.rows, stored.columns];
  node.setInput(0, input);
  node.setInput(
    1,
    graph.addInitializer(Tensor.ofBytes(name, second.dataType, shape, fromNumbers(second.dataType, stored.data))),
  );
  if (second.kind === 'Conv' && tapsOf(second) === 1) {
    for (const attribute of first.node.attributes.values()) node.setAttribute(attribute);
  }
  removeUnused(old, graph);
  removeUnused(between, graph);
}
