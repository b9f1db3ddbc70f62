/** Cross-layer equalization: see README.md. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { LapidaryError } from '../../protocol/errors';
import { type SkippedLayer } from '../../protocol/report';
import { Judge } from '../simplify/verify';
import { attempt, type Gate } from './attempt';
import { boundedClips, idleClips, openClip } from './clips';
import { type declaration } from './declaration';

type Options = ValuesOf<(typeof declaration)['options']>;

/** Agreement (dB) with the original that float32 rounding alone stays above. */
const exact = 100;
/** Groups that may turn out inexact before the pass gives the model up. */
const mostCulprits = 16;

/**
 * Scales channels so that the weights on both sides of them have the same range; outputs are compared with the
 * original, and what is not exact is undone. Throws `unsupported` when a model stays different.
 */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const openClips = await openable(model, options, context);
  const blocked = new Set<string>();
  const undone: SkippedLayer[] = [];
  const attempted = (limit: number) =>
    attempt(model, { exclude: options.exclude, openClips, blocked, limit } satisfies Gate);
  let outcome = attempted(Infinity);
  context.progress({ fraction: 0.7, message: 'Comparing with the original' });
  // A Relu in place of a ReLU6 that nothing reaches is exact on the data, but not on random inputs.
  const judge = outcome.groups.length > 0 && (await Judge.of(withOpenClips(model, outcome.opened), context, exact));
  while (judge && outcome.groups.length > 0) {
    const verdict = await judge.compare(outcome.model);
    if (verdict === 'equal' || verdict === 'unknown') break;
    const culprit =
      outcome.groups[
        await firstInexact(outcome.groups.length, async (limit) => {
          const found = await judge.compare(attempted(limit).model);
          return found !== 'equal' && found !== 'unknown';
        })
      ];
    if (culprit === undefined || blocked.size >= mostCulprits) {
      const hint = 'Please report this model: equalizing is wrong for it.';
      throw new LapidaryError('unsupported', `Equalizing changed the outputs (${verdict}).`, { hint });
    }
    blocked.add(culprit);
    const node = culprit.split('|')[0]!;
    undone.push({ node, opType: opTypeOf(model, node), reason: `Not exact, so undone (${verdict}).` });
    outcome = attempted(Infinity);
  }
  const { changed, groups, opened } = outcome;
  const named = new Set(undone.map(({ node }) => node));
  const skipped = [...undone, ...outcome.skipped.filter(({ node }) => !named.has(node))];
  if (groups.length === 0) return { model, changed: [], skipped, notes: ['No channels can be evened out.'] };
  return {
    model: outcome.model,
    changed,
    skipped,
    notes: notesOf(groups.length, opened.length, options, judge || undefined),
  };
}

/** First outputs of the Clips that may become Relu. */
async function openable(model: Model, { relu6 }: Options, context: PassContext): Promise<ReadonlySet<string>> {
  if (relu6 === 'never') return new Set();
  const clips = boundedClips(model);
  const nodes = relu6 === 'always' ? clips.map(({ node }) => node) : await idleClips(model, clips, context);
  return new Set([...nodes].map((node) => node.output(0)!.name));
}

function withOpenClips(model: Model, opened: readonly string[]): Model {
  if (opened.length === 0) return model;
  const copy = cloneModel(model);
  for (const node of copy.graph.nodes()) if (opened.includes(node.output(0)?.name ?? '')) openClip(node);
  return copy;
}

/** Index of the first group with which the outputs differ. */
async function firstInexact(count: number, differs: (limit: number) => Promise<boolean>): Promise<number> {
  let [good, bad] = [0, count];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (await differs(middle)) bad = middle;
    else good = middle;
  }
  return good;
}

const opTypeOf = (model: Model, label: string): string =>
  [...model.graph.allNodes()].find((node) => node.label === label)?.opType ?? '';

function notesOf(groups: number, opened: number, { relu6 }: Options, judge: Judge | undefined): string[] {
  const notes = [`${groups} ${groups === 1 ? 'set' : 'sets'} of channels evened out.`];
  if (judge?.reason) notes.push(`The outputs were not compared: ${judge.reason.replace(/\.$/, '')}.`);
  else notes.push('Outputs were compared on random inputs and agree.');
  if (opened > 0) {
    const why =
      relu6 === 'always' ? 'outputs change where values reached the bound' : 'no value of the data reached the bound';
    notes.push(`${opened} ReLU6 became Relu: ${why}.`);
  }
  return notes;
}
