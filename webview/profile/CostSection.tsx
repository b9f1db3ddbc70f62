/** Where the cost is: the switch between costs, the way to the scope in view, the chart, the legend. */
import { type VNode } from 'preact';
import { visibleName } from '../../src/report/text';
import { Segmented } from '../components/Segmented';
import { text } from '../strings';
import { CostChart } from './CostChart';
import { families, familyOf, formatMetric, type Metric, metrics } from './costs';
import { type CostNode } from './costTree';
import { type MeasuredLayer } from './measured';

/** What the section needs to know. */
export interface CostSectionProps {
  /** From the model down to the scope in view. */
  readonly path: readonly CostNode[];
  /** Of the whole model. */
  readonly total: number;
  readonly metric: Metric;
  /** Whether layers have times. */
  readonly timed: boolean;
  readonly onMetric: (metric: Metric) => void;
  readonly onScope: (id: string) => void;
  readonly onLayer: (layer: MeasuredLayer) => void;
}

/** The section. */
export function CostSection(props: CostSectionProps): VNode {
  const { path, total, metric, timed, onMetric, onScope, onLayer } = props;
  const root = path[0];
  const inView = path.at(-1);
  const present = new Set(root ? familiesIn(root) : []);
  return (
    <section class="section costs" aria-labelledby="costs-title">
      <div class="section-bar">
        <h2 class="section-title" id="costs-title">
          {text('costs')} <span class="section-count">{formatMetric(inView?.value ?? 0, metric)}</span>
        </h2>
        <Segmented
          name="metric"
          label={text('metric')}
          value={metric}
          options={metrics
            .filter(({ id }) => timed || id !== 'latencyMs')
            .map(({ id, title }) => ({ value: id, title: text(title) }))}
          onChange={onMetric}
        />
      </div>
      <Way path={path} onScope={onScope} />
      {inView && inView.value > 0 ? (
        <CostChart
          root={inView}
          total={total}
          metric={metric}
          onScope={onScope}
          onBack={() => onScope(path.at(-2)?.id ?? '')}
          onLayer={onLayer}
        />
      ) : (
        <p class="empty quiet">{text('costsNothing')}</p>
      )}
      <p class="legend families" aria-hidden="true">
        {families
          .filter(({ id }) => present.has(id))
          .map(({ id, title }) => (
            <span key={id} class="legend-entry">
              <span class={`swatch family-${id}`} />
              {text(title)}
            </span>
          ))}
      </p>
    </section>
  );
}

/** Where the view is, with a way back to each scope above it. */
function Way({ path, onScope }: { path: readonly CostNode[]; onScope: (id: string) => void }): VNode | null {
  if (path.length < 2) return null;
  return (
    <nav class="way" aria-label={text('scopes')}>
      {path.map((node, index) => {
        const name = index === 0 ? text('wholeModel') : visibleName(node.name);
        return index === path.length - 1 ? (
          <span key={node.id} aria-current="location">
            {name}
          </span>
        ) : (
          <button key={node.id} type="button" class="link" onClick={() => onScope(node.id)}>
            {name}
          </button>
        );
      })}
    </nav>
  );
}

function familiesIn(node: CostNode): ReturnType<typeof familyOf>[] {
  return node.layer ? [familyOf(node.layer.opType)] : node.children.flatMap(familiesIn);
}
