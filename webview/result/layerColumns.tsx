/** The columns of the layer table. Those that nobody measured are left out. */
import { type VNode } from 'preact';
import {
  formatBytes,
  formatCost,
  formatDecibels,
  formatMillisecondsPair,
  formatPair,
  formatShare,
  unknownMark,
} from '../../src/report/format';
import { type LayerRow } from '../../src/report/layers';
import { runsAsText } from '../../src/report/runsAs';
import { visibleName } from '../../src/report/text';
import { Bars } from '../components/Bars';
import { Icon, type IconName } from '../components/Icon';
import { Name } from '../components/Name';
import { type Column } from '../components/table/column';
import { text, words } from '../strings';

type LayerColumn = Column<LayerRow>;

/** Columns for these rows; bars of all rows share one scale. */
export function layerColumns(rows: readonly LayerRow[]): LayerColumn[] {
  const largest = rows.reduce((most, row) => Math.max(most, row.bytesBefore ?? 0, row.bytesAfter ?? 0), 0);
  return [
    layerColumn(),
    kindColumn(),
    beforeColumn(),
    afterColumn(),
    ...(largest > 0 ? [shareColumn(largest)] : []),
    ...(rows.some((row) => row.macsBefore !== null || row.macsAfter !== null) ? [macsColumn()] : []),
    ...sqnrColumns(rows),
    ...(rows.some((row) => row.latencyBeforeMs !== null) ? [latencyColumn()] : []),
    ...(rows.some((row) => row.runsAs !== null) ? [runsColumn()] : []),
    whatColumn(),
  ];
}

function layerColumn(): LayerColumn {
  return {
    id: 'layer',
    title: text('columnLayer'),
    isNumeric: false,
    width: 120,
    grow: 5,
    sortKey: (row) => row.name,
    render: (row) => <Name value={row.name} />,
    fields: [{ title: text('columnLayer'), value: (row) => row.name }],
  };
}

function kindColumn(): LayerColumn {
  return {
    id: 'kind',
    title: text('columnKind'),
    isNumeric: false,
    width: 72,
    grow: 2.5,
    sortKey: (row) => row.kind,
    render: (row) => <span title={visibleName(row.kind)}>{visibleName(row.kind)}</span>,
    fields: [{ title: text('columnKind'), value: (row) => row.kind }],
  };
}

function beforeColumn(): LayerColumn {
  return {
    id: 'before',
    title: text('columnBefore'),
    help: text('columnBeforeHelp'),
    isNumeric: true,
    width: 56,
    sortKey: (row) => row.bytesBefore,
    render: (row) => bytes(row.bytesBefore),
    fields: [{ title: `${text('columnBefore')} (B)`, value: (row) => row.bytesBefore }],
  };
}

function afterColumn(): LayerColumn {
  return {
    id: 'after',
    title: text('columnAfter'),
    help: text('columnAfterHelp'),
    isNumeric: true,
    width: 64,
    sortKey: (row) => row.bytesAfter,
    render: (row) => <Judged isWorse={isMore(row.bytesBefore, row.bytesAfter)}>{bytes(row.bytesAfter)}</Judged>,
    fields: [{ title: `${text('columnAfter')} (B)`, value: (row) => row.bytesAfter }],
  };
}

function shareColumn(largest: number): LayerColumn {
  const bar = (size: number | null): { length: number } | null => (size === null ? null : { length: size / largest });
  return {
    id: 'share',
    title: text('columnShare'),
    help: text('columnShareHelp'),
    isNumeric: true,
    width: 80,
    grow: 2,
    sortKey: (row) => row.share,
    render: (row) => (
      <>
        <Bars before={bar(row.bytesBefore)} after={bar(row.bytesAfter)} />
        <span class="share">{row.share === null ? unknownMark : row.share === 0 ? '' : formatShare(row.share)}</span>
      </>
    ),
    fields: [{ title: text('columnShare'), value: (row) => row.share }],
  };
}

function macsColumn(): LayerColumn {
  return {
    id: 'macs',
    title: text('columnMacs'),
    help: text('columnMacsHelp'),
    isNumeric: true,
    width: 60,
    grow: 0.5,
    sortKey: (row) => row.macsBefore ?? row.macsAfter,
    render: (row) => <span title={macs(row)}>{macs(row)}</span>,
    fields: [
      { title: `${text('columnMacs')} ${text('before')}`, value: (row) => row.macsBefore },
      { title: `${text('columnMacs')} ${text('after')}`, value: (row) => row.macsAfter },
    ],
  };
}

/** What came together at the output says more than the weights alone: it is shown where it was measured. */
function sqnrColumns(rows: readonly LayerRow[]): LayerColumn[] {
  const atOutput = rows.some((row) => row.outputSqnrDb !== null);
  if (!atOutput && rows.every((row) => row.sqnrDb === null)) return [];
  const shown = (row: LayerRow): number | null => (atOutput ? row.outputSqnrDb : row.sqnrDb);
  const weights = (row: LayerRow): string =>
    atOutput && row.sqnrDb !== null ? text('sqnrOfWeights', decibels(row.sqnrDb)) : '';
  const ofWeights = { title: text('fieldWeightSqnr'), value: (row: LayerRow) => row.sqnrDb };
  const ofOutput = { title: `${text('columnSqnr')} (dB)`, value: (row: LayerRow) => row.outputSqnrDb };
  return [
    {
      id: 'sqnr',
      title: text('columnSqnr'),
      help: text(atOutput ? 'columnOutputSqnrHelp' : 'columnSqnrHelp'),
      isNumeric: true,
      width: 58,
      sortKey: shown,
      render: (row) => <span title={weights(row)}>{decibels(shown(row))}</span>,
      fields: atOutput ? [ofOutput, ofWeights] : [ofWeights],
    },
  ];
}

const decibels = (db: number | null): string => (db === null ? '' : formatDecibels(db === Infinity ? null : db));

function runsColumn(): LayerColumn {
  return {
    id: 'runs',
    title: text('columnRuns'),
    help: text('columnRunsHelp'),
    isNumeric: false,
    width: 100,
    grow: 0.5,
    sortKey: (row) => row.runsAs,
    render: (row) => <Runs row={row} />,
    fields: [
      { title: text('columnRuns'), value: (row) => row.runsAs },
      { title: text('fieldRunsAsReason'), value: (row) => row.runsAsReason },
    ],
  };
}

/** A quantized layer that runs in float, between conversions, is slower than before: it is marked. Why is on hover. */
function Runs({ row: { runsAs, runsAsReason, status } }: { row: LayerRow }): VNode {
  if (runsAs === null) return <></>;
  const said = runsAsText(runsAs, words());
  const title = [said, visibleName(runsAsReason)].filter(Boolean).join(': ');
  if (runsAs !== 'float-qdq' || status !== 'changed')
    return (
      <span class={`runs runs-${runsAs}`} title={title}>
        {said}
      </span>
    );
  return (
    <span class="runs change change-worse" title={title}>
      <Icon name="warning" label={text('warning')} />
      {said}
    </span>
  );
}

function latencyColumn(): LayerColumn {
  return {
    id: 'latency',
    title: text('columnLatency'),
    help: text('columnLatencyHelp'),
    isNumeric: true,
    width: 112,
    grow: 0.7,
    sortKey: (row) => row.latencyBeforeMs,
    render: ({ latencyBeforeMs: before, latencyAfterMs: after }) => {
      if (before === null || after === null) return '';
      // Times of single layers are noisy: less than a tenth is no claim.
      const times = formatMillisecondsPair(before, after);
      return (
        <span title={times}>
          <Judged isWorse={after > before * 1.1}>{times}</Judged>
        </span>
      );
    },
    fields: [
      { title: `${text('columnLatency')} ${text('before')} (ms)`, value: (row) => row.latencyBeforeMs },
      { title: `${text('columnLatency')} ${text('after')} (ms)`, value: (row) => row.latencyAfterMs },
    ],
  };
}

function whatColumn(): LayerColumn {
  return {
    id: 'what',
    title: text('columnWhat'),
    help: text('columnWhatHelp'),
    isNumeric: false,
    width: 104,
    grow: 5,
    sortKey: (row) => (row.what === '' ? null : row.what),
    render: (row) => <What row={row} />,
    fields: [
      { title: text('columnWhat'), value: (row) => row.what },
      { title: 'Status', value: (row) => row.status },
    ],
  };
}

/** Shape and words say what happened; an unchanged layer says nothing. */
function What({ row }: { row: LayerRow }): VNode {
  if (row.status === 'same') return <></>;
  const icons: Record<Exclude<LayerRow['status'], 'same'>, [icon: IconName, label: string]> = {
    changed: ['changed', text('statusChanged')],
    skipped: ['skipped', text('statusSkipped')],
    added: ['added', text('statusAdded')],
    removed: ['removed', text('statusRemoved')],
  };
  const [icon, label] = icons[row.status];
  const said = visibleName(row.what);
  return (
    <span class={`what what-${row.status}`} title={said === '' ? label : `${label}: ${said}`}>
      <Icon name={icon} label={label} />
      <span class="what-text">{said}</span>
    </span>
  );
}

/** A number that is marked when it got worse. */
function Judged({ isWorse, children }: { isWorse: boolean; children: string }): VNode {
  if (!isWorse) return <>{children}</>;
  return (
    <span class="change change-worse">
      <Icon name="warning" label={text('worse')} />
      {children}
    </span>
  );
}

function isMore(before: number | null, after: number | null): boolean {
  return before !== null && after !== null && after > before * 1.005;
}

function bytes(size: number | null): string {
  return size === null ? unknownMark : size === 0 ? '' : formatBytes(size);
}

function macs({ macsBefore: before, macsAfter: after }: LayerRow): string {
  const known = before ?? after;
  if (known === 0 && (after === 0 || after === null)) return '';
  if (after === null || before === null || before === after) return known === null ? unknownMark : formatCost(known);
  const areNumbers = typeof before === 'number' && typeof after === 'number';
  return areNumbers ? formatPair(before, after) : `${formatCost(before)} → ${formatCost(after)}`;
}
