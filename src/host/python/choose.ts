/** Which of several models a Python file is shown with: those that explain most, none of them twice. Knows no vscode. */
import { type SourcesReport } from '../../protocol/sources';
import { type LineCost, lineCosts } from './lineCosts';
import { type PythonText } from './pythonText';

/** A model that may have been exported from the file. */
export interface Candidate<Id> {
  readonly id: Id;
  readonly report: SourcesReport;
  /** When it was written; of two exports of one network the later counts. */
  readonly time: number;
}

/** A model with its lines in the file. */
export interface Match<Id> extends Candidate<Id> {
  readonly lines: readonly LineCost[];
}

/** Least part of a model's cost that has to be found in a file for the model to be one of its exports. */
const leastShare = 0.05;

/** The models that belong to a file; two that share a line are exports of the same network, and the better one stays. */
export function matchesOf<Id>(
  candidates: readonly Candidate<Id>[],
  path: string,
  python: PythonText,
): readonly Match<Id>[] {
  const all = candidates.map((each) => {
    const lines = lineCosts(each.report, path, python);
    return { ...each, lines, share: shareOf(lines, each.report) };
  });
  const fitting = all.filter(({ share }) => share >= leastShare);
  // Rounded: a fraction of a per cent more does not outweigh being newer.
  fitting.sort((a, b) => Math.round(b.share * 20) - Math.round(a.share * 20) || b.time - a.time);
  const taken = new Set<number>();
  return fitting.filter(({ lines }) => {
    const costly = lines.filter(({ macs, parameters }) => macs + parameters > 0);
    if (costly.some(({ line }) => taken.has(line))) return false;
    for (const { line } of costly) taken.add(line);
    return true;
  });
}

function shareOf(lines: readonly LineCost[], { macs, parameters }: SourcesReport): number {
  const [total, part] =
    typeof macs === 'number' && macs > 0 ? ([macs, 'macs'] as const) : ([parameters, 'parameters'] as const);
  return total === 0 ? 0 : lines.reduce((sum, line) => sum + line[part], 0) / total;
}
