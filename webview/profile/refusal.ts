/** An error about what was typed, as one line. */
import { type ErrorReport } from '../../src/protocol/errors';
import { visibleName } from '../../src/report/text';

/** What is wrong and what to do; where is plain to see. */
export function describeErrorShort({ message, hint }: ErrorReport): string {
  return visibleName([message, hint].filter((part) => part !== undefined).join(' '));
}
