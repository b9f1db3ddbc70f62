/** Cross-layer equalization: see README.md. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { keepExactScaling } from '../../pass/channels/exactScaling';
import { type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { attempt } from './attempt';
import { boundedClips, idleClips, openClip } from './clips';
import { type declaration } from './declaration';

type Options = ValuesOf<(typeof declaration)['options']>;

/**
 * Scales channels so that the weights on both sides of them have the same range; outputs are compared with the
 * original, and what is not exact is undone. Throws `unsupported` when a model stays different.
 */
export async function apply(model: Model, options: Options, context: PassContext): Promise<PassResult> {
  const openClips = await openable(model, options, context);
  const { outcome, undone, note } = await keepExactScaling(
    (bounds) => {
      context.progress({ fraction: 0.6, message: 'Evening out channels' });
      return attempt(model, { exclude: options.exclude, openClips, ...bounds });
    },
    // A Relu in place of a ReLU6 that nothing reaches is exact on the data, but not on random inputs.
    ({ opened }) => withOpenClips(model, opened),
    context,
  );
  const { changed, edits, opened } = outcome;
  const skipped = outcome.skipped.map((layer) => {
    const [, verdict] = [...undone].find(([key]) => key.split('|').includes(layer.node)) ?? [];
    return verdict === undefined ? layer : { ...layer, reason: `Not exact, so undone (${verdict}).` };
  });
  if (edits.length === 0) return { model, changed: [], skipped, notes: ['No channels can be evened out.'] };
  const notes = [`${edits.length} ${edits.length === 1 ? 'set' : 'sets'} of channels evened out.`, note];
  if (opened.length > 0) {
    const why =
      options.relu6 === 'always'
        ? 'outputs change where values reached the bound'
        : 'no value of the data reached the bound';
    notes.push(`${opened.length} ReLU6 became Relu: ${why}.`);
  }
  return { model: outcome.model, changed, skipped, notes };
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
