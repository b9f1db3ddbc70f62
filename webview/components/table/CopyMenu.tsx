/** The copy button of a table: all of it, the selected rows, or the current cell. */
import { type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatWhole } from '../../../src/report/format';
import { text } from '../../strings';
import { Menu, type MenuItem } from '../Menu';
import { type Column, copyText } from './column';
import { copiedText } from './copy';
import { type GridState } from './selection';

/** What the button needs to know. */
export interface CopyMenuProps<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly grid: GridState;
  /** Used where the page may not write to the clipboard itself. */
  readonly toHost: (content: string) => void;
}

/** The button. Says for a moment that it has copied. */
export function CopyMenu<Row>({ rows, columns, grid, toHost }: CopyMenuProps<Row>): VNode {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return undefined;
    const timer = window.setTimeout(() => setDone(false), 2000);
    return () => window.clearTimeout(timer);
  }, [isDone]);

  const copy = (content: string): void => {
    void putOnClipboard(content, toHost).then(() => setDone(true));
  };
  const selection: MenuItem[] = [];
  if (grid.selected.size > 0) {
    const title = text('copySelection', formatWhole(grid.selected.size));
    selection.push({ id: 'rows', title, act: () => copy(copiedText(rows, columns, grid)) });
  } else if (grid.cell) {
    selection.push({ id: 'cell', title: text('copyCell'), act: () => copy(copiedText(rows, columns, grid)) });
  }
  const items: MenuItem[] = [
    ...selection,
    { id: 'tsv', title: text('copyTableTsv'), act: () => copy(copyText(rows, columns, '\t')) },
    { id: 'csv', title: text('copyTableCsv'), act: () => copy(copyText(rows, columns, ',')) },
  ];
  return (
    <>
      <Menu icon="copy" title={isDone ? text('copied') : text('copy')} items={items} />
      <span class="visually-hidden" role="status">
        {isDone ? text('copied') : ''}
      </span>
    </>
  );
}

/** Without the focus, or on a page that is not secure, a page has no clipboard; the host always has. */
async function putOnClipboard(content: string, toHost: (content: string) => void): Promise<void> {
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    toHost(content);
  }
}
