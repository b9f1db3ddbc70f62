/** Gates in words: what was wanted, what was found. Pure. */
import { type GateName, type GateReport } from '../protocol/recipe';
import { formatDecibels, significant } from './format';

/** What a person calls the figure that a gate is about. */
export const gateTitles: Readonly<Record<GateName, string>> = {
  maxSizeRatio: 'Size ratio',
  minSpeedup: 'Speed-up',
  minSqnrDb: 'SQNR',
  maxMetricDrop: 'Metric drop',
};

const format: Readonly<Record<GateName, (value: number) => string>> = {
  maxSizeRatio: (value) => trimmed(value),
  minSpeedup: (value) => `${trimmed(value)}×`,
  minSqnrDb: (value) => formatDecibels(value),
  maxMetricDrop: (value) => trimmed(value),
};

const isUpper = (gate: GateName): boolean => gate.startsWith('max');

/** Three digits, without zeros at the end; a number that was typed by hand reads as it was typed. */
const trimmed = (value: number): string => {
  const text = significant(value);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
};

/** "at most 0.3". */
export function wantedText({ gate, wanted }: GateReport): string {
  return `${isUpper(gate) ? 'at most' : 'at least'} ${format[gate](wanted)}`;
}

/** "0.271", "identical outputs", or "not measured". */
export function measuredText({ gate, measured, reason }: GateReport): string {
  if (measured !== null) return format[gate](measured);
  return reason === undefined ? 'identical outputs' : 'not measured';
}

/** "Speed-up: 1.02×, wanted at least 1.5×: failed. The difference is inside the noise." */
export function gateText(report: GateReport): string {
  const { gate, passed, reason } = report;
  const outcome = passed ? 'passed' : 'failed';
  const why = reason === undefined ? '' : ` ${reason}`;
  return `${gateTitles[gate]}: ${measuredText(report)}, wanted ${wantedText(report)}: ${outcome}.${why}`;
}
