/** What the report says of a factorization. */
import { bitsOf } from '../../graph/dataType';
import { type PassContext } from '../../pass/context';
import { type ValuesOf } from '../../pass/option';
import { type ChangedLayer } from '../../protocol/report';
import { type Problem } from './lowRank';
import { type declaration } from './declaration';
import { type FoundLayers, type Layer } from './layers';
import { type Candidate, describe } from './schemes';

/** Scheme, ranks and loss of one layer. */
export function accountOf(
  layer: Layer,
  candidate: Candidate,
  problems: readonly Problem[],
): Omit<ChangedLayer, 'node' | 'opType'> {
  const bytes = bitsOf(layer.dataType) / 8;
  const { scheme, ranks, loss, parameters } = candidate;
  const what = problems.some(({ gram }) => gram) ? 'output' : 'weights';
  return {
    what: `${describe(layer, scheme, ranks)}; ${percent(loss)} of the energy of its ${what} lost`,
    bytesBefore: layer.tensor.size * bytes,
    bytesAfter: parameters * bytes,
    ...(what === 'weights' && { weightSqnrDb: loss > 0 ? -10 * Math.log10(loss) : null }),
  };
}

/** Whether the budget was met, and on what the choice rests. */
export function notesOf(
  found: FoundLayers,
  chosen: readonly { readonly saving: number }[],
  options: ValuesOf<(typeof declaration)['options']>,
  { data }: Pick<PassContext, 'data'>,
): string[] {
  const left = 1 - chosen.reduce((sum, { saving }) => sum + saving, 0) / found[options.cost];
  const what = options.cost === 'macs' ? 'multiply-accumulates' : 'parameters';
  const notes = [`${percent(left)} of the ${what} remain.`];
  if (options.rankBy === 'ratio' && left > options.ratio * 1.001) {
    notes.push(`No more can be saved than that, so the ratio of ${options.ratio} is not reached.`);
  }
  notes.push(
    data
      ? `Factors keep what layers put out on ${data.description}.`
      : 'Factors keep the weights; with data they would keep the outputs, which is better.',
  );
  return notes;
}

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
