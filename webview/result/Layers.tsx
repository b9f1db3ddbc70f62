/** The layers: a table with a filter, a choice of which layers to show, and copying. */
import { type Ref, type VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { formatWhole } from '../../src/report/format';
import { type LayerRow, type LayerStatus } from '../../src/report/layers';
import { Button } from '../components/Button';
import { Icon } from '../components/Icon';
import { Select } from '../components/Select';
import { CopyMenu } from '../components/table/CopyMenu';
import { sortRows } from '../components/table/column';
import { matcherOf } from '../components/table/filter';
import { copiedText } from '../components/table/copy';
import { emptyGrid, type GridState } from '../components/table/selection';
import { Table } from '../components/table/Table';
import { TextField } from '../components/TextField';
import { text } from '../strings';
import { layerColumns } from './layerColumns';
import { type Remembered, type ResultWire, type Show } from './state';

/** What the section needs to know. */
export interface LayersProps {
  readonly rows: readonly LayerRow[];
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
  readonly wire: ResultWire;
  readonly remembered: Remembered;
  readonly remember: (change: Partial<Remembered>) => void;
  readonly sectionRef: Ref<HTMLElement>;
}

const shows: Readonly<Record<Show, (status: LayerStatus) => boolean>> = {
  all: () => true,
  changed: (status) => status === 'changed',
  skipped: (status) => status === 'skipped',
  added: (status) => status === 'added' || status === 'removed',
};

/** The section. */
export function Layers(props: LayersProps): VNode {
  const { rows, filter, onFilter, wire, remembered, remember, sectionRef } = props;
  const [sort, setSort] = useState(remembered.sort);
  const [show, setShow] = useState<Show>(isShow(remembered.show) ? remembered.show : 'all');
  const [grid, setGrid] = useState<GridState>(emptyGrid);
  const columns = useMemo(() => layerColumns(rows), [rows]);
  const searchable = useMemo(() => rows.map((row) => `${row.name}\n${row.kind}\n${row.what}`.toLowerCase()), [rows]);
  const visible = useMemo(() => {
    const matches = matcherOf(filter);
    return rows.filter((row, index) => shows[show](row.status) && matches(searchable[index] ?? ''));
  }, [rows, searchable, filter, show]);
  const sorted = useMemo(() => sortRows(visible, columns, sort), [visible, columns, sort]);
  const options = showOptions(rows);

  return (
    <section class="layers" ref={sectionRef} aria-labelledby="layers-title">
      <div class="layers-bar">
        <h2 class="section-title" id="layers-title">
          {text('layers')}{' '}
          <span class="section-count" role="status">
            {countText(visible.length, rows.length)}
          </span>
        </h2>
        {rows.length > 0 && (
          <div class="layers-tools">
            <TextField
              class="filter"
              value={filter}
              label={text('filter')}
              placeholder={text('filterHint')}
              onInput={(next) => {
                onFilter(next);
                setGrid(emptyGrid);
              }}
              onKeyDown={(event) => {
                if (event.key === 'Escape') onFilter('');
              }}
            >
              <Icon name="filter" slot="start" />
            </TextField>
            {options.length > 2 && (
              <Select
                label={text('show')}
                value={show}
                options={options}
                onChange={(next) => {
                  setShow(next);
                  setGrid(emptyGrid);
                  remember({ show: next });
                }}
              />
            )}
            <CopyMenu
              rows={sorted}
              columns={columns}
              grid={grid}
              toHost={(content) => wire.post({ type: 'copy', text: content })}
            />
          </div>
        )}
      </div>
      {rows.length === 0 ? (
        <p class="empty quiet">{text('noLayers')}</p>
      ) : (
        <Table
          id="layers"
          label={text('layers')}
          help={text('layersHelp')}
          rows={sorted}
          columns={columns}
          sort={sort}
          onSort={(next) => {
            setSort(next);
            setGrid(emptyGrid);
            remember({ sort: next });
          }}
          grid={grid}
          onGrid={setGrid}
          copied={() => copiedText(sorted, columns, grid)}
          rowHeight={rowHeight}
          rowClass={rowClass}
        />
      )}
      {rows.length > 0 && sorted.length === 0 && (
        <p class="empty">
          <span class="quiet">{text('noMatch')}</span>{' '}
          <Button
            onClick={() => {
              onFilter('');
              setShow('all');
              remember({ show: 'all' });
            }}
          >
            {text('clearFilter')}
          </Button>
        </p>
      )}
    </section>
  );
}

/** As in result.css: one line, or three; two for a layer that has neither weights nor a latency. */
function rowHeight(row: LayerRow, isCompact: boolean): number {
  if (!isCompact) return 28;
  return isWeightless(row) ? 48 : 64;
}

function rowClass(row: LayerRow): string {
  return isWeightless(row) ? 'is-weightless' : '';
}

function isWeightless(row: LayerRow): boolean {
  return !row.bytesBefore && !row.bytesAfter && row.latencyBeforeMs === null;
}

function isShow(value: string): value is Show {
  return value in shows;
}

/** Only choices that would show something. */
function showOptions(rows: readonly LayerRow[]): { value: Show; title: string }[] {
  const all: { value: Show; title: string }[] = [
    { value: 'all', title: text('showAll') },
    { value: 'changed', title: text('showChanged') },
    { value: 'skipped', title: text('showSkipped') },
    { value: 'added', title: text('showAdded') },
  ];
  return all.filter(({ value }) => rows.some((row) => shows[value](row.status)));
}

function countText(visible: number, all: number): string {
  if (visible !== all) return text('layersFiltered', formatWhole(visible), formatWhole(all));
  return all === 1 ? text('layersCountOne') : text('layersCount', formatWhole(all));
}
