/** What each line of a Python file costs in a model that was exported from it. Knows no vscode. */
import { type SourceLayer, type SourcesReport } from '../../protocol/sources';
import { formatCount, formatShare } from '../../report/format';
import { type Say } from '../text/say';
import { layersByFrame } from './frames';
import { type PythonText } from './pythonText';
import { layersByScope } from './scopes';

/** A line with the layers that it made. */
export interface LineCost {
  /** From 0. */
  readonly line: number;
  readonly layers: readonly SourceLayer[];
  readonly macs: number;
  readonly parameters: number;
}

/** The lines that made something, in order; every layer counts for one line at most. */
export function lineCosts(report: SourcesReport, path: string, python: PythonText): LineCost[] {
  const placed = report.frames.length > 0 ? layersByFrame(report, path, python) : layersByScope(report, python);
  const byLine = new Map<number, SourceLayer[]>();
  for (const [layer, line] of placed) {
    const layers = byLine.get(line);
    if (layers) layers.push(report.layers[layer]!);
    else byLine.set(line, [report.layers[layer]!]);
  }
  const lines = [...byLine].sort(([a], [b]) => a - b);
  return lines.map(([line, layers]) => ({
    line,
    layers,
    macs: layers.reduce((sum, { macs }) => sum + (typeof macs === 'number' ? macs : 0), 0),
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
  }));
}

/** "0.9 % · 2.4 M MACs · 36.9 k params"; undefined for a line that costs nothing worth a hint. */
export function hintText({ macs, parameters }: LineCost, report: SourcesReport, say: Say): string | undefined {
  if (macs === 0 && parameters === 0) return undefined;
  const total = typeof report.macs === 'number' ? report.macs : 0;
  return [
    ...(total > 0 && macs > 0 ? [formatShare(macs / total)] : []),
    ...(macs > 0 ? [say('{0} MACs', formatCount(macs))] : []),
    ...(parameters > 0 ? [say('{0} params', formatCount(parameters))] : []),
  ].join(' · ');
}
