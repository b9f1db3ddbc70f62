/** Findings as text. */
import { flagName } from '../../pass/option';
import { type CheckReport, type Diagnostic } from '../../protocol/check';
import { visibleName } from '../../report/text';
import { wrap } from '../help';

/** A paragraph for each finding, then how many there are. */
export function printCheck({ model, diagnostics, counts }: CheckReport, columns: number | undefined): string[] {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return [`${visibleName(model.path)}: nothing found.`];
  const shown = new Map<string, number>();
  for (const { code } of diagnostics) shown.set(code, (shown.get(code) ?? 0) + 1);
  const hidden = Object.entries(counts).flatMap(([code, count]) => {
    const left = count - (shown.get(code) ?? 0);
    return left > 0 ? [`… and ${left} more [${code}] (--limit ${count} lists them)`] : [];
  });
  return [
    ...diagnostics.flatMap((diagnostic) => [...lines(diagnostic, model.path, columns), '']),
    ...hidden,
    `${visibleName(model.path)}: ${total} ${total === 1 ? 'finding' : 'findings'}.`,
  ];
}

function lines(
  { severity, code, node, tensor, message, fix, fixModel }: Diagnostic,
  model: string,
  columns?: number,
): string[] {
  const place = [node, tensor].filter((name) => name !== undefined).map(visibleName);
  return [
    [`${severity}: ${place.join(', ') || 'the whole model'}`, `[${code}]`].join(' '),
    ...wrap(visibleName(message), 2, columns),
    ...(fix ? [`  Fix: lapidary ${fixText(fix)} ${visibleName(fixModel ?? model)} -o OUT`] : []),
  ];
}

function fixText({ pass, options }: NonNullable<Diagnostic['fix']>): string {
  return [pass, ...Object.entries(options).map(([id, value]) => `--${flagName(id)} ${String(value)}`)].join(' ');
}
