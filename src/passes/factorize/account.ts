/** What the report says of a factorization. */
import { bitsOf } from '../../graph/dataType';
import { type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { type ChangedLayer } from '../../protocol/report';
import { formatMillisecondsPair } from '../../report/format';
import { type Times } from './measure';
import { type Problem } from './lowRank';
import { type declaration } from './declaration';
import { type Layer } from './layers';
import { type Candidate, describe, fullRanks } from './schemes';

/** Scheme, ranks and loss of one layer. */
export function accountOf(
  layer: Layer,
  candidate: Candidate,
  problems: readonly Problem[],
  times?: Times,
): Omit<ChangedLayer, 'node' | 'opType'> {
  const bytes = bitsOf(layer.dataType) / 8;
  const { scheme, ranks, loss, parameters } = candidate;
  const what = problems.some(({ gram }) => gram) ? 'output' : 'weights';
  return {
    what: `${describe(layer, scheme, ranks)}; ${percent(loss)} of the energy of its ${what} lost`,
    removed: fullRanks(layer, scheme).map((before, index) => ({ unit: 'ranks', before, after: ranks[index]! })),
    bytesBefore: layer.tensor.size * bytes,
    bytesAfter: parameters * bytes,
    ...(times && { latencyBeforeMs: times.beforeMs, latencyAfterMs: times.afterMs }),
    ...(what === 'weights' && { weightSqnrDb: loss > 0 ? -10 * Math.log10(loss) : null }),
  };
}

/** A chain with its times, for a layer that stays as it was. */
export const inWords = ({ scheme, ranks }: Candidate, layer: Layer, { beforeMs, afterMs }: Times): string =>
  `${describe(layer, scheme, ranks)} takes ${formatMillisecondsPair(beforeMs, afterMs)}`;

/** Whether the budget was met (`left` is the share of the cost that is), and on what the choice rests. */
export function notesOf(
  left: number,
  options: ValuesOf<(typeof declaration)['options']>,
  { data, tried }: Pick<PassContext, 'data'> & { readonly tried?: number | undefined },
): string[] {
  const what = options.cost === 'macs' ? 'multiply-accumulates' : 'parameters';
  const notes = [`${percent(left)} of the ${what} remain.`];
  if (options.rankBy === 'ratio' && left > options.ratio * 1.001) {
    notes.push(`The ratio of ${options.ratio} is not reached: no other layer gets cheaper, or none gets faster here.`);
  }
  if (tried !== undefined) {
    notes.push(`The budget was spent by what the outputs lose on ${tried} samples that nothing was fitted to.`);
  }
  notes.push(
    data
      ? `Factors keep what layers put out on ${data.description}.`
      : 'Factors keep the weights; with data they would keep the outputs, which is better.',
  );
  return notes;
}

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
