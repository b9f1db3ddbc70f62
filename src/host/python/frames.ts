/** Layers of new exports, which carry a stack trace: the line by its number and its text, also when it has moved. */
import { type SourceFrame, type SourcesReport } from '../../protocol/sources';
import { type PythonText } from './pythonText';

/**
 * The line (from 0) for each frame that is in this file, by the frame's index. A line whose text is nowhere in the file
 * any more has none: the model is stale there. `path` is where the file is here; only the end of it need agree.
 */
function linesOfFrames(frames: readonly SourceFrame[], path: string, python: PythonText): Map<number, number> {
  const own = framesOfFile(frames, path);
  const found = new Map<number, number>();
  // Lines whose text is there once tell how far the lines around them have moved.
  const shifts: { readonly line: number; readonly shift: number }[] = [];
  for (const index of own) {
    const { line, text } = frames[index]!;
    const places = text === '' ? [] : (python.byText.get(text) ?? []);
    if (places.length !== 1) continue;
    found.set(index, places[0]!);
    shifts.push({ line, shift: places[0]! - (line - 1) });
  }
  for (const index of own) {
    const { line, text } = frames[index]!;
    const places = text === '' ? [] : (python.byText.get(text) ?? []);
    if (places.length < 2) continue;
    const expected = line - 1 + nearestShift(shifts, line);
    found.set(index, nearest(places, expected));
  }
  return found;
}

/** Frames of the file that this path most likely is: same name, and the most folders in common at the end. */
function framesOfFile(frames: readonly SourceFrame[], path: string): number[] {
  const files = new Set(frames.map(({ file }) => file));
  let best = 0;
  let owner: string | undefined;
  for (const file of files) {
    const common = commonEnd(file, path);
    if (common > best) [best, owner] = [common, file];
  }
  return owner === undefined ? [] : [...frames.keys()].filter((index) => frames[index]!.file === owner);
}

/** The line of each layer that this file made: the innermost line of anybody's own code must be in it. */
export function layersByFrame(report: SourcesReport, path: string, python: PythonText): Map<number, number> {
  const lines = linesOfFrames(report.frames, path, python);
  const result = new Map<number, number>();
  if (lines.size === 0) return result;
  for (const [layer, { frames }] of report.layers.entries()) {
    const line = lines.get(frames.at(-1) ?? -1);
    if (line !== undefined) result.set(layer, line);
  }
  return result;
}

function commonEnd(a: string, b: string): number {
  const [x, y] = [partsOf(a), partsOf(b)];
  let common = 0;
  while (common < x.length && common < y.length && x.at(-1 - common) === y.at(-1 - common)) common++;
  return common;
}

const partsOf = (path: string): string[] => path.split(/[\\/]/).filter(Boolean);

function nearestShift(shifts: readonly { readonly line: number; readonly shift: number }[], line: number): number {
  let best: { readonly line: number; readonly shift: number } | undefined;
  for (const each of shifts) if (!best || Math.abs(each.line - line) < Math.abs(best.line - line)) best = each;
  return best?.shift ?? 0;
}

function nearest(places: readonly number[], expected: number): number {
  return places.reduce((best, each) => (Math.abs(each - expected) < Math.abs(best - expected) ? each : best));
}
