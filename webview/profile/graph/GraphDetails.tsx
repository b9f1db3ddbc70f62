/** What is known of the box that is selected. */
import { type VNode } from 'preact';
import { formatShare } from '../../../src/report/format';
import { runsAsText } from '../../../src/report/runsAs';
import { visibleName } from '../../../src/report/text';
import { Button } from '../../components/Button';
import { text, type TextKey } from '../../strings';
import { shapeText } from '../bindings';
import { costOf, formatMetric, type Metric, metrics } from '../costs';
import { type MeasuredLayer } from '../measured';
import { type GraphNode } from './visible';

/** What the panel needs to know. */
export interface GraphDetailsProps {
  readonly node: GraphNode | undefined;
  readonly total: number;
  readonly onToggle: (node: GraphNode) => void;
  readonly onReveal?: (layer: MeasuredLayer) => void;
}

/** The panel; read out when it changes. */
export function GraphDetails({ node, total, onToggle, onReveal }: GraphDetailsProps): VNode {
  const layer = node?.kind === 'layer' ? node.layers[0] : undefined;
  return (
    <div id="graph-details" class="graph-details" aria-live="polite">
      {!node && <p class="quiet">{text('graphHelp')}</p>}
      {node && (
        <>
          <div class="graph-details-head">
            <strong>{visibleName(layer?.name ?? (node.kind === 'scope' ? node.id : node.label))}</strong>
            {node.kind === 'scope' && <Button onClick={() => onToggle(node)}>{text('openScope')}</Button>}
            {node.kind === 'layer' && node.scope !== '' && (
              <Button onClick={() => onToggle(node)}>{text('closeScope', visibleName(node.scope))}</Button>
            )}
            {layer && onReveal && <Button onClick={() => onReveal(layer)}>{text('openText')}</Button>}
          </div>
          <dl class="graph-facts">
            {factsOf(node, total).map(([title, value]) => (
              <div key={title}>
                <dt>{text(title)}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </div>
  );
}

function factsOf({ kind, detail, layers, value }: GraphNode, total: number): [TextKey, string][] {
  const [first] = layers;
  const sums = metrics.map(({ id, title }): [TextKey, number, Metric] => [
    title,
    layers.reduce((sum, layer) => sum + costOf(layer, id), 0),
    id,
  ]);
  const shape = kind === 'layer' ? first?.outputShapes[0] : undefined;
  const facts: [TextKey, string][] = [
    ['columnKind', kind === 'scope' ? text('layersCount', layers.length) : visibleName(detail)],
    ...(shape ? [['columnShape', visibleName(shapeText(shape))] as [TextKey, string]] : []),
    ...sums.filter(([, sum]) => sum > 0).map(([title, sum, id]): [TextKey, string] => [title, formatMetric(sum, id)]),
    ...(total > 0 && value > 0 ? [['columnCostShare', formatShare(value / total)] as [TextKey, string]] : []),
    ...(kind === 'layer' && first?.audited
      ? [['columnRunsAs', first.audited.reason ?? runsAsText(first.audited.runsAs)] as [TextKey, string]]
      : []),
  ];
  return facts;
}
