/** How the execution of layers is written for a person. */
import { type RunsAs } from '../protocol/audit';
import { type CompareReport } from '../protocol/report';
import { formatWhole } from './format';
import { englishWords, fill, type ReportWords } from './words';

const keys = {
  int8: 'runsInt8',
  'int8-dynamic': 'runsDynamic',
  'weights-only': 'runsPacked',
  'float-qdq': 'runsBeside',
  float: 'runsFloat',
  removed: 'runsRemoved',
} as const satisfies Record<RunsAs, keyof ReportWords>;

/** A word or two: "float + Q/DQ". */
export const runsAsText = (how: RunsAs, words: ReportWords = englishWords): string => words[keys[how]];

/**
 * "26 of 26 layers with MACs run in int8": what merely moves numbers along does not count. Undefined where nobody looked
 * at how layers run, or none runs in int8.
 */
export function int8Text(
  { layers }: Pick<CompareReport, 'layers'>,
  words: ReportWords = englishWords,
): string | undefined {
  const working = layers.filter(({ after, runsAs }) => runsAs !== undefined && after !== undefined && after.macs !== 0);
  const int8 = working.filter(({ runsAs }) => runsAs === 'int8' || runsAs === 'int8-dynamic');
  return int8.length === 0 ? undefined : fill(words.int8Layers, formatWhole(int8.length), formatWhole(working.length));
}
