/** Simplification: see README.md. */
import { checkModel } from '../../graph/check';
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { upgradeModel } from '../../operators/upgrade/upgrade';
import { constantNowNotes } from '../../pass/constantNow';
import { breathe, type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { Judge } from '../../pass/sameness/judge';
import { type Bounds, keepExact, type Try, unbounded } from '../../pass/sameness/keepExact';
import { LapidaryError } from '../../protocol/errors';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { type declaration } from './declaration';
import { type Edit, Editor, type Rewrite } from './editor';
import { fuseChains } from './rewrites/chains';
import { ownBodyOutputs } from './rewrites/bodies';
import { takeConstantBranch } from './rewrites/conditions';
import { foldConstants } from './rewrites/constants';
import { removeDead, removeUnusedWeights } from './rewrites/dead';
import { mergeEqualInitializers, mergeEqualNodes } from './rewrites/duplicates';
import { fuseGemm } from './rewrites/gemm';
import { hoistConstants } from './rewrites/hoist';
import { foldAffine, foldPads } from './rewrites/layers';
import { removeNoops } from './rewrites/noops';
import { fuseNorms } from './rewrites/norms';
import { dropZeroStates } from './rewrites/recurrent';
import { foldShapes } from './rewrites/shapes';
import { fuseViews } from './rewrites/views';

type Options = ValuesOf<(typeof declaration)['options']>;

/** Rounds after which a model that still changes is taken as it is; real ones settle in two to five. */
const mostRounds = 20;
/** Edits that may turn out inexact before the pass gives the model up. */
const mostCulprits = 24;

interface Outcome extends Try {
  readonly made: readonly Edit[];
}

/**
 * Rewrites the model until nothing more applies, then compares it with the original on random inputs. An edit that
 * changed an output by more than rounding is found by bisection, left out, and reported.
 * Throws `unsupported` when the model cannot be raised to the opset that was asked for.
 */
export function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  return applyRewrites(model, rewritesFor(options), options, context);
}

/** The pass with rewrites of one's own: what a test of the check needs. */
export async function applyRewrites(
  model: Model,
  rewrites: readonly Rewrite[],
  options: Options,
  context: PassContext,
): Promise<PassResult> {
  // Without outputs nothing would be left.
  checkModel(model);
  const base = options.opset > model.opset ? upgradeModel(model, options.opset).model : model;
  const raised: ChangedLayer[] = base === model ? [] : raisedNodes(model, `opset ${model.opset} → ${base.opset}`);
  const known = new Map<string, Edit>();
  const attempt = async (bounds: Bounds): Promise<Outcome> => {
    const outcome = await rewrite(base, rewrites, bounds, options, context);
    for (const edit of outcome.made) known.set(edit.key, edit);
    return outcome;
  };
  const first = await attempt(unbounded);
  if (first.edits.length === 0 && raised.length === 0) {
    return { model, changed: [], skipped: [], notes: ['Nothing in it can be simplified.'] };
  }
  const judge = await Judge.of(model, context, options.minSqnr);
  const difference = raised.length > 0 ? await judge.differenceOf(base) : undefined;
  if (difference !== undefined) throw inexact(`raising it to opset ${base.opset}: ${difference}`);
  const { signal } = context;
  const { outcome, undone } = await keepExact(first, attempt, { judge, signal, mostCulprits, giveUp: inexact });
  const changed = [...raised, ...outcome.made.map(({ node, opType, what }) => ({ node, opType, what }))];
  const skipped = [...undone].map(([key, verdict]): SkippedLayer => {
    const { node, opType, what } = known.get(key)!;
    return { node, opType, reason: `Not exact, so undone: ${what} (${verdict}).` };
  });
  const notes = notesOf(model, outcome.model, judge);
  return { model: changed.length > 0 ? outcome.model : model, changed, skipped, notes };
}

function rewritesFor({ foldConstants: fold, fuse }: Options): readonly Rewrite[] {
  return [
    removeUnusedWeights,
    ownBodyOutputs,
    hoistConstants,
    takeConstantBranch,
    removeNoops,
    ...(fold ? [foldShapes, foldConstants] : []),
    fuseViews,
    fuseChains,
    dropZeroStates,
    removeDead,
    mergeEqualNodes,
    ...(fuse ? [fuseNorms, foldAffine, foldPads, fuseGemm] : []),
    mergeEqualInitializers,
    removeDead,
  ];
}

/** All rewrites, again and again, until none applies. Deterministic: the same gate gives the same edits. */
async function rewrite(
  base: Model,
  rewrites: readonly Rewrite[],
  gate: Bounds,
  { exclude }: Options,
  context: PassContext,
): Promise<Outcome> {
  const model = cloneModel(base);
  unlistWeights(model);
  const editor = new Editor(model, context.runtime, gate, exclude);
  for (let round = 0; round < mostRounds; round++) {
    const before = editor.edits.length;
    for (const { id, apply: run } of rewrites) {
      await breathe(context.signal);
      const at = editor.edits.at(-1)?.node;
      context.progress({ fraction: Math.min(0.9, 0.1 * round), message: `Simplifying: ${id}`, node: at });
      editor.refresh();
      await run(editor);
    }
    if (editor.edits.length === before) break;
  }
  return { model, edits: editor.edits.map(({ key }) => key), made: editor.edits };
}

/**
 * Before IR version 4 every initializer has to be listed as an input, those that we add too; from 4 on a listed one is
 * a default that callers may replace, which keeps runtimes from working with it.
 */
function unlistWeights(model: Model): void {
  if (model.irVersion >= 4) return;
  model.irVersion = 4;
  const { inputs } = model.graph;
  for (let index = inputs.length - 1; index >= 0; index--) if (inputs[index]!.constant) inputs.splice(index, 1);
}

function inexact(verdict: string): LapidaryError {
  const hint = 'Please report this model: a rewrite is wrong for it.';
  return new LapidaryError('unsupported', `Simplifying changed the outputs (${verdict}).`, { hint });
}

/** A raised model changes as a whole: the report names its first node. */
function raisedNodes(model: Model, what: string): ChangedLayer[] {
  const [first] = model.graph.nodes();
  return first ? [{ node: first.label, opType: first.opType, what: `the whole model: ${what}` }] : [];
}

function notesOf(before: Model, after: Model, judge: Judge): string[] {
  const count = (model: Model): number => [...model.graph.allNodes()].length;
  const notes = [`${count(before)} → ${count(after)} nodes.`];
  if (judge.reason) notes.push(`The outputs were not compared: ${judge.reason.replace(/\.$/, '')}.`);
  else if (judge.settledFor === undefined) {
    notes.push('Outputs were compared with the original on random inputs and agree.');
  } else {
    const db = judge.settledFor.toFixed(0);
    notes.push(
      `Outputs were compared with the original on random inputs and agree to ${db} dB: moving the inputs by their last bit changes those of the original as much.`,
    );
  }
  notes.push(...constantNowNotes(before.graph.inputs.length - after.graph.inputs.length));
  const grown = judge.fileBytes.after - judge.fileBytes.before;
  if (grown > 0) notes.push(`The file grows by ${grown} bytes: values that every run computed are stored now.`);
  return notes;
}
