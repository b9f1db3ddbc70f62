/** The columns of the profile's layer table. */
import { type VNode } from 'preact';
import { elementTypeText } from '../../src/report/elementType';
import { formatShare } from '../../src/report/format';
import { runsAsText } from '../../src/report/runsAs';
import { visibleName } from '../../src/report/text';
import { Bars } from '../components/Bars';
import { Name } from '../components/Name';
import { type Column } from '../components/table/column';
import { kindColumn } from '../components/table/columns';
import { text } from '../strings';
import { shapeText } from './bindings';
import { costOf, formatLayerCost, type Metric, metrics } from './costs';
import { type MeasuredLayer } from './measured';

type LayerColumn = Column<MeasuredLayer>;

/** Columns; the share is of what the chart shows, its bars on one scale. */
export function layerColumns(layers: readonly MeasuredLayer[], metric: Metric, total: number): LayerColumn[] {
  const largest = layers.reduce((most, layer) => Math.max(most, costOf(layer, metric)), 0);
  return [
    nameColumn(),
    kindColumn(96),
    shapeColumn(),
    { ...costColumn('parameters', 'parameters', text('columnParameters')), makesWay: 3 },
    costColumn('weights', 'weightBytes', text('columnWeights')),
    costColumn('macs', 'macs', text('columnMacs'), text('columnMacsHelp')),
    {
      ...costColumn('activation', 'activationBytes', text('columnActivation'), text('columnActivationHelp')),
      makesWay: 2,
    },
    ...(layers.some(({ audited }) => audited) ? [timeColumn(), runsAsColumn()] : []),
    ...(total > 0 ? [shareColumn(metric, total, largest)] : []),
  ];
}

function nameColumn(): LayerColumn {
  return {
    id: 'layer',
    title: text('columnLayer'),
    isNumeric: false,
    width: 140,
    grow: 5,
    sortKey: (layer) => layer.name,
    render: (layer) => <LayerName layer={layer} />,
    fields: [
      { title: text('columnLayer'), value: (layer) => layer.name },
      { title: text('scopes'), value: (layer) => layer.scope },
    ],
  };
}

function LayerName({ layer }: { layer: MeasuredLayer }): VNode {
  if (layer.counted !== false) return <Name value={layer.name} />;
  return (
    <span class="quiet" title={text('otherBranch')}>
      <Name value={layer.name} />
    </span>
  );
}

const typeText = (layer: MeasuredLayer): string => elementTypeText(layer.outputTypes[0] ?? '');

function shapeColumn(): LayerColumn {
  const shown = (layer: MeasuredLayer): string => {
    const shape = layer.outputShapes[0];
    return shape ? visibleName(shapeText(shape)) : '';
  };
  return {
    id: 'shape',
    title: text('columnShape'),
    help: text('columnShapeHelp'),
    isNumeric: false,
    width: 120,
    makesWay: 4,
    grow: 2.5,
    sortKey: (layer) => shown(layer) || null,
    render: (layer) => <span title={`${visibleName(typeText(layer))} ${shown(layer)}`.trim()}>{shown(layer)}</span>,
    fields: [
      { title: text('columnShape'), value: shown },
      { title: 'Type', value: (layer) => typeText(layer) || null },
    ],
  };
}

function costColumn(id: string, metric: Metric, title: string, help?: string): LayerColumn {
  const isBytes = metric === 'weightBytes' || metric === 'activationBytes';
  return {
    id,
    title,
    ...(help !== undefined && { help }),
    isNumeric: true,
    width: id === 'activation' ? 86 : 70,
    sortKey: (layer) => layer[metric] ?? null,
    render: (layer) => {
      const shown = formatLayerCost(layer, metric);
      return <span title={shown}>{shown}</span>;
    },
    fields: [{ title: isBytes ? `${title} (B)` : title, value: (layer) => layer[metric] ?? null }],
  };
}

function timeColumn(): LayerColumn {
  return {
    id: 'time',
    title: text('columnTime'),
    help: text('columnTimeHelp'),
    isNumeric: true,
    width: 70,
    sortKey: (layer) => layer.latencyMs ?? null,
    render: (layer) => <span>{formatLayerCost(layer, 'latencyMs')}</span>,
    fields: [{ title: `${text('columnTime')} (ms)`, value: (layer) => layer.latencyMs ?? null }],
  };
}

function runsAsColumn(): LayerColumn {
  const words = ({ audited }: MeasuredLayer): string => {
    if (!audited) return '';
    const { fusedInto, runsAs } = audited;
    return fusedInto === undefined ? runsAsText(runsAs) : text('fusedInto', visibleName(fusedInto));
  };
  return {
    id: 'runsAs',
    title: text('columnRunsAs'),
    help: text('columnRunsAsHelp'),
    isNumeric: false,
    width: 90,
    grow: 1.5,
    sortKey: (layer) => words(layer) || null,
    render: (layer) => <span title={visibleName(layer.audited?.reason ?? words(layer))}>{words(layer)}</span>,
    fields: [
      { title: text('columnRunsAs'), value: (layer) => layer.audited?.runsAs ?? null },
      { title: 'Why', value: (layer) => layer.audited?.reason ?? null },
    ],
  };
}

function shareColumn(metric: Metric, total: number, largest: number): LayerColumn {
  const title = metrics.find(({ id }) => id === metric)?.title ?? 'metricMacs';
  return {
    id: 'share',
    title: text('columnCostShare'),
    help: text('columnCostShareHelp', text(title)),
    isNumeric: true,
    width: 110,
    grow: 2,
    sortKey: (layer) => costOf(layer, metric),
    render: (layer) => {
      const cost = costOf(layer, metric);
      if (cost === 0) return '';
      return (
        <>
          <Bars after={{ length: cost / largest }} />
          <span class="share">{formatShare(cost / total)}</span>
        </>
      );
    },
    fields: [{ title: text('columnCostShare'), value: (layer) => costOf(layer, metric) / total }],
  };
}
