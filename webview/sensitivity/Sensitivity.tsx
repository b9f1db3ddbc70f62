/** An analysis: what was tried, the curves where there are any, and each part in numbers. */
import { type VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import {
  type LayerSensitivity,
  type CurveSensitivity,
  type QuantizationSensitivity,
  type SensitivityCurve,
  type SensitivityReport,
} from '../../src/protocol/sensitivity';
import { type Column } from '../components/table/column';
import { TableSection } from '../components/table/TableSection';
import { useScrollMemory } from '../components/useScrollMemory';
import { text } from '../strings';
import { CurveSection } from './CurveSection';
import { groupColumns } from './groupColumns';
import { Head } from './Head';
import { layerColumns } from './layerColumns';
import { type Remembered, type SensitivityWire, type Upwards } from './state';

interface Parts {
  readonly wire: SensitivityWire;
  readonly remembered: Remembered;
  readonly remember: (change: Partial<Remembered>) => void;
}

/** The page of a report. */
export function Sensitivity({ report, ...parts }: Parts & { report: SensitivityReport }): VNode {
  useScrollMemory(parts.remembered.scrollTop, parts.remember);
  return (
    <main class="page">
      <Head report={report} wire={parts.wire} />
      {report.of === 'int8' ? <Layers report={report} {...parts} /> : <Groups report={report} {...parts} />}
    </main>
  );
}

function Groups({ report, ...parts }: Parts & { report: CurveSensitivity }): VNode {
  const [picked, setPicked] = useState<SensitivityCurve>();
  const section = useRef<HTMLElement>(null);
  const [upwards, setUpwards] = useState<Upwards>(startOf(report, parts.remembered));
  const columns = useMemo(() => groupColumns(report, upwards), [report, upwards]);
  const pick = (curve: SensitivityCurve): void => {
    setPicked(curve);
    section.current?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <>
      {report.curves.length > 0 && (
        <CurveSection
          report={report}
          upwards={upwards}
          onUpwards={(next) => {
            setUpwards(next);
            parts.remember({ upwards: next });
          }}
          remembered={parts.remembered}
          remember={parts.remember}
          onPick={pick}
        />
      )}
      <Rows
        {...parts}
        class="sensitivity-groups"
        title={text(report.of === 'prune' ? 'groups' : 'layers')}
        unit={report.of === 'prune' ? 'groups' : 'layers'}
        rows={report.curves}
        columns={columns}
        searchText={groupText}
        picked={picked}
        sectionRef={section}
      />
    </>
  );
}

const startOf = ({ accuracy }: CurveSensitivity, { upwards }: Remembered): Upwards =>
  upwards === 'accuracy' && accuracy !== undefined ? 'accuracy' : 'db';

function Layers({ report, ...parts }: Parts & { report: QuantizationSensitivity }): VNode {
  const columns = useMemo(() => layerColumns(report.layers), [report]);
  return (
    <Rows
      {...parts}
      class="sensitivity-layers"
      title={text('layers')}
      unit="layers"
      rows={report.layers}
      columns={columns}
      searchText={layerText}
    />
  );
}

const groupText = ({ nodes, readers }: SensitivityCurve): string => [...nodes, ...readers].join('\n');
const layerText = ({ node, opType }: LayerSensitivity): string => `${node}\n${opType}`;

function Rows<Row>(
  props: Parts & {
    readonly class: string;
    readonly title: string;
    readonly unit: 'layers' | 'groups';
    readonly rows: readonly Row[];
    readonly columns: readonly Column<Row>[];
    readonly searchText: (row: Row) => string;
    readonly picked?: Row | undefined;
    readonly sectionRef?: { current: HTMLElement | null };
  },
): VNode {
  const { wire, remembered, remember, sectionRef, picked, ...rest } = props;
  const [sort, setSort] = useState(remembered.sort);
  const [filter, setFilter] = useState(remembered.filter);
  const change = (next: string): void => {
    setFilter(next);
    remember({ filter: next });
  };
  return (
    <TableSection
      {...rest}
      id="parts"
      isShown={always}
      picked={picked}
      filter={filter}
      onFilter={change}
      onClear={() => change('')}
      sort={sort}
      onSort={(next) => {
        setSort(next);
        remember({ sort: next });
      }}
      emptyText={text('noGroups')}
      toHost={(content) => wire.post({ type: 'copy', text: content })}
      {...(sectionRef && { sectionRef })}
    />
  );
}

const always = (): boolean => true;
