/** The columns of the table of layers that were tried in 8 bits. */
import { type LayerSensitivity } from '../../src/protocol/sensitivity';
import { formatBytes, formatDecibels, formatShare } from '../../src/report/format';
import { visibleName } from '../../src/report/text';
import { Bars } from '../components/Bars';
import { Name } from '../components/Name';
import { type Column } from '../components/table/column';
import { text, type TextKey } from '../strings';
import { rankColumn } from './rankColumn';

type LayerColumn = Column<LayerSensitivity>;

/** Columns for these layers; what each adds to the loss is a share of all of it. */
export function layerColumns(layers: readonly LayerSensitivity[]): LayerColumn[] {
  const total = layers.reduce((sum, layer) => sum + noiseOf(layer), 0);
  const most = layers.reduce((least, layer) => Math.max(least, noiseOf(layer)), 0);
  const shareOf = (layer: LayerSensitivity): number => (total > 0 ? noiseOf(layer) / total : 0);
  return [
    rankColumn(),
    {
      id: 'layer',
      title: text('columnLayer'),
      isNumeric: false,
      width: 120,
      isName: true,
      grow: 5,
      sortKey: ({ node }) => node,
      render: ({ node }) => <Name value={node} />,
      fields: [{ title: text('columnLayer'), value: ({ node }) => node }],
    },
    {
      id: 'kind',
      title: text('columnKind'),
      isNumeric: false,
      width: 80,
      makesWay: 2,
      grow: 1,
      sortKey: ({ opType }) => opType,
      render: ({ opType }) => visibleName(opType),
      fields: [{ title: text('columnKind'), value: ({ opType }) => opType }],
    },
    {
      id: 'size',
      title: text('columnSize'),
      help: text('columnSizeHelp'),
      isNumeric: true,
      width: 70,
      makesWay: 3,
      sortKey: ({ weightBytes }) => weightBytes,
      render: ({ weightBytes }) => (weightBytes > 0 ? formatBytes(weightBytes) : ''),
      fields: [{ title: `${text('columnSize')} (B)`, value: ({ weightBytes }) => weightBytes }],
    },
    {
      id: 'share',
      title: text('columnLossShare'),
      help: text('columnLossShareHelp'),
      isNumeric: true,
      width: 100,
      grow: 3,
      sortKey: shareOf,
      render: (layer) => (
        <>
          <Bars after={{ length: most > 0 ? noiseOf(layer) / most : 0 }} />
          <span class="share">{formatShare(shareOf(layer))}</span>
        </>
      ),
      fields: [{ title: text('columnLossShare'), value: shareOf }],
    },
    decibelColumn('alone', 'columnAlone', 'columnAloneHelp', ({ aloneDb }) => aloneDb),
    { ...decibelColumn('ofWeights', 'columnOfWeights', 'columnSqnrHelp', ({ weightDb }) => weightDb), makesWay: 4 },
    {
      ...decibelColumn('together', 'columnTogether', 'columnOutputSqnrHelp', ({ cumulativeDb }) => cumulativeDb),
      makesWay: 1,
    },
  ];
}

/** Noise relative to the signal at the outputs, with the layer alone in 8 bits. */
const noiseOf = ({ aloneDb }: LayerSensitivity): number => (aloneDb === null ? 0 : 10 ** (-aloneDb / 10));

/** Decibels; null means that nothing is lost, which is more than any number. */
function decibelColumn(
  id: string,
  title: TextKey,
  help: TextKey,
  value: (layer: LayerSensitivity) => number | null | undefined,
): LayerColumn {
  const of = (layer: LayerSensitivity): number | null => value(layer) ?? null;
  return {
    id,
    title: text(title),
    help: text(help),
    isNumeric: true,
    width: 98,
    sortKey: (layer) => (value(layer) === null ? Infinity : of(layer)),
    render: (layer) => (value(layer) === undefined ? '' : formatDecibels(of(layer))),
    fields: [{ title: `${text(title)} (dB)`, value: of }],
  };
}
