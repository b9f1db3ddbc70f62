/** The columns of the table of groups: the chart in numbers. */
import { type CurvePoint, type CurveSensitivity, type SensitivityCurve } from '../../src/protocol/sensitivity';
import { formatDecibels, formatShare, formatWhole } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Name } from '../components/Name';
import { type Column } from '../components/table/column';
import { text } from '../strings';
import { moreNodes } from './CurveChart';
import { groupName } from './layout';
import { rankColumn } from './rankColumn';
import { type Upwards } from './state';

type GroupColumn = Column<SensitivityCurve>;

/** Columns for a report: one for each share that was asked for. */
export function groupColumns({ of, ratios }: CurveSensitivity, upwards: Upwards): GroupColumn[] {
  return [
    rankColumn(),
    {
      id: 'layer',
      title: text(of === 'prune' ? 'columnGroup' : 'columnLayer'),
      ...(of === 'prune' && { help: text('columnGroupHelp') }),
      isNumeric: false,
      width: 120,
      isName: true,
      grow: 5,
      sortKey: ({ nodes }) => nodes[0] ?? '',
      render: (curve) => (
        <span title={curve.nodes.map(visibleName).join('\n')}>
          <Name value={groupName(curve, moreNodes)} />
        </span>
      ),
      fields: [
        { title: text('columnGroup'), value: ({ nodes }) => nodes.join(' ') },
        { title: text('columnReaders'), value: ({ readers }) => readers.join(' ') },
      ],
    },
    {
      id: 'channels',
      title: text(of === 'prune' ? 'columnChannels' : 'columnFullRank'),
      isNumeric: true,
      width: 72,
      makesWay: 1,
      sortKey: ({ channels }) => channels,
      render: ({ channels }) => formatWhole(channels),
      fields: [{ title: text('columnChannels'), value: ({ channels }) => channels }],
    },
    ...ratios.map((ratio, index) => ratioColumn(of, ratio, index, upwards)),
    {
      id: 'saved',
      isLong: true,
      title: text('columnSaved'),
      help: text('columnSavedHelp'),
      isNumeric: true,
      width: 104,
      sortKey: savedByHalf,
      render: (curve) => formatShare(savedByHalf(curve)),
      fields: [{ title: text('columnSaved'), value: savedByHalf }],
    },
  ];
}

const gone = { prune: 'goneChannels', factorize: 'goneArithmetic' } as const;

/** The value at one share; narrow groups were tried at the nearest number of channels, which is on hover. */
function ratioColumn(of: CurveSensitivity['of'], ratio: number, index: number, upwards: Upwards): GroupColumn {
  const valueOf = (curve: SensitivityCurve): number | null => {
    const point = pointAt(curve, ratio);
    return (upwards === 'db' ? point?.db : point?.accuracy) ?? null;
  };
  const title = `−${Number((100 * ratio).toFixed(1))} %`;
  return {
    id: `ratio-${index}`,
    title,
    help: text(upwards === 'db' ? 'columnRatioHelp' : 'columnRatioTopOneHelp', title.slice(1), text(gone[of])),
    isNumeric: true,
    width: 60,
    grow: 0.5,
    sortKey: (curve) => valueOf(curve) ?? Infinity,
    render: (curve) => {
      const value = valueOf(curve);
      const point = pointAt(curve, ratio);
      const tried = (at: CurvePoint): string =>
        of === 'prune'
          ? text('channelsGone', at.removed, curve.channels)
          : text('rankLeft', curve.channels - at.removed, curve.channels);
      const removed = point ? tried(point) : '';
      return (
        <span title={removed}>{upwards === 'db' ? decibels(value) : value === null ? '' : formatShare(value)}</span>
      );
    },
    fields: [{ title: upwards === 'db' ? `${title} (dB)` : title, value: valueOf }],
  };
}

/** What was tried nearest to a share. */
export function pointAt({ points }: SensitivityCurve, ratio: number): CurvePoint | undefined {
  const distance = ({ share }: CurvePoint): number => Math.abs(share - ratio);
  return points.reduce<CurvePoint | undefined>(
    (best, point) => (best && distance(best) <= distance(point) ? best : point),
    undefined,
  );
}

/** One decimal, so that columns of numbers line up. */
const decibels = (db: number | null): string =>
  db === null ? formatDecibels(null) : `${db.toFixed(1).replace(/^-/, '−').replace('−0.0', '0.0')} dB`;

const savedByHalf = (curve: SensitivityCurve): number => pointAt(curve, 0.5)?.saved ?? 0;
