/** The columns of the layer table. Those that nobody measured are left out. */
import { type VNode } from 'preact';
import { formatBytes, formatCost, formatDecibels, formatPair, formatShare, unknownMark } from '../../src/report/format';
import { type LayerRow } from '../../src/report/layers';
import { removalText } from '../../src/report/removed';
import { visibleName } from '../../src/report/text';
import { Bars } from '../components/Bars';
import { Icon, type IconName } from '../components/Icon';
import { Name } from '../components/Name';
import { type Column } from '../components/table/column';
import { kindColumn } from '../components/table/columns';
import { text, words } from '../strings';
import { Judged, latencyColumn, runsColumn } from './runColumns';

type LayerColumn = Column<LayerRow>;

/** Columns for these rows; bars of all rows share one scale. */
export function layerColumns(rows: readonly LayerRow[]): LayerColumn[] {
  const largest = rows.reduce((most, row) => Math.max(most, row.bytesBefore ?? 0, row.bytesAfter ?? 0), 0);
  return [
    layerColumn(),
    { ...kindColumn(84), makesWay: 1 },
    beforeColumn(),
    afterColumn(rows),
    ...(largest > 0 ? [shareColumn(largest)] : []),
    ...(rows.some((row) => row.macsBefore !== null || row.macsAfter !== null) ? [macsColumn(rows)] : []),
    ...(rows.some((row) => row.removed.length > 0) ? [removedColumn()] : []),
    ...sqnrColumns(rows),
    ...(rows.some((row) => row.aloneDb !== null) ? [aloneColumn()] : []),
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
    width: 112,
    grow: 5,
    sortKey: (row) => row.name,
    render: (row) => <Name value={row.name} />,
    fields: [{ title: text('columnLayer'), value: (row) => row.name }],
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

function afterColumn(rows: readonly LayerRow[]): LayerColumn {
  const hasWarnings = rows.some((row) => isMore(row.bytesBefore, row.bytesAfter));
  return {
    id: 'after',
    title: text('columnAfter'),
    help: text('columnAfterHelp'),
    isNumeric: true,
    width: hasWarnings ? 84 : 64,
    sortKey: (row) => row.bytesAfter,
    render: (row) => {
      const shown = bytes(row.bytesAfter);
      return isMore(row.bytesBefore, row.bytesAfter) ? <Judged isWorse>{shown}</Judged> : shown;
    },
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
    width: 72,
    makesWay: 3,
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

function macsColumn(rows: readonly LayerRow[]): LayerColumn {
  const arePairs = rows.some(
    (row) => row.macsBefore !== null && row.macsAfter !== null && row.macsBefore !== row.macsAfter,
  );
  return {
    id: 'macs',
    title: text('columnMacs'),
    help: text('columnMacsHelp'),
    isNumeric: true,
    width: arePairs ? 96 : 60,
    makesWay: 2,
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

/** How much of its channels, heads, ranks or weights a layer kept. */
function removedColumn(): LayerColumn {
  const kept = ({ removed: [main] }: LayerRow): number | null => (main ? main.after / main.before : null);
  return {
    id: 'removed',
    title: text('columnRemoved'),
    help: text('columnRemovedHelp'),
    isNumeric: false,
    width: 152,
    grow: 1,
    sortKey: kept,
    render: (row) => {
      const [main] = row.removed;
      if (!main) return '';
      return (
        <span class="removed" title={removalText(row.removed, words())}>
          <Bars after={{ length: kept(row) ?? 0 }} />
          <span class="removed-text">{removalText([main], words())}</span>
        </span>
      );
    },
    fields: [
      { title: text('columnRemoved'), value: (row) => removalText(row.removed, words()) },
      { title: text('stripKept'), value: kept },
    ],
  };
}

/** What the outputs lose by this layer alone; the worst are marked by their rank. */
function aloneColumn(): LayerColumn {
  return {
    id: 'alone',
    title: text('columnAlone'),
    help: text('columnAloneHelp'),
    isNumeric: true,
    width: 98,
    sortKey: (row) => row.aloneDb,
    render: (row) => (
      <span title={row.aloneRank === null ? '' : text('aloneRank', row.aloneRank)}>{decibels(row.aloneDb)}</span>
    ),
    fields: [{ title: `${text('columnAlone')} (dB)`, value: (row) => row.aloneDb }],
  };
}

const decibels = (db: number | null): string => (db === null ? '' : formatDecibels(db === Infinity ? null : db));

function whatColumn(): LayerColumn {
  return {
    id: 'what',
    isLong: true,
    title: text('columnWhat'),
    help: text('columnWhatHelp'),
    isNumeric: false,
    width: 148,
    grow: 5,
    sortKey: (row) => (row.what === '' ? null : row.what),
    render: (row) => (row.status === 'same' ? '' : <What row={row} status={row.status} />),
    fields: [
      { title: text('columnWhat'), value: (row) => row.what },
      { title: 'Status', value: (row) => row.status },
    ],
  };
}

/** Shape and words say what happened; an unchanged layer says nothing. */
function What({ row, status }: { row: LayerRow; status: Exclude<LayerRow['status'], 'same'> }): VNode {
  const icons: Record<Exclude<LayerRow['status'], 'same'>, [icon: IconName, label: string]> = {
    changed: ['changed', text('statusChanged')],
    skipped: ['skipped', text('statusSkipped')],
    added: ['added', text('statusAdded')],
    removed: ['removed', text('statusRemoved')],
  };
  const [icon, label] = icons[status];
  const said = visibleName(row.what);
  return (
    <span class={`what what-${status}`} title={said === '' ? label : `${label}: ${said}`}>
      <Icon name={icon} label={label} />
      <span class="what-text">{said}</span>
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
