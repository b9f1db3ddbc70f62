/**
 * Raises a model to a newer version of ai.onnx, so that passes can use operators the model's own version lacks.
 * The changes of each version are rules (rules/*.ts); what has no rule reads the same in every version.
 */
import { cloneModel } from '../../graph/clone';
import { type Graph } from '../../graph/graph';
import { type Model, type ModelFunction } from '../../graph/model';
import { type Node } from '../../graph/node';
import { LapidaryError } from '../../protocol/errors';
import { inferModel } from '../infer';
import { irVersionOfOpset, raiseIrVersion } from './irVersion';
import { CannotUpgrade, Step } from './rule';
import { newestOpset, ruleOf } from './table';
import { type Infer, TypeLookup } from './types';

/** A node that was rewritten on the way. */
export interface UpgradedNode {
  readonly node: string;
  readonly opType: string;
  /** The version whose change was followed. */
  readonly version: number;
}

/** A raised model and an account of it. */
export interface UpgradeResult {
  readonly model: Model;
  readonly from: number;
  readonly to: number;
  readonly changed: readonly UpgradedNode[];
  /** Assumptions that had to be made, each naming its node. */
  readonly notes: readonly string[];
}

/** A node that has no equivalent in the newer version. */
export interface UpgradeProblem {
  readonly node: string;
  readonly opType: string;
  readonly version: number;
  readonly reason: string;
}

interface Journey {
  readonly model: Model;
  readonly changed: UpgradedNode[];
  readonly problems: UpgradeProblem[];
  readonly notes: string[];
}

/**
 * A copy of `model` with ai.onnx raised to `target` (at most 26), functions and bodies included; the copy is as it was
 * when it is there already. Throws `unsupported`, naming every node that cannot follow.
 */
export function upgradeModel(model: Model, target: number): UpgradeResult {
  const { problems, ...journey } = travel(model, target, inferModel);
  const [first] = problems;
  if (!first) return { ...journey, from: model.opset, to: Math.max(target, model.opset) };
  const shown = problems.slice(0, 5).map((p) => `${p.opType} "${p.node}" to version ${p.version}: ${p.reason}`);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : '';
  throw new LapidaryError(
    'unsupported',
    `The model cannot be raised from opset ${model.opset} to ${target}: ${shown.join('; ')}${more}.`,
    { model: model.path, node: first.node, hint: 'Export the model again at a newer opset.' },
  );
}

/** What would keep `upgradeModel` from succeeding; empty when nothing does. */
export function upgradeProblems(model: Model, target: number): readonly UpgradeProblem[] {
  return travel(model, target, inferModel).problems;
}

function travel(original: Model, target: number, infer: Infer): Journey {
  if (target > newestOpset) {
    const message = `Opset ${target} is newer than the newest one known here, ${newestOpset}.`;
    throw new LapidaryError('unsupported', message, { model: original.path });
  }
  const model = cloneModel(original);
  const journey: Journey = { model, changed: [], problems: [], notes: [] };
  const types = new TypeLookup(original, model, infer);
  if (original.opset < target) {
    raiseIrVersion(model, Math.max(4, irVersionOfOpset(target)));
    raise(model.graph, original.opset, target, types, false, journey);
    model.opsets.set('', target);
  }
  model.functions = model.functions.map((f) => raiseFunction(f, target, types, journey));
  return journey;
}

function raiseFunction(f: ModelFunction, target: number, types: TypeLookup, journey: Journey): ModelFunction {
  const from = f.opsets.get('');
  if (from === undefined || from >= target) return f;
  raise(f.body, from, target, types, true, journey);
  return { ...f, opsets: new Map(f.opsets).set('', target) };
}

function raise(graph: Graph, from: number, target: number, types: TypeLookup, inFunction: boolean, to: Journey): void {
  const shared: ConstructorParameters<typeof Step>[4] = new Map();
  const note = (node: Node, text: string): void => void to.notes.push(`${node.label}: ${text}`);
  for (let version = from + 1; version <= target; version++) {
    const step = new Step(version, target, types, inFunction, shared, note);
    // Inserted nodes are of this version already, so the walk must not meet them: list the nodes first.
    const pending = [...graph.allNodes()].filter((node) => node.domain === '' && ruleOf(node.opType, version));
    for (const node of pending) follow(node, step, to);
  }
}

function follow(node: Node, step: Step, journey: Journey): void {
  const { label, opType } = node;
  try {
    ruleOf(opType, step.version)!(node, step);
    journey.changed.push({ node: label, opType, version: step.version });
  } catch (thrown) {
    if (!(thrown instanceof CannotUpgrade)) throw thrown;
    journey.problems.push({ node: label, opType, version: step.version, reason: thrown.message });
  }
}
