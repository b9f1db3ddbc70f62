/** Says what nobody could work with in a model that could be read. */
import { LapidaryError } from '../protocol/errors';
import { type Model } from './model';

/** Newest opset of each of ONNX's own domains, and IR version, that ONNX has released (ONNX 1.23). */
const newestReleased = {
  irVersion: 14,
  opsets: new Map([
    ['', 28],
    ['ai.onnx.ml', 5],
    ['ai.onnx.training', 1],
    ['ai.onnx.preview.training', 1],
  ]),
} as const;

/**
 * Throws `invalid-model` for a graph without nodes or outputs, and for opsets and IR versions that do not exist. Models
 * newer than the runtime are fine here: running them is what fails.
 */
export function checkModel(model: Model): void {
  const problem = versionProblem(model) ?? graphProblem(model);
  if (problem)
    throw new LapidaryError('invalid-model', problem.message, {
      model: model.path,
      node: problem.node,
      hint: problem.hint,
    });
}

interface Problem {
  readonly message: string;
  readonly hint: string;
  readonly node?: string;
}

function versionProblem({ irVersion, opsets, graph }: Model): Problem | undefined {
  const { irVersion: newestIr, opsets: newest } = newestReleased;
  if (irVersion < 1 || irVersion > newestIr) {
    const message =
      irVersion === 0 ? 'The model has no IR version.' : `The model has the unknown IR version ${irVersion}.`;
    return { message, hint: `Versions 1 to ${newestIr} are known.` };
  }
  for (const [domain, version] of opsets) {
    const latest = newest.get(domain);
    if (latest === undefined || (version >= 1 && version <= latest)) continue;
    const message = `The model uses the unknown opset ${version} of ${domain || 'ai.onnx'}.`;
    return { message, hint: `Opsets 1 to ${latest} are known; export the model again for one of them.` };
  }
  // Before IR version 3 there were no imports: everything is opset 1.
  if (opsets.has('') || irVersion < 3) return undefined;
  for (const node of graph.allNodes()) {
    if (node.domain !== '') continue;
    const hint = 'Export the model again with a tool that writes opset_import.';
    return { message: 'The model does not say which opset of ai.onnx it uses.', hint, node: node.label };
  }
  return undefined;
}

function graphProblem({ graph }: Model): Problem | undefined {
  if (graph.nodeCount === 0) {
    return { message: 'The graph has no nodes.', hint: 'There is nothing in it to inspect, run or compress.' };
  }
  if (graph.outputs.length === 0) {
    return { message: 'The graph has no outputs.', hint: 'Export the model again with its outputs named.' };
  }
  return undefined;
}
