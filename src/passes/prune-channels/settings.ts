/** The pass's options as what a round of pruning takes. */
import { type ChannelGroup } from '../../operators/groups/groups';
import { type ValuesOf } from '../../pass/option';
import { type PlanSettings } from '../../pass/prune/plan';
import { excludedReason } from '../../pass/prune/round';
import { channelStep } from '../../runtime/processor';
import { type declaration } from './declaration';

/** Options of the pass. */
export type Settings = ValuesOf<(typeof declaration)['options']>;

/** `amount` of `target` goes, within the bounds that were given. */
export function planOf(
  amount: number,
  target: PlanSettings['target'],
  options: Settings,
): Omit<PlanSettings, 'perCost' | 'scope'> {
  const { multipleOf, maxShare } = options;
  const adaptMultiple = multipleOf === 0;
  return { amount, target, maxShare, adaptMultiple, multipleOf: adaptMultiple ? channelStep() : multipleOf };
}

/** Why a group keeps all of its channels, as a sentence; undefined when it may lose some. */
export function reasonToKeep(group: ChannelGroup, { exclude, approximate }: Settings): string | undefined {
  const excluded = excludedReason(group, exclude);
  if (excluded === 'Excluded by name.') return excluded;
  if (group.kind === 'heads') return 'Its channels are attention heads: prune-heads is for those.';
  if (group.frozen && !(group.frozen.inexact && approximate)) return group.frozen.reason;
  return group.channels.length < 2 ? 'It has one channel only.' : excluded;
}
