/** How results are told apart. Knows no vscode. */
import { type ResultState } from '../../protocol/webview';
import { distinctTitle } from '../page/reportStore';

/** The same for two results about the same files: the newer takes the place of the older. */
export function resultKey(state: ResultState): string {
  return state.kind === 'compress' ? state.report.output : `${state.report.a}\n${state.report.b}`;
}

/** The file that a result is about, beside which its exports go. */
export function resultFile(state: ResultState): string {
  return state.kind === 'compress' ? state.report.output : state.report.b;
}

/** Both files of a result: before and after. */
export function resultFiles(state: ResultState): readonly [before: string, after: string] {
  const { kind, report } = state;
  return kind === 'compress' ? [report.input, report.output] : [report.a, report.b];
}

/** What the tab says; `others` are the titles of other results, of which it must not be one. */
export function resultTitle(state: ResultState, others: readonly string[]): string {
  const [before, after] = resultFiles(state);
  const name = (shorten: (file: string) => string): string =>
    state.kind === 'compress' ? shorten(after) : `${shorten(before)} ↔ ${shorten(after)}`;
  return distinctTitle(name, others);
}

/** Whether something that was saved, perhaps by another version, still is a result. */
export function isResultState(value: unknown): value is ResultState {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('report' in value)) return false;
  const { kind, report } = value;
  if (typeof report !== 'object' || report === null) return false;
  const fields =
    kind === 'compress' ? ['input', 'output', 'passes', 'before', 'after', 'steps'] : ['a', 'b', 'quality'];
  return (kind === 'compress' || kind === 'compare') && fields.every((field) => field in report);
}
