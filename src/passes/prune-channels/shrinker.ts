/** How a judged model becomes a smaller one: as the option "scope" says. */
import { type PassContext } from '../../pass/context';
import { allocate } from '../../pass/prune/allocate';
import { groupCurves } from '../../pass/prune/groupCurves';
import { type PlanSettings } from '../../pass/prune/plan';
import { cut, type Judged, prune, type Pruned } from '../../pass/prune/round';
import { LapidaryError } from '../../protocol/errors';
import { planOf, type Settings } from './settings';

/** Takes a share of the target out of the model that it was made for. */
export type Shrink = (amount: number, target: PlanSettings['target']) => Pruned;

/** A way to shrink a model, and what is to be said of it. */
export interface Shrinker {
  readonly shrink: Shrink;
  readonly notes: readonly string[];
}

/** Samples that curves are measured on, and seconds after which groups that are not begun keep all channels. */
const mostSamples = 32;
const mostSeconds = 120;

/** Measures what each group costs the outputs where the options ask for it; any number of shares may be tried then. */
export async function shrinkerOf(judged: Judged, options: Settings, context: PassContext): Promise<Shrinker> {
  if (options.scope !== 'sensitivity') {
    const { scope } = options;
    return { shrink: (amount, target) => prune(judged, { ...planOf(amount, target, options), scope }), notes: [] };
  }
  const { runtime, data } = context;
  if (!runtime || !data) {
    throw new LapidaryError('usage', 'What a group of channels costs the outputs is measured on data.', {
      hint: 'Give images, arrays or a *.data.json with --data, or choose another scope.',
    });
  }
  const { curves, leftOut } = await groupCurves(judged, {
    ...{ runtime, samples: data, count: Math.min(mostSamples, options.calibrationSamples) },
    signal: context.signal,
    budgetMs: 1000 * mostSeconds,
    onProgress: (fraction, node) => {
      const message = 'Measuring what each group of channels costs the outputs';
      context.progress({ fraction: 0.2 + 0.6 * fraction, message, ...(node !== undefined && { node }) });
    },
  });
  const first = leftOut[0];
  return {
    shrink: (amount, target) => cut(judged, allocate(judged, curves, planOf(amount, target, options))),
    notes: first
      ? [`Groups of channels that stayed whole, since they were not measured: ${leftOut.length}. ${first.reason}`]
      : [],
  };
}
