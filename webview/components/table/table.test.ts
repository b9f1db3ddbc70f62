import assert from 'node:assert/strict';
import { cellText, type Column, copyText, nextSort, type Sort, sortRows } from './column';
import { copiedText } from './copy';
import { matcherOf, phrase } from './filter';
import { afterClick, afterKey, emptyGrid, type GridState } from './selection';
import { fitColumns, nameColumn } from './fit';
import { rowAt, visibleRows } from './useVirtualRows';

interface Row {
  readonly name: string;
  readonly cost: number | string | null;
}

const columns: readonly Column<Row>[] = [
  {
    id: 'name',
    title: 'Name',
    isNumeric: false,
    width: 100,
    sortKey: (row) => row.name,
    render: () => null,
    fields: [{ title: 'Name', value: (row) => row.name }],
  },
  {
    id: 'cost',
    title: 'Cost',
    isNumeric: true,
    width: 50,
    sortKey: (row) => row.cost,
    render: () => null,
    fields: [
      { title: 'Cost', value: (row) => row.cost },
      { title: 'Twice', value: (row) => (typeof row.cost === 'number' ? row.cost * 2 : null) },
    ],
  },
];

const rows: readonly Row[] = [
  { name: 'layer.10', cost: 5 },
  { name: 'layer.9', cost: null },
  { name: 'Layer.1', cost: '2*N' },
  { name: 'conv', cost: 70 },
];

const namesBy = (sort: Sort | null): string[] => sortRows(rows, columns, sort).map(({ name }) => name);

describe('webview/table: sorting', () => {
  it('puts numbers inside names in their order and ignores case', () => {
    const ascending = ['conv', 'Layer.1', 'layer.9', 'layer.10'];
    assert.deepEqual(namesBy({ column: 'name', direction: 'ascending' }), ascending);
    assert.deepEqual(namesBy({ column: 'name', direction: 'descending' }), [...ascending].reverse());
  });

  it('puts expressions after numbers and the unknown last, in both directions', () => {
    assert.deepEqual(namesBy({ column: 'cost', direction: 'descending' }), ['conv', 'layer.10', 'Layer.1', 'layer.9']);
    assert.deepEqual(namesBy({ column: 'cost', direction: 'ascending' }), ['layer.10', 'conv', 'Layer.1', 'layer.9']);
  });

  it('keeps the order without a sort, or with one that a new page does not know', () => {
    assert.deepEqual(
      namesBy(null),
      rows.map(({ name }) => name),
    );
    assert.equal(sortRows(rows, columns, { column: 'gone', direction: 'ascending' }), rows);
  });

  it('goes from the useful direction to the other to none', () => {
    const [name, cost] = columns as [Column<Row>, Column<Row>];
    const first = nextSort(null, cost);
    assert.deepEqual(first, { column: 'cost', direction: 'descending' });
    const second = nextSort(first, cost);
    assert.deepEqual(second, { column: 'cost', direction: 'ascending' });
    assert.equal(nextSort(second, cost), null);
    assert.deepEqual(nextSort(second, name), { column: 'name', direction: 'ascending' });
  });
});

describe('webview/table: filter', () => {
  it('wants every word, in any order, and phrases as they are', () => {
    assert.ok(matcherOf('conv FIRE2')('fire2/squeeze conv'));
    assert.ok(!matcherOf('conv fire3')('fire2/squeeze conv'));
    assert.ok(matcherOf('"fewer than"')('12 elements, fewer than 256'));
    assert.ok(!matcherOf('"than fewer"')('12 elements, fewer than 256'));
    assert.ok(matcherOf('  ')('anything'));
    assert.ok(matcherOf('"unclosed phrase')('an unclosed phrase'));
  });

  it('finds a reason that holds quotes by its parts', () => {
    assert.ok(matcherOf(phrase('shared with "lm_head"'))('weights are shared with "lm_head"'));
  });
});

describe('webview/table: keys and clicks', () => {
  const size = { rows: 100, columns: 2, page: 10 };
  const plain = { shift: false, command: false };
  const press = (state: GridState, ...keys: readonly string[]): GridState =>
    keys.reduce((current, key) => {
      const parts = key.split('+');
      const pressed = { key: parts.at(-1) ?? '', shift: parts.includes('shift'), command: parts.includes('ctrl') };
      return afterKey(current, pressed, size) ?? current;
    }, state);

  it('moves within the table and never out of it', () => {
    assert.deepEqual(press(emptyGrid, 'ArrowDown').cell, { row: 0, column: 0 });
    assert.deepEqual(press(emptyGrid, 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight').cell, {
      row: 1,
      column: 1,
    });
    assert.deepEqual(press(emptyGrid, 'ctrl+End', 'ArrowDown').cell, { row: 99, column: 0 });
    assert.deepEqual(press(emptyGrid, 'ArrowDown', 'PageDown', 'End').cell, { row: 10, column: 1 });
    assert.deepEqual(press(emptyGrid, 'ctrl+End', 'ctrl+Home', 'PageUp').cell, { row: 0, column: 0 });
  });

  it('selects ranges, single rows and all of them', () => {
    const range = press(emptyGrid, 'ArrowDown', 'ArrowDown', 'shift+ArrowDown', 'shift+ArrowDown');
    assert.deepEqual([...range.selected], [1, 2, 3]);
    assert.deepEqual([...press(range, 'shift+ArrowUp').selected], [1, 2]);
    assert.equal(press(range, 'ArrowUp').selected.size, 0);
    assert.equal(press(emptyGrid, 'ctrl+a').selected.size, 100);
    assert.deepEqual([...press(emptyGrid, 'ArrowDown', ' ').selected], [0]);
    assert.equal(press(range, 'Escape').selected.size, 0);
    const clicked = afterClick(range, { row: 8, column: 0 }, { shift: false, command: true });
    assert.deepEqual([...clicked.selected], [1, 2, 3, 8]);
    assert.deepEqual(
      [...afterClick(clicked, { row: 6, column: 0 }, { shift: true, command: false }).selected],
      [6, 7, 8],
    );
    assert.equal(afterClick(clicked, { row: 6, column: 0 }, plain).selected.size, 0);
  });

  it('leaves keys alone that it has no use for', () => {
    assert.equal(afterKey(emptyGrid, { key: 'x', ...plain }, size), undefined);
    assert.equal(afterKey(emptyGrid, { key: 'ArrowDown', ...plain }, { ...size, rows: 0 }), undefined);
    assert.equal(afterKey(emptyGrid, { key: 'Escape', ...plain }, size), undefined);
  });
});

describe('webview/table: copying', () => {
  it('copies titles and plain numbers', () => {
    assert.equal(copyText(rows.slice(0, 2), columns, '\t'), 'Name\tCost\tTwice\r\nlayer.10\t5\t10\r\nlayer.9\t\t\r\n');
  });

  it('copies selected rows, else the cell, else nothing', () => {
    assert.equal(copiedText(rows, columns, emptyGrid), '');
    const cell = afterClick(emptyGrid, { row: 3, column: 1 }, { shift: false, command: false });
    assert.equal(copiedText(rows, columns, cell), '70 140');
    assert.match(copiedText(rows, columns, { ...cell, selected: new Set([3]) }), /^Name.*\r\nconv\t70\t140\r\n$/);
    assert.equal(cellText(rows[0] as Row, columns[0] as Column<Row>), 'layer.10');
  });
});

describe('webview/table: rows in view', () => {
  const many = { count: 100_000, height: 28 };

  it('draws a few of many', () => {
    const atTop = visibleRows(300, 900, many);
    assert.equal(atTop.first, 0);
    assert.ok(atTop.last > 600 / 28 && atTop.last < 40);
    const inTheMiddle = visibleRows(-1_400_000, 900, many);
    assert.ok(inTheMiddle.first <= 50_000 && inTheMiddle.last >= 50_000 + 900 / 28);
    assert.ok(inTheMiddle.last - inTheMiddle.first < 60);
    assert.equal(visibleRows(-2_800_000 + 900, 900, many).last, 100_000);
  });

  it('finds the nearest row, and none of none', () => {
    assert.deepEqual(
      [-5, 0, 27, 28, 9_999_999].map((position) => rowAt(many, position)),
      [0, 0, 0, 1, 99_999],
    );
    assert.deepEqual(visibleRows(0, 900, { count: 0, height: 28 }), { first: 0, last: 0 });
  });
});

describe('webview/table: columns that fit', () => {
  const column = (id: string, makesWay?: number, isName = false): Column<unknown> => ({
    ...{ id, title: id, isNumeric: false, width: 100, isName, fields: [] },
    ...(makesWay !== undefined && { makesWay }),
    sortKey: () => null,
    render: () => '',
  });
  const columns = [column('rank', 1), column('name', undefined, true), column('shape', 2), column('cost')];
  const shown = (width: number, sorted?: string): string => {
    const sort = sorted === undefined ? null : { column: sorted, direction: 'ascending' as const };
    const fit = fitColumns(columns, width, sort);
    const ids = (of: readonly Column<unknown>[]): string => of.map(({ id }) => id).join(' ');
    return `${ids(fit.columns)} - ${ids(fit.hidden)} | ${fit.fieldsPerLine} ${fit.rowHeight}`;
  };

  it('leaves out what matters least, but not what the table is sorted by', () => {
    // Four of 100 pixels, three gaps of 12, twice 8 at the edges.
    assert.equal(shown(452), 'rank name shape cost -  | 0 28');
    assert.equal(shown(451), 'rank name cost - shape | 0 28');
    assert.equal(shown(339), 'name cost - rank shape | 0 28');
    assert.equal(shown(451, 'shape'), 'name shape cost - rank | 0 28');
  });

  it('puts values below the name when nothing more can go', () => {
    assert.equal(shown(227), 'name cost - rank shape | 1 48');
    assert.equal(shown(275, 'shape'), 'name shape cost - rank | 1 68');
    assert.equal(shown(276, 'shape'), 'name shape cost - rank | 2 48');
  });

  it('shows everything while the width is not known, and knows the name of a row', () => {
    assert.equal(shown(0), 'rank name shape cost -  | 0 28');
    assert.equal(nameColumn(columns)?.id, 'name');
    assert.equal(nameColumn([column('first'), column('second')])?.id, 'first');
  });
});
