/** What was left alone, grouped by why: forty layers with one reason are one line to read. Pure. */
import { type PassReport, type SkippedLayer } from '../protocol/report';

/** Layers that a pass left alone for one reason. */
export interface SkippedGroup {
  /** Title of the pass; views show it when there was more than one. */
  readonly pass: string;
  /** The reason; numbers that differ between the layers as a range: "12–200 elements, fewer than 256". */
  readonly reason: string;
  /** The longest part of the reason that all its layers share word for word: to find them by. */
  readonly common: string;
  readonly layers: readonly SkippedLayer[];
}

/** Groups in the order of the passes, the largest first. */
export function groupSkipped(passes: readonly PassReport[]): SkippedGroup[] {
  return passes.flatMap((pass) =>
    groupReasons(pass.skipped)
      .map((group) => ({ pass: pass.title, ...group }))
      .sort((a, b) => b.layers.length - a.layers.length),
  );
}

/** Parts of a reason that belong to one layer: numbers and quoted names. */
const particulars = /\d+(?:\.\d+)?|"[^"]*"|“[^”]*”|(?<!\w)'[^']*'/g;

function groupReasons(layers: readonly SkippedLayer[]): Omit<SkippedGroup, 'pass'>[] {
  const groups = new Map<string, SkippedLayer[]>();
  for (const layer of layers) {
    const pattern = layer.reason.replace(particulars, (found) => (/\d/.test(found[0] ?? '') ? '#' : '""'));
    const group = groups.get(pattern);
    if (group) group.push(layer);
    else groups.set(pattern, [layer]);
  }
  return [...groups.values()].map((group) => ({
    reason: commonReason(group),
    common: commonPart(group),
    layers: group,
  }));
}

/** One reason for layers whose reasons differ in particulars only. */
function commonReason(layers: readonly SkippedLayer[]): string {
  const first = layers[0]?.reason ?? '';
  if (layers.every(({ reason }) => reason === first)) return first;
  const found = layers.map(({ reason }) => reason.match(particulars) ?? []);
  let slot = -1;
  return first.replace(particulars, () => {
    slot++;
    return merged(found.map((particularsOfOne) => particularsOfOne[slot] ?? ''));
  });
}

function commonPart(layers: readonly SkippedLayer[]): string {
  const first = layers[0]?.reason ?? '';
  if (layers.every(({ reason }) => reason === first)) return first;
  const parts = first.split(particulars).map((part) => part.trim());
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

function merged(values: readonly string[]): string {
  const first = values[0] ?? '';
  if (values.every((value) => value === first)) return first;
  const numbers = values.map(Number);
  if (numbers.some(Number.isNaN)) return '…';
  // Not Math.min(...numbers): a model may have more layers than a call may have arguments.
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const most = numbers.reduce((a, b) => Math.max(a, b));
  return `${least}–${most}`;
}
