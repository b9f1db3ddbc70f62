/** What analyses of every kind make of a request. */
import { openData } from '../../data/openData';
import { type DataSource } from '../../data/source';
import { type Model } from '../../graph/model';
import { type PassDeclaration } from '../../pass/declaration';
import { OptionError, type Options, parseOptions, type ValuesOf } from '../../pass/option';
import { LapidaryError } from '../../protocol/errors';
import { type SensitivityRequest } from '../../protocol/jobs';
import { indexBounds, inputPorts } from '../../runtime/randomFeeds';
import { type JobContext } from '../context';

/** Samples that losses are measured on, unless told otherwise: enough to rank layers. */
export const measuredSamples = 16;

/** Seconds after which nothing more is begun, unless told otherwise. */
export const defaultSeconds = 300;

/** Said where nobody gave data. */
export const randomNote = 'The inputs were random: give data (--data) before you trust the order of the layers.';

/** The options of the pass whose loss is measured; throws `usage`. */
export function optionsOf<T extends Options>(
  declaration: PassDeclaration<T>,
  { options = {} }: SensitivityRequest,
): ValuesOf<T> {
  try {
    return parseOptions(declaration.options, options);
  } catch (thrown) {
    if (thrown instanceof OptionError) throw new LapidaryError('usage', thrown.message, {}, { cause: thrown });
    throw thrown;
  }
}

/** The data that was named, else random inputs. */
export function dataFor(model: Model, request: SensitivityRequest, context: JobContext): Promise<DataSource> {
  const { data = { source: 'random' }, dims, inputShapes } = request;
  const log = (message: string) => context.log(message);
  return openData(data, inputPorts(model, dims), { dims, inputShapes, bounds: indexBounds(model), log });
}

/** JSON has no infinity. */
export const finite = (db: number): number | null => (Number.isFinite(db) ? db : null);

/** Throws `usage` for ratios that are no shares, or not in order. */
export function mustBeShares(ratios: readonly number[]): void {
  const wrong = ratios.find((ratio, index) => !(ratio > 0 && ratio < 1) || ratio <= (ratios[index - 1] ?? 0));
  if (ratios.length !== 0 && wrong === undefined) return;
  throw new LapidaryError('usage', 'Ratios are shares between 0 and 1, the smallest first.', {
    hint: 'For instance 0.25,0.5,0.75.',
  });
}
