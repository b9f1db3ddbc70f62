/** The aims of a competition. */
import { statSync } from 'node:fs';
import { type Lab } from '../../support/lab';
import { type Score } from '../../support/scores';
import { type AuditFigures } from './audited';
import { type Made } from './contenders';
import { type Discipline } from './disciplines';
import { type Subject } from './subjects';

/** A version of a model with what it scored. */
export interface Entry extends Made {
  readonly score: Score;
  readonly audit?: AuditFigures;
}

/** What stands in one column of the summary. */
export interface Cell {
  readonly text: string;
  readonly value: number;
  /** undefined where nothing was aimed at. */
  readonly met?: boolean;
}

/** One line of the summary. */
export interface Verdict {
  readonly what: string;
  readonly cells: Readonly<
    Partial<Record<'size' | 'quality' | 'SQNR' | 'latency' | 'speed-up' | 'wall' | 'cpu' | 'RSS' | 'audit', Cell>>
  >;
  readonly audits: readonly AuditFigures[];
}

/** Points of the metric that int8 may lose, where its outputs are not close in themselves. */
const slack = (name: string): number => (/vit/.test(name) ? 1 : 0.5);
const closeDb = 20;
const mostMemory = 0.6;

/** Prints an aim and puts it into a column of the summary. */
type Aim = (column: string, name: string, value: number, limit: number, show?: (value: number) => string) => void;

/** Judges all aims of a competition, prints them and returns them for the summary. */
export function judge(
  lab: Lab,
  discipline: Discipline,
  subject: Subject,
  { original, entries }: { readonly original: Score; readonly entries: readonly Entry[] },
): Verdict {
  const { ours, pace, time } = discipline;
  const what = `${subject.name}, ${discipline.name}`;
  const cells: Record<string, Cell> = {};
  const aim: Aim = (column, name, value, limit, show = times) => {
    cells[column] = { text: show(value), value, met: value <= limit };
    lab.aim(`${what}, ${name}`, value, limit, show);
  };
  const verdict = (column: string, value: number, text: string, met: boolean, aimed: string): void => {
    cells[column] = { text, value, met };
    lab.verdict(met, `${what}, ${column}: ${text} (aim: ${aimed})`);
  };
  const named = (name: string): Entry | undefined => entries.find((entry) => entry.name === name);
  const mine = named(Object.keys(ours)[0]!);
  // A peer whose outputs are those of the float model to the last bit has quantized nothing: it is no match.
  const idle = entries.filter((entry) => !entry.ours && entry.score.sqnrDb === Infinity);
  if (idle.length > 0) lab.print(`${what}: ${idle.map(({ name }) => name).join(', ')} quantized nothing`);
  const rivals = entries.filter((entry) => !entry.ours && !idle.includes(entry));
  const [runner, rival] = pace.map((name) => entries.find((entry) => entry.name === name && !idle.includes(entry)));
  if (runner && rival && !runner.leftFloat) {
    aim('wall', 'wall time', runner.measured.seconds / rival.measured.seconds, time);
    aim('cpu', 'processor time', runner.measured.cpuSeconds / rival.measured.cpuSeconds, time);
    aim('RSS', 'peak memory', runner.measured.peakBytes / rival.measured.peakBytes, mostMemory);
  }
  const audits = entries.flatMap(({ audit }) => audit ?? []);
  for (const { agreed, of } of audits.slice(0, 1)) {
    cells.audit = { text: `${agreed}/${of}`, value: agreed / of, met: agreed === of };
  }
  if (!mine) {
    lab.verdict(false, `${what}: a result`);
    return { what, cells, audits };
  }
  if (!mine.leftFloat) size(discipline, subject, { mine, rivals }, { aim, cells });
  const least = (value: (entry: Entry) => number): number => Math.min(...rivals.map(value));
  const { latency, grade, sqnrDb } = mine.score;
  const gain = original.latency.medianMs / latency.medianMs;
  const wanted = discipline.speedup?.[subject.name];
  if (wanted === undefined) cells['speed-up'] = { text: times(gain), value: gain };
  else verdict('speed-up', gain, times(gain), gain >= wanted, `at least ${times(wanted)}`);
  if (rivals.length > 0) {
    const fastest = least(({ score }) => score.latency.medianMs);
    aim('latency', 'latency against the fastest', latency.medianMs / fastest, 1.05);
  }
  if (discipline.faithful && !mine.leftFloat) {
    const lost = grade === undefined ? Infinity : original.grade! - grade;
    const allowed = slack(subject.name);
    const points = grade === undefined ? '' : `at most ${allowed} points below float, or `;
    verdict(
      'quality',
      lost,
      shownQuality(mine.score, original),
      lost <= allowed || sqnrDb >= closeDb,
      `${points}${closeDb} dB`,
    );
  } else {
    cells.quality = { text: shownQuality(mine.score, original), value: sqnrDb };
  }
  if (rivals.length > 0 && !mine.leftFloat) {
    const best = -least(({ score }) => -score.sqnrDb);
    verdict(
      'SQNR',
      sqnrDb - best,
      `${decibels(sqnrDb)} (peer ${decibels(best)})`,
      sqnrDb >= best - 0.05,
      'the peer’s best',
    );
    const bestGrade = -least(({ score }) => -(score.grade ?? -Infinity));
    if (grade !== undefined) {
      lab.aim(
        `${what}, ${subject.grading!.name} below the peer's best`,
        bestGrade - grade,
        0.001,
        (value) => `${value.toFixed(2)} points`,
      );
    }
  }
  return { what, cells, audits };
}

function size(
  discipline: Discipline,
  { file, mostlyWeights }: Subject,
  { mine, rivals }: { readonly mine: Entry; readonly rivals: readonly Entry[] },
  { aim, cells }: { readonly aim: Aim; readonly cells: Record<string, Cell> },
): void {
  const bytes = statSync(mine.output).size;
  const smallest = Math.min(...rivals.map(({ output }) => statSync(output).size));
  if (rivals.length > 0) aim('size', 'size against the smallest of the peer', bytes / smallest, 1.02);
  const share = bytes / statSync(file).size;
  const limit = mostlyWeights ? discipline.size : undefined;
  if (limit === undefined) cells.size = { text: thousandths(share), value: share };
  else aim('size', 'size against float', share, limit, thousandths);
}

const times = (value: number): string => `${value.toFixed(2)}×`;
const thousandths = (value: number): string => `${value.toFixed(3)}×`;
const decibels = (value: number): string => `${value.toFixed(1)} dB`;

function shownQuality({ grade, sqnrDb }: Score, original: Score): string {
  if (grade === undefined) return decibels(sqnrDb);
  const change = grade - original.grade!;
  return `${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(1)} points`;
}
