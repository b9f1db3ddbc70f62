/** Drops residual blocks that change their input least. */
import { cloneModel } from '../../graph/clone';
import { type Model } from '../../graph/model';
import { type PassContext, throwIfCancelled } from '../../pass/context';
import { matchesName, type ValuesOf } from '../../pass/option';
import { type PassResult } from '../../pass/result';
import { samplesFor } from '../../pass/samples';
import { LapidaryError } from '../../protocol/errors';
import { type ChangedLayer, type SkippedLayer } from '../../protocol/report';
import { type declaration } from './declaration';
import { dropBlock } from './drop';
import { type Block, findBlocks } from './find';
import { type Looking, outputSimilarities, similarities } from './importance';

type Settings = ValuesOf<(typeof declaration)['options']>;

/** Removes the share of blocks that was asked for, the least important first. */
export async function apply(model: Model, options: Settings, context: PassContext): Promise<PassResult> {
  throwIfCancelled(context.signal);
  const all = findBlocks(model);
  const excluded = all.filter((block) => isExcluded(block, options));
  const free = all.filter((block) => !excluded.includes(block));
  const skipped = excluded.map(({ sum }) => left(sum, 'Excluded by name.'));
  if (all.length === 0) {
    const notes = ['The model has no residual block: no sum of a value and of what layers make of it.'];
    return { model, changed: [], skipped, notes };
  }
  const looking = await lookingAt(model, options, context);
  const wanted = Math.min(free.length, Math.max(1, Math.round(free.length * options.sparsity)));
  const copy = cloneModel(model);
  const changed: ChangedLayer[] = [];
  const scores = new Map<string, number>();
  while (changed.length < wanted) {
    const current = findBlocks(copy).filter((block) => free.some(({ sum }) => sum.label === block.sum.label));
    if (current.length === 0) break;
    const judge = options.criterion === 'output' ? outputSimilarities : similarities;
    const own = await judge(copy, current, looking);
    current.forEach(({ sum }, index) => scores.set(sum.label, own[index]!));
    const order = [...current.keys()].sort((a, b) => own[b]! - own[a]!);
    const going = order.slice(0, options.iterative ? 1 : wanted - changed.length).map((index) => current[index]!);
    // From the last to the first: the skip of one is often the sum of the one before.
    const last = [...inside(going)].sort((a, b) => current.indexOf(b) - current.indexOf(a));
    for (const block of last) {
      changed.push(gone(block, scores.get(block.sum.label)!));
      dropBlock(copy, block.output.name, block.skip.name);
    }
  }
  const dropped = new Set(changed.map(({ node }) => node));
  for (const { sum } of free) {
    if (!dropped.has(sum.label))
      skipped.push(left(sum, `It changes more than those that left (similarity ${shown(scores.get(sum.label))}).`));
  }
  const notes = [
    `Dropped ${changed.length} of ${all.length} residual blocks, judged on ${looking.samples.description}.`,
  ];
  if (looking.samples.random) notes.push('Random inputs say little of what the blocks do with real ones: give data.');
  return { model: copy, changed, skipped, notes };
}

/** Blocks without those that are part of another one's branch. */
function inside(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter(({ sum }) => !blocks.some((other) => other.nodes.includes(sum)));
}

async function lookingAt(
  model: Model,
  { calibrationSamples: samples }: Settings,
  context: PassContext,
): Promise<Looking> {
  const { runtime } = context;
  if (!runtime)
    throw new LapidaryError('runtime-missing', 'Blocks are judged by running the model, which takes a runtime.');
  const source = await samplesFor(model, context, Math.min(8, samples));
  return { runtime, samples: source, count: Math.min(samples, source.size), context };
}

const isExcluded = ({ sum, nodes }: Block, { exclude }: Settings): boolean =>
  [sum, ...nodes].some((node) => matchesName(node.label, exclude));

const left = ({ label, opType }: Block['sum'], reason: string): SkippedLayer => ({ node: label, opType, reason });

const shown = (similarity: number | undefined): string =>
  similarity === undefined ? 'unknown' : similarity.toFixed(3);

function gone({ sum, nodes, weightBytes }: Block, similarity: number): ChangedLayer {
  const what = `block of ${nodes.length} nodes dropped, similarity ${shown(similarity)}`;
  const removed = [{ unit: 'nodes', before: nodes.length, after: 0 }] as const;
  return { node: sum.label, opType: sum.opType, what, removed, bytesBefore: weightBytes, bytesAfter: 0 };
}
