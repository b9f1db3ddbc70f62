/** The layers of a report: what each was and is, what was done to it or why not. */
import { type Ref, type VNode } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import { type LayerRow, type LayerStatus } from '../../src/report/layers';
import { Select } from '../components/Select';
import { TableSection } from '../components/table/TableSection';
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
  /** A layer that was chosen elsewhere on the page. */
  readonly picked: LayerRow | undefined;
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
  const columns = useMemo(() => layerColumns(rows), [rows]);
  const isShown = useCallback((row: LayerRow) => shows[show](row.status), [show]);
  const options = useMemo(() => showOptions(rows), [rows]);
  const change = (next: Show): void => {
    setShow(next);
    remember({ show: next });
  };
  return (
    <TableSection
      id="layers"
      class="result-layers"
      title={text('layers')}
      filterHint="filterReasonsHint"
      rows={rows}
      columns={columns}
      searchText={searchText}
      isShown={isShown}
      picked={props.picked}
      tools={options.length > 2 && <Select label={text('show')} value={show} options={options} onChange={change} />}
      filter={filter}
      onFilter={onFilter}
      onClear={() => {
        onFilter('');
        change('all');
      }}
      sort={sort}
      onSort={(next) => {
        setSort(next);
        remember({ sort: next });
      }}
      emptyText={text('noLayers')}
      toHost={(content) => wire.post({ type: 'copy', text: content })}
      sectionRef={sectionRef}
    />
  );
}

function searchText(row: LayerRow): string {
  return `${row.name}\n${row.kind}\n${row.what}`;
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
