/** Reading tables: CSV (RFC 4180), TSV, semicolons. */

/** Rows of cells; empty lines are left out. The separator is the one that the first line has most of. */
export function parseDelimited(text: string): string[][] {
  const source = text.replace(/^\uFEFF/, '');
  const line = source.slice(0, source.search(/[\r\n]|$/));
  const separator = ['\t', ';', ','].reduce((best, each) => (count(line, each) > count(line, best) ? each : best), ',');
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || cell !== '') rows.push(row);
    [row, cell] = [[], ''];
  };
  for (let at = 0; at < source.length; at++) {
    const character = source[at]!;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (source[at + 1] === '"') cell += source[++at]!;
      else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === separator) {
      row.push(cell);
      cell = '';
    } else if (character === '\n') endRow();
    else if (character !== '\r') cell += character;
  }
  if (quoted || cell !== '' || row.length > 0) endRow();
  return rows;
}

const count = (text: string, character: string): number => text.split(character).length - 1;
