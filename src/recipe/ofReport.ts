/** A recipe that does again what a report says was done. Pure, but for the rules of paths. */
import path from 'node:path';
import { type DataSpec } from '../protocol/jobs';
import { type GateReport, type Gates, type Recipe } from '../protocol/recipe';
import { type CompressReport } from '../protocol/report';

/**
 * Passes with their options, the data that they were calibrated with, and the gates that were asked for. What belongs to
 * one model only, its dimensions and the way it was measured, is left out. `file` is where the recipe will be: paths are
 * relative to it, so that the folder can be moved or checked out elsewhere.
 */
export function recipeOfReport(
  { steps, data, gates }: Pick<CompressReport, 'steps' | 'data' | 'gates'>,
  file: string,
): Recipe {
  return {
    passes: steps,
    ...(data && { data: relativeData(data, path.dirname(file)) }),
    ...(gates && gates.length > 0 && { gates: gatesOf(gates) }),
  };
}

function relativeData({ source, labels, ...others }: DataSpec, folder: string): DataSpec {
  const files = typeof source === 'string' ? relative(source, folder) : source.map((each) => relative(each, folder));
  const isFile = labels !== undefined && labels !== 'folders' && labels !== 'none';
  return {
    source: files,
    ...others,
    ...(labels !== undefined && { labels: isFile ? relative(labels, folder) : labels }),
  };
}

/** On another drive there is no relative path. */
function relative(file: string, folder: string): string {
  if (file === 'random' || !path.isAbsolute(file)) return file;
  return path.relative(folder, file).replaceAll(path.sep, '/') || '.';
}

const gatesOf = (gates: readonly GateReport[]): Gates =>
  Object.fromEntries(gates.map(({ gate, wanted }) => [gate, wanted]));
