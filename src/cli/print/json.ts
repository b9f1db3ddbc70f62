/** Reports as JSON for programs and for people: one row of a table to a line. */
import { type Terminal } from '../command';

/** Rows printed at a time: the text of a large model's layers need not be in memory in one piece. */
const batch = 1000;

/** Prints a report as one JSON document. */
export function printJson(report: object, terminal: Terminal): void {
  let lines: string[] = [];
  for (const line of jsonLines(report)) {
    if (lines.push(line) < batch) continue;
    terminal.print(lines.join('\n'));
    lines = [];
  }
  if (lines.length > 0) terminal.print(lines.join('\n'));
}

/** The document line by line; items of lists at its top have a line each, however much is in them. */
function* jsonLines(report: object): Generator<string> {
  const entries = Object.entries(report).filter(([, value]) => value !== undefined);
  yield '{';
  for (const [index, [key, value]] of entries.entries()) {
    const comma = index < entries.length - 1 ? ',' : '';
    const name = `  ${JSON.stringify(key)}: `;
    if (!Array.isArray(value) || value.length === 0) {
      yield `${name}${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')}${comma}`;
      continue;
    }
    const last = value.length - 1;
    yield `${name}[`;
    for (const [at, item] of value.entries()) yield `    ${JSON.stringify(item)}${at < last ? ',' : ''}`;
    yield `  ]${comma}`;
  }
  yield '}';
}
