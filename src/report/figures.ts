/** The four figures of a before/after report, and what explains each. Shows nothing that was not measured. Pure. */
import { type CompareReport, type CompressReport, type PlainCost, type Totals } from '../protocol/report';
import {
  formatCosine,
  formatCost,
  formatDecibels,
  formatMilliseconds,
  formatMillisecondsPair,
  formatPair,
  formatShare,
  formatSharePair,
  formatSi,
  formatWhole,
  significant,
} from './format';
import { type Change, changeOf } from './ratio';
import { visibleName } from './text';
import { englishWords, fill, type ReportWords } from './words';

/** A bar of a figure: lengths from 0 to 1 on the scale that the figure's two bars share. */
export interface FigureBar {
  readonly length: number;
  /** Where the measured spread begins and ends; only for latency. */
  readonly spread?: readonly [from: number, to: number];
}

/** One of the four figures. */
export interface Figure {
  readonly id: 'size' | 'macs' | 'latency' | 'quality';
  readonly title: string;
  /** "4.95 → 1.34 MB". */
  readonly value: string;
  /** "3.7× smaller"; undefined where a comparison makes no sense. */
  readonly change?: Pick<Change, 'direction' | 'words'>;
  readonly bars?: { readonly before: FigureBar; readonly after: FigureBar };
  /** How it was measured and what else is known, a phrase each. */
  readonly details: readonly string[];
  /** False: nobody measured it, `value` says so. */
  readonly measured: boolean;
}

/** What figures need of either report. */
export interface Measurements {
  readonly before: Totals;
  readonly after: Totals;
  readonly evaluation?: CompareReport;
}

/** Of a compression. */
export function compressMeasurements({ before, after, evaluation }: CompressReport): Measurements {
  return evaluation ? { before, after, evaluation } : { before, after };
}

/** Of a comparison. */
export function compareMeasurements(report: CompareReport): Measurements {
  return { before: report.cost.before, after: report.cost.after, evaluation: report };
}

/** Size, MACs, latency, quality: always four, in this order. */
export function figuresOf(measured: Measurements, words: ReportWords = englishWords): Figure[] {
  return [
    sizeFigure(measured, words),
    macsFigure(measured, words),
    latencyFigure(measured, words),
    qualityFigure(measured, words),
  ];
}

function sizeFigure({ before, after }: Measurements, words: ReportWords): Figure {
  return {
    id: 'size',
    title: words.size,
    value: formatPair(before.fileBytes, after.fileBytes, 'B'),
    change: changeOf(before.fileBytes, after.fileBytes, 'size', words),
    ...barsOf(before.fileBytes, after.fileBytes),
    details: [
      fill(words.weights, amounts(before.weightBytes, after.weightBytes, 'B')),
      ...estimate(words.peakActivations, before.peakActivationBytes, after.peakActivationBytes),
    ],
    measured: true,
  };
}

function macsFigure({ before, after }: Measurements, words: ReportWords): Figure {
  const details = [
    fill(words.parameters, amounts(before.parameters, after.parameters)),
    fill(words.nodes, before.nodes === after.nodes ? formatWhole(before.nodes) : wholes(before.nodes, after.nodes)),
  ];
  const common = { id: 'macs', title: words.macs, details, measured: true } as const;
  const [from, to] = [before.macs, after.macs];
  if (typeof from === 'number' && typeof to === 'number') {
    return { ...common, value: formatPair(from, to), change: changeOf(from, to, 'cost', words), ...barsOf(from, to) };
  }
  if (from === null && to === null) return { ...common, value: words.unknownCost, measured: false };
  if (from === to) return { ...common, value: formatCost(from), change: { direction: 'same', words: words.same } };
  return { ...common, value: `${formatCost(from)} → ${formatCost(to)}` };
}

function latencyFigure({ evaluation }: Measurements, words: ReportWords): Figure {
  const latency = evaluation?.latency;
  if (!latency) return { id: 'latency', title: words.latency, value: words.notMeasured, details: [], measured: false };
  const { before, after, threads, significant: isSignificant } = latency;
  const threadText = threads === 1 ? words.oneThread : fill(words.threads, threads);
  const runs =
    before.runs === after.runs
      ? fill(words.latencyRuns, formatWhole(before.runs))
      : fill(words.latencyMixedRuns, formatWhole(before.runs), formatWhole(after.runs));
  // The bars end at the longest run that the quartiles speak of, so that the whiskers fit.
  const scale = Math.max(before.medianMs + before.iqrMs / 2, after.medianMs + after.iqrMs / 2);
  return {
    id: 'latency',
    title: `${words.latency} (${threadText})`,
    value: formatMillisecondsPair(before.medianMs, after.medianMs),
    change: isSignificant
      ? changeOf(before.medianMs, after.medianMs, 'time', words)
      : { direction: 'same', words: words.noClaim },
    bars: { before: latencyBar(before, scale), after: latencyBar(after, scale) },
    details: [fill(words.latencySpread, spreadText(before.iqrMs, after.iqrMs)), runs],
    measured: true,
  };
}

function latencyBar({ medianMs, iqrMs }: { medianMs: number; iqrMs: number }, scale: number): FigureBar {
  if (scale === 0) return { length: 0 };
  const at = (ms: number): number => Math.max(0, ms / scale);
  return { length: at(medianMs), spread: [at(medianMs - iqrMs / 2), at(medianMs + iqrMs / 2)] };
}

function spreadText(before: number, after: number): string {
  return before === after ? formatMilliseconds(before) : formatMillisecondsPair(before, after);
}

function qualityFigure({ evaluation }: Measurements, words: ReportWords): Figure {
  const quality = evaluation?.quality;
  // What has no SQNR in its report is without error (null): the worst output is the one with the least.
  // An output that had another shape for every sample was not compared at all: nothing may be claimed of it.
  const compared = quality?.outputs.filter(({ misshapenSamples = 0 }) => misshapenSamples < quality.samples);
  const worst = compared?.reduce<(typeof compared)[number] | undefined>(
    (least, output) => (least && (least.sqnrDb ?? Infinity) <= (output.sqnrDb ?? Infinity) ? least : output),
    undefined,
  );
  if (!quality || !worst)
    return { id: 'quality', title: words.quality, value: words.notMeasured, details: [], measured: false };
  const { metric } = quality;
  const sqnr = worst.sqnrDb === null ? words.identical : fill(words.sqnr, formatDecibels(worst.sqnrDb));
  const isExact = worst.sqnrDb === null;
  const cosine = fill(words.cosine, formatCosine(worst.cosine));
  const closeness = [
    metric && !isExact ? [sqnr, cosine] : metric ? [sqnr] : [],
    isExact ? [] : [fill(words.maxError, significant(worst.maxAbsError))],
    worst.top1Agreement === undefined ? [] : [fill(words.top1, formatShare(worst.top1Agreement))],
  ].flatMap((line) => (line.length > 0 ? [line.join(', ')] : []));
  const context = [
    ...(quality.outputs.length > 1
      ? [fill(words.worstOutput, visibleName(worst.name), formatWhole(quality.outputs.length))]
      : []),
    quality.data,
    ...(quality.random ? [words.randomInputs] : []),
  ];
  const common = { id: 'quality', title: words.quality, details: [...closeness, ...context], measured: true } as const;
  if (!metric) return { ...common, value: sqnr, ...(!isExact && { change: { direction: 'same', words: cosine } }) };
  const isShare = Math.max(metric.before, metric.after) <= 1;
  return {
    ...common,
    title: `${words.quality} (${metric.name})`,
    value: `${isShare ? formatSharePair(metric.before, metric.after) : formatPair(metric.before, metric.after)}`,
    change: changeOf(metric.before, metric.after, 'score', words),
    ...(isShare ? { bars: { before: { length: metric.before }, after: { length: metric.after } } } : {}),
  };
}

/** "4.94 → 1.26 MB", or the one number when they are the same. */
function amounts(before: number, after: number, unit = ''): string {
  return before === after ? formatSi(before, unit) : formatPair(before, after, unit);
}

function wholes(before: number, after: number): string {
  return `${formatWhole(before)} → ${formatWhole(after)}`;
}

/** A detail that is no measurement; none when its dimensions are not known. */
function estimate(template: string, before: PlainCost, after: PlainCost): string[] {
  return typeof before === 'number' && typeof after === 'number' ? [fill(template, amounts(before, after, 'B'))] : [];
}

/** Bars of two amounts on one scale; none when there is nothing to draw. */
function barsOf(before: number, after: number): Pick<Figure, 'bars'> {
  const scale = Math.max(before, after);
  return scale > 0 ? { bars: { before: { length: before / scale }, after: { length: after / scale } } } : {};
}
