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

/** What one competition is about: our first entry against those of the peer that did something. */
interface Trial {
  readonly discipline: Discipline;
  readonly subject: Subject;
  readonly original: Score;
  readonly mine: Entry;
  readonly rivals: readonly Entry[];
}

/** Prints verdicts and puts them into the columns of the summary. */
class Sheet {
  readonly cells: Record<string, Cell> = {};

  constructor(
    private readonly lab: Lab,
    private readonly what: string,
  ) {}

  /** A number that is not to be above its limit. */
  aim(column: string, name: string, value: number, limit: number, show: (value: number) => string = times): void {
    this.cells[column] = { text: show(value), value, met: value <= limit };
    this.lab.aim(`${this.what}, ${name}`, value, limit, show);
  }

  verdict(column: string, value: number, text: string, met: boolean, aimed: string): void {
    this.cells[column] = { text, value, met };
    this.lab.verdict(met, `${this.what}, ${column}: ${text} (aim: ${aimed})`);
  }
}

/** Judges all aims of a competition, prints them and returns them for the summary. */
export function judge(
  lab: Lab,
  discipline: Discipline,
  subject: Subject,
  { original, entries }: { readonly original: Score; readonly entries: readonly Entry[] },
): Verdict {
  const what = `${subject.name}, ${discipline.name}`;
  const sheet = new Sheet(lab, what);
  const { cells } = sheet;
  // A peer whose outputs are those of the float model to the last bit has quantized nothing: it is no match.
  const idle = entries.filter((entry) => !entry.ours && entry.score.sqnrDb === Infinity);
  if (idle.length > 0) lab.print(`${what}: ${idle.map(({ name }) => name).join(', ')} quantized nothing`);
  const active = entries.filter((entry) => !idle.includes(entry));
  judgeEffort(sheet, discipline, active);
  const audits = entries.flatMap(({ audit }) => audit ?? []);
  for (const { agreed, of } of audits.slice(0, 1)) {
    cells.audit = { text: `${agreed}/${of}`, value: agreed / of, met: agreed === of };
  }
  const mine = entries.find(({ name }) => name === Object.keys(discipline.ours)[0]);
  if (!mine) {
    lab.verdict(false, `${what}: a result`);
    return { what, cells, audits };
  }
  const trial: Trial = { discipline, subject, original, mine, rivals: active.filter(({ ours }) => !ours) };
  if (!mine.leftFloat) judgeSize(sheet, trial);
  judgeSpeed(sheet, trial);
  judgeQuality(sheet, trial);
  if (trial.rivals.length > 0 && !mine.leftFloat) judgeQualityAgainstPeer(sheet, trial, lab);
  return { what, cells, audits };
}

/** What making the model took, of the two that do the same work. */
function judgeEffort(sheet: Sheet, { pace, time }: Discipline, active: readonly Entry[]): void {
  const [runner, rival] = pace.map((name) => active.find((entry) => entry.name === name));
  if (!runner || !rival || runner.leftFloat) return;
  sheet.aim('wall', 'wall time', runner.measured.seconds / rival.measured.seconds, time);
  sheet.aim('cpu', 'processor time', runner.measured.cpuSeconds / rival.measured.cpuSeconds, time);
  sheet.aim('RSS', 'peak memory', runner.measured.peakBytes / rival.measured.peakBytes, mostMemory);
}

function judgeSize(sheet: Sheet, { discipline, subject: { file, mostlyWeights }, mine, rivals }: Trial): void {
  const bytes = statSync(mine.output).size;
  const smallest = Math.min(...rivals.map(({ output }) => statSync(output).size));
  if (rivals.length > 0) sheet.aim('size', 'size against the smallest of the peer', bytes / smallest, 1.02);
  const share = bytes / statSync(file).size;
  const limit = mostlyWeights ? discipline.size : undefined;
  if (limit === undefined) sheet.cells.size = { text: thousandths(share), value: share };
  else sheet.aim('size', 'size against float', share, limit, thousandths);
}

function judgeSpeed(sheet: Sheet, { discipline, subject, original, mine, rivals }: Trial): void {
  const { latency } = mine.score;
  const gain = original.latency.medianMs / latency.medianMs;
  const wanted = discipline.speedup?.[subject.name];
  if (wanted === undefined) sheet.cells['speed-up'] = { text: times(gain), value: gain };
  else sheet.verdict('speed-up', gain, times(gain), gain >= wanted, `at least ${times(wanted)}`);
  if (rivals.length === 0) return;
  const fastest = Math.min(...rivals.map(({ score }) => score.latency.medianMs));
  sheet.aim('latency', 'latency against the fastest', latency.medianMs / fastest, 1.05);
}

function judgeQuality(sheet: Sheet, { discipline, subject, original, mine }: Trial): void {
  const { grade, sqnrDb } = mine.score;
  const shown = shownQuality(mine.score, original);
  if (!discipline.faithful || mine.leftFloat) {
    sheet.cells.quality = { text: shown, value: sqnrDb };
    return;
  }
  const lost = grade === undefined ? Infinity : original.grade! - grade;
  const allowed = slack(subject.name);
  const points = grade === undefined ? '' : `at most ${allowed} points below float, or `;
  sheet.verdict('quality', lost, shown, lost <= allowed || sqnrDb >= closeDb, `${points}${closeDb} dB`);
}

function judgeQualityAgainstPeer(sheet: Sheet, { discipline, subject, mine, rivals }: Trial, lab: Lab): void {
  const { grade, sqnrDb } = mine.score;
  const best = Math.max(...rivals.map(({ score }) => score.sqnrDb));
  const shown = `${decibels(sqnrDb)} (peer ${decibels(best)})`;
  sheet.verdict('SQNR', sqnrDb - best, shown, sqnrDb >= best - 0.05, 'the peer’s best');
  if (grade === undefined) return;
  const bestGrade = Math.max(...rivals.map(({ score }) => score.grade ?? -Infinity));
  const name = `${subject.name}, ${discipline.name}, ${subject.grading!.name} below the peer's best`;
  lab.aim(name, bestGrade - grade, 0.001, (value) => `${value.toFixed(2)} points`);
}

const times = (value: number): string => `${value.toFixed(2)}×`;
const thousandths = (value: number): string => `${value.toFixed(3)}×`;
const decibels = (value: number): string => `${value.toFixed(1)} dB`;

function shownQuality({ grade, sqnrDb }: Score, original: Score): string {
  if (grade === undefined) return decibels(sqnrDb);
  const change = grade - original.grade!;
  return `${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(1)} points`;
}
