/** Gates in words: what was wanted, what was found. Pure. */
import { type GateName, type GateReport } from '../protocol/recipe';
import { formatDecibels, significant } from './format';
import { englishWords, fill, type ReportWords } from './words';

/** A gate, ready to be shown. */
export interface GateRow {
  /** "SQNR". */
  readonly title: string;
  /** "41.2 dB", "identical outputs" or "not measured". */
  readonly measured: string;
  /** "at least 30.0 dB". */
  readonly wanted: string;
  readonly passed: boolean;
  /** Why it failed where the numbers do not tell. */
  readonly reason?: string;
}

const titleKeys = {
  maxSizeRatio: 'gateSize',
  minSpeedup: 'gateSpeedup',
  minSqnrDb: 'gateSqnr',
  maxMetricDrop: 'gateMetric',
} as const satisfies Record<GateName, keyof ReportWords>;

/** Three digits without zeros at the end: a number that was typed by hand reads as it was typed. */
const trimmed = (value: number): string => {
  const text = significant(value);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
};

const formats: Readonly<Record<GateName, (value: number) => string>> = {
  maxSizeRatio: trimmed,
  minSpeedup: (value) => `${trimmed(value)}×`,
  minSqnrDb: formatDecibels,
  maxMetricDrop: trimmed,
};

/** The row of a gate. */
export function gateRow(
  { gate, wanted, measured, passed, reason }: GateReport,
  words: ReportWords = englishWords,
): GateRow {
  const format = formats[gate];
  const nothing = reason === undefined ? words.identical : words.notMeasured;
  return {
    title: words[titleKeys[gate]],
    measured: measured === null ? nothing : format(measured),
    wanted: fill(gate.startsWith('max') ? words.atMost : words.atLeast, format(wanted)),
    passed,
    ...(reason !== undefined && { reason }),
  };
}

/** "Speed-up: 1.02×, wanted at least 1.5×: failed. The difference is inside the noise." */
export function gateText(report: GateReport, words: ReportWords = englishWords): string {
  const { title, measured, wanted, passed, reason } = gateRow(report, words);
  const line = fill(words.gateLine, title, measured, wanted, passed ? words.gatePassed : words.gateFailed);
  return reason === undefined ? line : `${line} ${reason}`;
}
