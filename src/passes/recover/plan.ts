/** Which layers are to be repaired, towards which value of the original. */
import { constantSource } from '../../graph/constants';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { countElements, sameDim } from '../../graph/shape';
import { type Tensor } from '../../graph/tensor';
import { type Value } from '../../graph/value';
import { type Matrix, matrix } from '../../numerics/linear/matrix';
import { type Inference, inferModel } from '../../operators/infer';
import { hasBias, ownBias } from '../../pass/layerBias';
import { fanIn, type LinearLayer, linearLayerOf, weightsOf } from '../../pass/linearLayer';
import { matchesName } from '../../pass/option';
import { type KeptChannels } from '../../pass/shrink/keptChannels';
import { type SkippedLayer } from '../../protocol/report';
import { type BatchNorm, batchNormOf } from './batchNorm';
import { keptRows } from './matching';
import { type Site } from './rows';

/** A layer of the model in hand with what it is to give. */
export interface LayerRepair extends Site {
  readonly layer: LinearLayer;
  /** Another value that is added to the output: what it has lost since the original can be made up for here. */
  readonly branch?: string;
}

/** A batch norm of the model in hand, whose statistics are to give what the original's gave. */
export interface NormRepair extends Site {
  readonly norm: BatchNorm;
}

/** Whatever can be set in closed form. */
export type Repair = LayerRepair | NormRepair;

/** Tells the two apart. */
export const isLayer = (repair: Repair): repair is LayerRepair => 'layer' in repair;

/** Repairs in the order of the graph, and layers that cannot be repaired. */
export interface RepairPlan {
  readonly repairs: readonly Repair[];
  readonly skipped: readonly SkippedLayer[];
}

/** What a person and the passes before say of the layers. */
export interface PlanOptions {
  readonly exclude: readonly string[];
  readonly branches: boolean;
  /** With "keep", batch norms stay as they are. */
  readonly batchNorm: 'reestimate' | 'keep';
  /** Channels that passes before have left; where it is silent, they are found by their weights. */
  readonly kept?: KeptChannels | undefined;
}

/** Compares `model` with `original`: every layer whose weights or inputs are no longer what they were. */
export function planRepairs(model: Model, original: Model, options: PlanOptions): RepairPlan {
  const twins = twinsOf(original);
  const inference = inferModel(model);
  const affected = new Set<Value>();
  const repairs: Repair[] = [];
  const skipped: SkippedLayer[] = [];
  for (const node of model.graph.nodes()) {
    const reads = node.inputs.some((input) => input && affected.has(input));
    const twin = node.output(0) && twins.get(node.output(0)!.name);
    const same = twin?.opType === node.opType && sameConstants(node, twin);
    if (!reads && same) continue;
    for (const output of node.outputs) if (output) affected.add(output);
    if (!twin) continue;
    const repair = node.is('BatchNormalization')
      ? normRepairOf(node, twin, [model, original], options)
      : layerRepairOf(node, twin, reads, options);
    if (typeof repair === 'string') skipped.push({ node: node.label, opType: node.opType, reason: repair });
    else if (repair) repairs.push(options.branches && isLayer(repair) ? withBranch(repair, twins, inference) : repair);
  }
  return { repairs, skipped };
}

/** Nodes of the original by the first value they make. */
function twinsOf(original: Model): Map<string, Node> {
  const twins = new Map<string, Node>();
  for (const node of original.graph.nodes()) if (node.output(0)) twins.set(node.output(0)!.name, node);
  return twins;
}

function sameConstants(a: Node, b: Node): boolean {
  return a.inputs.every((input, index) => {
    const [mine, other] = [constantOf(input, a), constantOf(b.input(index), b)];
    return mine === other || (mine !== undefined && other !== undefined && sameTensor(mine, other));
  });
}

const constantOf = (value: Value | undefined, node: Node): Tensor | undefined =>
  value && node.graph && constantSource(value, node.graph)?.tensor;

function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.data === b.data) return true;
  if (a.dataType !== b.dataType || String(a.shape) !== String(b.shape) || a.dataType === 'string') return false;
  return Buffer.compare(a.bytes(), b.bytes()) === 0;
}

/** The repair, why there is none, or undefined where nothing is lost. */
function layerRepairOf(
  node: Node,
  twin: Node,
  reads: boolean,
  { exclude, kept: known }: PlanOptions,
): LayerRepair | string | undefined {
  const layer = linearLayerOf(node);
  if (typeof layer !== 'object') return layer;
  if (matchesName(node.label, exclude)) return 'Excluded by name.';
  if (node.is('Gemm') && node.float('alpha', 1) !== 1) return 'It scales its product.';
  if (node.input(2) && !hasBias(layer)) return 'Its bias is computed while the model runs.';
  const before = linearLayerOf(twin);
  if (typeof before !== 'object') return 'In the original it has no constant weight.';
  const [now, then] = [layer.outputs * layer.groups, before.outputs * before.groups];
  const axis = layer.kind === 'Conv' ? 1 : -1;
  const repair = { layer, ...endsOf(node), channels: now, axis, width: fanIn(layer) } as const;
  // What is cut from the original and reads what it read gives what it gave.
  const exact = !reads && layer.groups === before.groups;
  if (now === then) {
    const same = sameTensor(layer.tensor, before.tensor) && String(ownBias(layer)) === String(ownBias(before));
    return exact && same ? undefined : repair;
  }
  const found = keptRows(allRows(layer), allRows(before), tapsOf(layer));
  if (exact && found) return undefined;
  const told = known?.get(repair.output)?.at(axis);
  const kept = told?.length === now ? [...told] : found;
  return kept ? { ...repair, kept } : 'Which channels of the original are left cannot be told from its weights.';
}

/** Like layerRepairOf(). Nothing says before it is measured whether a batch norm has lost anything. */
function normRepairOf(
  node: Node,
  twin: Node,
  [model, original]: readonly [Model, Model],
  { batchNorm, exclude, kept: known }: PlanOptions,
): NormRepair | string | undefined {
  if (batchNorm === 'keep') return undefined;
  if (matchesName(node.label, exclude)) return 'Excluded by name.';
  const norm = batchNormOf(node, model);
  if (typeof norm === 'string') return norm;
  const before = twin.is('BatchNormalization') ? batchNormOf(twin, original) : undefined;
  if (typeof before !== 'object') return 'In the original it is no batch norm with statistics of its own.';
  const [now, then] = [norm.scale.length, before.scale.length];
  const repair = { norm, ...endsOf(node), channels: now, axis: 1, width: 1 } as const;
  if (now === then) return repair;
  const told = known?.get(repair.output)?.at(1);
  const kept = told?.length === now ? [...told] : keptRows(parametersOf(norm), parametersOf(before), 4);
  return kept ? { ...repair, kept } : 'Which channels of the original are left cannot be told from its parameters.';
}

const endsOf = (node: Node) => ({ node, input: node.input(0)!.name, output: node.output(0)!.name });

/** Channels × 4: what tells them from each other. */
function parametersOf({ scale, shift, mean, variance }: BatchNorm): Matrix {
  const rows = [...scale].flatMap((gamma, c) => [gamma, shift[c]!, mean[c]!, variance[c]!]);
  return matrix(scale.length, 4, Float64Array.from(rows));
}

/** All groups below each other. */
function allRows(layer: LinearLayer): Matrix {
  const parts = Array.from({ length: layer.groups }, (_, group) => weightsOf(layer, group));
  const size = layer.outputs * fanIn(layer);
  const data = new Float64Array(layer.groups * size);
  parts.forEach((part, group) => data.set(part.data, group * size));
  return matrix(layer.groups * layer.outputs, fanIn(layer), data);
}

const tapsOf = ({ kernel }: LinearLayer): number => countElements(kernel);

/** Where the output goes to one addition only, and both addends are as in the original. */
function withBranch(repair: LayerRepair, twins: ReadonlyMap<string, Node>, inference: Inference): LayerRepair {
  const output = repair.layer.node.output(0)!;
  const [sum] = output.consumers();
  if (output.useCount !== 1 || !sum?.is('Add') || sum.graph !== repair.layer.node.graph) return repair;
  const twin = sum.output(0) && twins.get(sum.output(0)!.name);
  const branch = sum.input(sum.input(0) === output ? 1 : 0);
  const made = branch?.producer && !constantSource(branch, sum.graph!);
  if (
    !made ||
    !sameShape(inference, branch, output) ||
    !twin?.is('Add') ||
    !twin.inputs.some((value) => value?.name === branch.name)
  )
    return repair;
  return twin.inputs.some((value) => value?.name === repair.output) ? { ...repair, branch: branch.name } : repair;
}

function sameShape(inference: Inference, a: Value, b: Value): boolean {
  const [left, right] = [inference.shapeOf(a), inference.shapeOf(b)];
  return left !== undefined && left.length === right?.length && left.every((dim, axis) => sameDim(dim, right[axis]!));
}
