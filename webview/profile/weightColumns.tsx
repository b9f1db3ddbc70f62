/** The columns of the weights table. */
import { type VNode } from 'preact';
import { formatCount, formatShare, significant } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { type WeightReport } from '../../src/protocol/weights';
import { Name } from '../components/Name';
import { type Column } from '../components/table/column';
import { text, type TextKey } from '../strings';
import { type WeightRow } from './weightRows';

type WeightColumn = Column<WeightRow>;

/** All columns. */
export function weightColumns(): WeightColumn[] {
  return [
    textColumn('name', 'columnWeight', ({ name }) => name, 150, 4),
    { ...textColumn('layer', 'columnLayer', ({ layer }) => layer, 100, 3), makesWay: 2 },
    textColumn('type', 'columnType', ({ type, shape }) => `${type} ${shape.join('×')}`.trim(), 120, 2),
    {
      id: 'elements',
      title: text('columnElements'),
      isNumeric: true,
      width: 70,
      makesWay: 3,
      sortKey: ({ elements }) => elements,
      render: ({ elements }) => formatCount(elements),
      fields: [{ title: text('columnElements'), value: ({ elements }) => elements }],
    },
    distributionColumn(),
    numberColumn('min', 'columnMin', ({ min }) => min, significant),
    numberColumn('max', 'columnMax', ({ max }) => max, significant),
    { ...numberColumn('std', 'columnStd', ({ std }) => std, significant, 'columnStdHelp'), makesWay: 4 },
    { ...numberColumn('zeros', 'columnZeros', ({ zeros }) => zeros, shareText, 'columnZerosHelp'), makesWay: 1 },
    numberColumn('outliers', 'columnOutliers', ({ outliers }) => outliers, shareText, 'columnOutliersHelp'),
  ];
}

const shareText = (share: number): string => (share === 0 ? '' : formatShare(share));

function textColumn(
  id: string,
  title: TextKey,
  value: (row: WeightRow) => string,
  width: number,
  grow: number,
): WeightColumn {
  return {
    id,
    title: text(title),
    isNumeric: false,
    width,
    grow,
    sortKey: value,
    render: (row) =>
      id === 'type' ? (
        <span title={visibleName(value(row))}>{visibleName(value(row))}</span>
      ) : (
        <Name value={value(row)} />
      ),
    fields: [{ title: text(title), value }],
  };
}

function numberColumn(
  id: string,
  title: TextKey,
  value: (stats: WeightReport) => number,
  format: (value: number) => string,
  help?: TextKey,
): WeightColumn {
  const of = ({ stats }: WeightRow): number | null => (stats ? value(stats) : null);
  return {
    id,
    title: text(title),
    ...(help !== undefined && { help: text(help) }),
    isNumeric: true,
    width: 72,
    sortKey: of,
    render: ({ stats }) => (stats ? format(value(stats)) : ''),
    fields: [{ title: text(title), value: of }],
  };
}

function distributionColumn(): WeightColumn {
  return {
    id: 'distribution',
    title: text('columnDistribution'),
    help: text('columnDistributionHelp'),
    isNumeric: false,
    width: 140,
    sortKey: ({ stats }) => (stats ? stats.max - stats.min : null),
    render: ({ stats }) => (stats ? <Distribution stats={stats} /> : ''),
    fields: [{ title: text('columnDistribution'), value: ({ stats }) => stats?.histogram.join(' ') ?? null }],
  };
}

/** The histogram in a line of text: heights are square roots, or outliers could not be seen beside the rest. */
function Distribution({ stats }: { readonly stats: WeightReport }): VNode {
  const { histogram, min, max, mean, nonFinite } = stats;
  const most = Math.sqrt(Math.max(...histogram));
  const bars = histogram.map((count, index) => {
    const height = count === 0 ? 0 : Math.max(1, (20 * Math.sqrt(count)) / most);
    return height === 0 ? '' : `M${index * 2} 20v-${height.toFixed(1)}h2V20z`;
  });
  const words = text('distributionOf', significant(min), significant(max), significant(mean));
  const label = nonFinite > 0 ? `${words}, ${text('nonFinite', nonFinite)}` : words;
  return (
    <svg
      class="distribution"
      viewBox={`0 0 ${histogram.length * 2} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <path d={bars.join('')} />
    </svg>
  );
}
