/** Decides for every node whether it computes in float16 or stays in float32, and why. */
import { type Graph } from '../../graph/graph';
import { type Model } from '../../graph/model';
import { type Node } from '../../graph/node';
import { type Value } from '../../graph/value';
import { type Inference } from '../../operators/infer';
import { matchesName } from '../../pass/option';
import { isControlFlow, isFatalPair, isFixedInput, isFixedOutput, isMover, isQuantized, operatorReason } from './rules';

/** What a node does: 'half' computes in float16, 'full' in float32, 'none' does not care, 'constant' is as its readers. */
export type Role = 'half' | 'full' | 'none' | 'constant';

/** The decision for every node of a model, bodies included. */
export interface Plan {
  readonly roles: ReadonlyMap<Node, Role>;
  /** Why a node stays in float32; nodes with bodies, which compute nothing themselves, have none. */
  readonly reasons: ReadonlyMap<Node, string>;
}

/** What the plan must respect beside the rules of the operators. */
export interface PlanOptions {
  readonly exclude: readonly string[];
  /** False when graph inputs become float16. */
  readonly keepIoTypes: boolean;
  /** Nodes that a measurement sent back to float32, with the reason. */
  readonly forced?: ReadonlyMap<Node, string>;
}

/** Plans a model whose types are `inference`'s. */
export function planFloat16(model: Model, inference: Inference, options: PlanOptions): Plan {
  const roles = new Map<Node, Role>();
  const reasons = new Map<Node, string>();
  const sizes = sizeArithmetic(model.graph);
  const closed = nodesInClosedBodies(model.graph);
  for (const node of model.graph.allNodes()) {
    const role = firstRole(node, inference);
    roles.set(node, role);
    if (role !== 'half') continue;
    const reason =
      closed.get(node) ??
      options.forced?.get(node) ??
      (matchesName(node.name, options.exclude) ? 'Excluded by name.' : undefined) ??
      (model.functionOf(node.domain, node.opType, node.overload) ? 'It calls a function of the model.' : undefined) ??
      operatorReason(node, model.opset) ??
      typeReason(node, inference) ??
      (sizes.has(node) ? 'It computes sizes, which must stay exact.' : undefined) ??
      (isFatalPair(node) ? 'In float16 ONNX Runtime 1.30 dies of fusing it with the product behind it.' : undefined) ??
      (nextToQuantized(node) ? 'It is part of quantized arithmetic.' : undefined);
    if (reason === undefined) continue;
    roles.set(node, 'full');
    reasons.set(node, reason);
  }
  settleMovers(model.graph, inference, options.keepIoTypes, roles, reasons);
  return { roles, reasons };
}

/** True for a float32 tensor. */
export function isFloat32(value: Value | undefined, inference: Inference): boolean {
  const type = value && inference.typeOf(value);
  return (type?.kind === 'tensor' || type?.kind === 'sparse-tensor') && type.dataType === 'float';
}

function firstRole(node: Node, inference: Inference): Role {
  if (isControlFlow(node)) return 'full';
  // They ask for a shape, whatever the type.
  if (node.is('Shape') || node.is('Size')) return 'none';
  const values = [...node.inputs, ...node.outputs];
  // What is float32 whatever the node computes in tells nothing about it.
  const floats =
    node.inputs.some((value, index) => isFloat32(value, inference) && !isFixedInput(node, index)) ||
    node.outputs.some((value, index) => isFloat32(value, inference) && !isFixedOutput(node, index));
  if (node.is('Constant')) return floats ? 'constant' : 'none';
  const unknown = values.some((value) => value && inference.typeOf(value)?.kind !== 'tensor');
  return floats || unknown ? 'half' : 'none';
}

function typeReason(node: Node, inference: Inference): string | undefined {
  for (const value of [...node.inputs, ...node.outputs]) {
    if (!value) continue;
    const type = inference.typeOf(value);
    if (!type) return `The type of "${value.name}" is not known.`;
    if (type.kind !== 'tensor') return `"${value.name}" is a ${type.kind}.`;
  }
  return undefined;
}

/** Nodes in bodies of operators that are no control flow (BeamSearch …): what those do with a body is theirs to know. */
function nodesInClosedBodies(graph: Graph, found = new Map<Node, string>(), reason?: string): Map<Node, string> {
  for (const node of graph.nodes()) {
    if (reason !== undefined) found.set(node, reason);
    const inside =
      reason ?? (isControlFlow(node) ? undefined : `It is in a body of ${node.opType}, which wants float32.`);
    for (const body of node.bodies) nodesInClosedBodies(body, found, inside);
  }
  return found;
}

/** Nodes that compute with nothing but shapes and constants. */
function sizeArithmetic(graph: Graph, known = new Set<Node>()): Set<Node> {
  for (const node of graph.nodes()) {
    const inputs = node.inputs.filter(
      (value) => value !== undefined && !value.constant && !value.producer?.is('Constant'),
    );
    const fromSizes = inputs.length > 0 && inputs.every((value) => value!.producer && known.has(value!.producer));
    // A tensor that is made to a size is data, and so is what follows from it.
    const fills = node.is('ConstantOfShape') || node.is('Expand');
    if (node.is('Shape') || node.is('Size') || (fromSizes && !fills)) known.add(node);
    for (const body of node.bodies) sizeArithmetic(body, known);
  }
  return known;
}

/** Reads what a quantized operator gives (also through the Cast of its accumulator), or feeds one. */
function nextToQuantized(node: Node): boolean {
  if (isQuantized(node)) return true;
  const reads = node.inputs.some((value) => {
    const producer = value?.producer;
    if (!producer) return false;
    if (isQuantized(producer)) return true;
    const accumulator = producer.is('Cast') ? producer.input(0)?.producer : undefined;
    return accumulator !== undefined && isQuantized(accumulator);
  });
  return reads || node.outputs.some((value) => value?.consumers().some(isQuantized));
}

/** Nodes that only move data, between nodes in float32 alone, stay in float32 too: a cast before and after gains nothing. */
function settleMovers(
  graph: Graph,
  inference: Inference,
  keepIoTypes: boolean,
  roles: Map<Node, Role>,
  reasons: Map<Node, string>,
): void {
  const halfInputs: ReadonlySet<Value> = new Set(keepIoTypes ? [] : graph.inputs);
  const fullInput = (value: Value | undefined): boolean => {
    if (!value || !isFloat32(value, inference) || value.constant) return true;
    const { producer, outputIndex } = value;
    if (!producer) return !halfInputs.has(value);
    return roles.get(producer) !== 'half' || isFixedOutput(producer, outputIndex);
  };
  const fullOutput = (value: Value | undefined): boolean => {
    if (!value || !isFloat32(value, inference)) return true;
    return value.uses().every(({ node, index }) => roles.get(node) !== 'half' || isFixedInput(node, index));
  };
  const movers = [...graph.allNodes()].filter((node) => isMover(node) && roles.get(node) === 'half');
  for (let changed = true; changed;) {
    changed = false;
    for (const node of movers) {
      if (roles.get(node) !== 'half' || !node.inputs.every(fullInput) || !node.outputs.every(fullOutput)) continue;
      roles.set(node, 'full');
      reasons.set(node, 'It moves data between nodes in float32.');
      changed = true;
    }
  }
}
