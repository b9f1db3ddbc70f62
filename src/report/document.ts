/** What every exported document says, whatever its format: title, sentences, figures, remarks, layers. Pure. */
import { type CompareReport } from '../protocol/report';
import { type ResultState } from '../protocol/webview';
import { compareMeasurements, compressMeasurements, figuresOf, type Figure } from './figures';
import { formatSeconds } from './format';
import { gateRow, type GateRow } from './gates';
import { compareRows, compressRows, type LayerRow } from './layers';
import { int8Text } from './runsAs';
import { groupSkipped, type SkippedGroup } from './skipped';
import { visibleName } from './text';

/** A report, ready to be laid out. Names in it are visible but not escaped. */
export interface ReportDocument {
  readonly title: string;
  /** What was done, a sentence each. */
  readonly sentences: readonly string[];
  readonly figures: readonly Figure[];
  readonly gates: readonly GateRow[];
  /** Why nothing was measured, when nothing was. */
  readonly notMeasured?: string;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  readonly skipped: readonly SkippedGroup[];
  readonly layers: readonly LayerRow[];
}

/** The contents of a compression or a comparison. */
export function documentOf(state: ResultState): ReportDocument {
  const warningText = ({ node, message }: { node?: string; message: string }): string =>
    visibleName(node === undefined ? message : `${node}: ${message}`);
  if (state.kind === 'compare') {
    const { report } = state;
    return {
      title: fileName(report.b),
      sentences: [`Compared with ${fileName(report.a)}`, ...executionText(report)],
      figures: figuresOf(compareMeasurements(report)),
      gates: [],
      notes: [],
      warnings: report.warnings.map(warningText),
      skipped: [],
      layers: compareRows(report),
    };
  }
  const { report } = state;
  const done = report.passes.map(({ title, summary }) => visibleName(`${title} · ${summary}`));
  return {
    title: fileName(report.output),
    sentences: [
      ...done,
      ...(report.evaluation ? executionText(report.evaluation) : []),
      `Made from ${fileName(report.input)} in ${formatSeconds(report.seconds)}`,
    ],
    figures: figuresOf(compressMeasurements(report)),
    gates: (report.gates ?? []).map((gate) => gateRow(gate)),
    ...(report.evaluationSkipped !== undefined && { notMeasured: visibleName(report.evaluationSkipped) }),
    notes: report.passes.flatMap((pass) => pass.notes).map(visibleName),
    warnings: (report.evaluation?.warnings ?? []).map(warningText),
    skipped: groupSkipped(report.passes),
    layers: compressRows(report, undefined, state.sensitivity),
  };
}

/** How much runs in int8, and on which runtime. */
function executionText(report: CompareReport): string[] {
  const text = int8Text(report);
  return text === undefined ? [] : [[text, report.execution?.runtime].filter(Boolean).join(' on ')];
}

const fileName = (path: string): string => visibleName(path.split(/[\\/]/).at(-1) ?? path);
