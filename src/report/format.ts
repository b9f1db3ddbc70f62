/**
 * Numbers, names and ratios as a person reads them. One place for the command line, the exported reports and the
 * pages, so that a figure reads the same wherever it is shown. Pure: imports nothing, needs no Node and no browser.
 *
 * Conventions: three significant digits, SI prefixes (1 MB = 10^6 bytes), a space before the unit (views keep it from
 * wrapping), a full stop as the decimal sign. Rounding never claims more than is known: what is not exactly 100 % never reads "100 %".
 */

/** Stands for a number that nobody knows. */
export const unknownMark = '–';

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** `digits` significant digits, without exponents down to 10^-4 and up to 10^21: 349.15 → "349", 9.104 → "9.10". */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? unknownMark : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e21) return exponential(value, digits);
  const exponent = Math.floor(Math.log10(Number(size.toPrecision(digits))));
  const text = Number(value.toPrecision(digits)).toFixed(Math.min(20, Math.max(0, digits - 1 - exponent)));
  return withMinus(text);
}

function exponential(value: number, digits: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(digits - 1).split('e');
  return withMinus(`${mantissa}e${exponent.replace('+', '').replace('-', '−')}`);
}

function withMinus(text: string): string {
  return text.replace(/^-/, '−');
}

/** Index of the prefix that suits a number; told apart from the number so that two numbers can share one. */
function scaleOf(value: number, digits = 3): number {
  const size = Math.abs(Number(value.toPrecision(digits)));
  if (!Number.isFinite(size) || size < 1000) return 0;
  return Math.min(prefixes.length - 1, Math.floor(Math.log10(size) / 3 + 1e-12));
}

function scaled(value: number, scale: number): string {
  // Whole numbers below a thousand are exact: "7 B", not "7.00 B".
  if (scale === 0 && Number.isInteger(value) && Math.abs(value) < 1000) return withMinus(String(value));
  return significant(value / 1000 ** scale);
}

/** A number with its SI prefix and unit: (4950123, 'B') → "4.95 MB"; without a unit: "349 M", "512". */
export function formatSi(value: number, unit = ''): string {
  if (!Number.isFinite(value)) return significant(value);
  const scale = scaleOf(value);
  const suffix = `${prefixes[scale]}${unit}`;
  return suffix === '' ? scaled(value, scale) : `${scaled(value, scale)} ${suffix}`;
}

/** Bytes: 4950123 → "4.95 MB" (10^6 bytes). */
export function formatBytes(bytes: number): string {
  return formatSi(bytes, 'B');
}

/** A count of parameters, operations or layers: 349150000 → "349 M". */
export function formatCount(count: number): string {
  return formatSi(count);
}

/** A whole number in full, in groups of three: 20000 → "20,000". For counts of things that one could count. */
export function formatWhole(count: number): string {
  return withMinus(String(Math.round(count))).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A cost as reported: a number, an expression over unbound dimensions (shown as it is), or unknown. */
export function formatCost(cost: number | string | null, unit = ''): string {
  if (cost === null) return unknownMark;
  return typeof cost === 'number' ? formatSi(cost, unit) : unit === '' ? cost : `${cost} ${unit}`;
}

/** Milliseconds in the unit that suits them: 9.104 → "9.10 ms", 0.0612 → "61.2 µs", 12345 → "12.3 s". */
export function formatMilliseconds(ms: number): string {
  const [value, unit] = timeUnit(ms);
  return `${significant(value)} ${unit}`;
}

function timeUnit(ms: number): [value: number, unit: string] {
  const size = Math.abs(Number(ms.toPrecision(3)));
  if (size >= 1000) return [ms / 1000, 's'];
  if (size >= 0.1 || size === 0) return [ms, 'ms'];
  return size >= 1e-3 ? [ms * 1e3, 'µs'] : [ms * 1e6, 'ns'];
}

/** How long something took: 0.42 → "0.4 s", 75 → "1 min 15 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = `${Math.floor(whole / 60)} min`;
  return whole % 60 === 0 ? minutes : `${minutes} ${whole % 60} s`;
}

/** Decibels; null is what the reports use for "no error at all". */
export function formatDecibels(db: number | null): string {
  return db === null ? 'exact' : `${significant(db)} dB`;
}

/** A share of one as per cent, 0.5849 → "58.5 %", two decimals below 1 %; never "100 %" or "0 %" unless it is exactly that. */
export function formatShare(share: number): string {
  return `${percentDigits(share)} %`;
}

function percentDigits(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '<0.01';
  if (percent < 100 && percent > 99.99) return '>99.99';
  if (percent < 100 && percent >= 99.95) return percent.toFixed(2);
  if (percent > 0 && percent < 1) return percent.toFixed(2);
  return significant(percent);
}

/** A cosine of two outputs: three digits, more while it would read as 1 without being it: 0.99998 → "0.99998". */
export function formatCosine(cosine: number): string {
  if (cosine >= 1) return '1';
  for (const digits of [3, 4, 5, 6]) {
    const text = cosine.toFixed(digits);
    if (Number(text) < 1) return withMinus(text);
  }
  return '>0.999999';
}

/** Before and after in one unit, the unit said once: "4.95 → 1.34 MB". Falls back to two units when they are too far apart. */
export function formatPair(before: number, after: number, unit = ''): string {
  const scale = scaleOf(Math.max(Math.abs(before), Math.abs(after)));
  const ownScales = [before, after].some((value) => value !== 0 && Math.abs(value) / 1000 ** scale < 0.01);
  if (ownScales) return `${formatSi(before, unit)} → ${formatSi(after, unit)}`;
  const suffix = `${prefixes[scale]}${unit}`;
  const pair = `${scaled(before, scale)} → ${scaled(after, scale)}`;
  return suffix === '' ? pair : `${pair} ${suffix}`;
}

/** Two times in one unit: "9.10 → 3.40 ms". */
export function formatMillisecondsPair(before: number, after: number): string {
  const [larger, unit] = timeUnit(Math.max(before, after));
  const factor = larger === 0 ? 1 : larger / Math.max(before, after);
  const least = Math.min(before, after);
  if (least !== 0 && least * factor < 0.01) return `${formatMilliseconds(before)} → ${formatMilliseconds(after)}`;
  return `${significant(before * factor)} → ${significant(after * factor)} ${unit}`;
}

/** Two shares: "58.5 → 59.2 %". */
export function formatSharePair(before: number, after: number): string {
  return `${percentDigits(before)} → ${percentDigits(after)} %`;
}
