/** Our compressors against onnxruntime.quantization (Python): what they make, and what they take for it. */
import { statSync } from 'node:fs';
import { type Benchmark, type Lab, megabytes, ratio, seconds } from '../../support/lab';
import { scores } from '../../support/scores';
import { auditOf, type AuditFigures } from './audited';
import { makeAll } from './contenders';
import { disciplines, type Discipline } from './disciplines';
import { judge, type Entry, type Verdict } from './judge';
import { subjectOf, type Subject } from './subjects';

/** Aims of the project: time as the discipline says, three fifths of the memory, nothing worse in the result. */
export const peers: Benchmark = {
  name: 'peers',
  summary: 'quantization and float16 against onnxruntime.quantization, whole processes on one core, and their results',
  async run(lab) {
    const verdicts: Verdict[] = [];
    for (const discipline of disciplines) {
      const { only } = lab.options;
      const all = [...discipline.models, ...(only === '' ? [] : (discipline.onRequest ?? []))];
      const names = all.filter((name) => `${discipline.name} ${name}`.includes(only));
      if (names.length > 0) lab.print(`\n### ${discipline.name}\n`);
      for (const name of names) {
        const subject = await subjectOf(lab, name);
        if (subject) verdicts.push(await compete(lab, discipline, subject));
      }
    }
    if (verdicts.length > 0) summarize(lab, verdicts);
  },
};

async function compete(lab: Lab, discipline: Discipline, subject: Subject): Promise<Verdict> {
  const started = performance.now();
  const made = await makeAll(lab, discipline, subject);
  const [original, ...scored] = await scores(
    [subject.file, ...made.map(({ output }) => output)],
    subject.evaluation,
    subject.grading,
  );
  const entries: Entry[] = [];
  for (const [index, each] of made.entries()) {
    const audit = each.ours && !each.leftFloat ? await auditOf(lab, each.output, subject) : undefined;
    entries.push({ ...each, score: scored[index]!, ...(audit && { audit }) });
  }
  const row = (name: string, file: string, { score, measured, audit }: Partial<Entry>): string[] => [
    `${subject.name} ${name}`,
    (statSync(file).size / 1e6).toFixed(2),
    score?.grade === undefined ? '-' : score.grade.toFixed(1),
    score && Number.isFinite(score.sqnrDb) ? score.sqnrDb.toFixed(1) : '-',
    score!.latency.medianMs.toFixed(2),
    score!.latency.iqrMs.toFixed(2),
    ...(measured
      ? [seconds(measured.seconds), seconds(measured.cpuSeconds), megabytes(measured.peakBytes)]
      : ['-', '-', '-']),
    audit ? shownAudit(audit) : '-',
  ];
  lab.table(
    [
      'model',
      'MB',
      `${subject.grading?.name ?? 'graded'} %`,
      'SQNR dB',
      'ms',
      'IQR',
      'wall',
      'cpu',
      'peak RSS',
      'audit',
    ],
    [
      row('float32', subject.file, { score: original! }),
      ...entries.map((entry) => row(entry.name, entry.output, entry)),
    ],
  );
  const verdict = judge(lab, discipline, subject, { original: original!, entries });
  lab.print(`(${((performance.now() - started) / 1000).toFixed(0)} s)\n`);
  return verdict;
}

const shownAudit = ({ agreed, of }: AuditFigures): string => `${agreed} of ${of}`;

/** One line for each competition; what misses its aim is marked. */
function summarize(lab: Lab, verdicts: readonly Verdict[]): void {
  lab.print(
    '\nIn short (! misses its aim; time and memory against the peer at equal work, latency against its fastest):\n',
  );
  const columns = ['size', 'quality', 'SQNR', 'latency', 'speed-up', 'wall', 'cpu', 'RSS', 'audit'] as const;
  const shown = (verdict: Verdict, column: (typeof columns)[number]): string => {
    const cell = verdict.cells[column];
    return cell ? `${cell.text}${cell.met === false ? ' !' : ''}` : '-';
  };
  lab.table(
    ['what', ...columns],
    verdicts.map((verdict) => [verdict.what, ...columns.map((column) => shown(verdict, column))]),
  );
  const audited = verdicts.flatMap(({ audits }) => audits);
  const total = (key: keyof AuditFigures): number => audited.reduce((sum, each) => sum + each[key], 0);
  lab.print();
  lab.verdict(
    total('agreed') === total('of'),
    `audit = profile: ${total('agreed')} of ${total('of')} nodes in ${audited.length} results`,
  );
  const times = verdicts.flatMap(({ cells }) => cells.wall?.value ?? []);
  if (times.length > 1) lab.print(`Geometric mean of wall time against the peer: ${ratio(geometricMean(times))}`);
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
