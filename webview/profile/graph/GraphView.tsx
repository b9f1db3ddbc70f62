/** The graph of a model: scopes that open and close, in the colours of the chosen cost, with details of what is selected. */
import { type VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { type InspectReport } from '../../../src/protocol/report';
import { Button } from '../../components/Button';
import { useWidth } from '../../components/useWidth';
import { text } from '../../strings';
import { type Metric } from '../costs';
import { type MeasuredLayer } from '../measured';
import { type Sought } from '../state';
import { GraphCanvas } from './GraphCanvas';
import { GraphDetails } from './GraphDetails';
import { useGraph } from './useGraph';
import { useSought } from './useSought';
import { useView, type ViewControl } from './useView';

/** What the view needs to know. */
export interface GraphViewProps {
  readonly report: InspectReport;
  readonly layers: readonly MeasuredLayer[];
  readonly metric: Metric;
  readonly total: number;
  /** Shows a layer in the graph text; absent where there is none. */
  readonly onReveal?: (layer: MeasuredLayer) => void;
  /** A layer to lead to. */
  readonly sought: Sought | undefined;
  /** It is in sight and has the focus, or there is none of this name. */
  readonly onFound: () => void;
}

const height = 560;

/** The view. */
export function GraphView({ report, layers, metric, total, onReveal, sought, onFound }: GraphViewProps): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(frame);
  const graph = useGraph(report, layers, metric);
  const { drawing, place, toggle, closeAll } = graph;
  const { layout, nodes, selected } = drawing;
  const control = useView(canvas, layout, width, height);
  useSought({
    ...{ sought, layers, nodes, layout, width, control },
    onPlace: place,
    onFound: () => {
      canvas.current?.focus({ preventScroll: true });
      onFound();
    },
  });
  return (
    <section class="section graph" aria-label={text('graph')}>
      <div class="section-bar">
        <h2 class="section-title">
          {text('graph')} <span class="section-count">{text('boxes', nodes.length)}</span>
        </h2>
        <GraphTools control={control} onCloseAll={closeAll} />
      </div>
      <div class="graph-frame" ref={frame}>
        <GraphCanvas {...{ canvas, graph, control, width, height }} />
      </div>
      <GraphDetails
        node={selected === undefined ? undefined : nodes[selected]}
        total={total}
        onToggle={toggle}
        {...(onReveal && { onReveal })}
      />
    </section>
  );
}

function GraphTools({ control, onCloseAll }: { control: ViewControl; onCloseAll: () => void }): VNode {
  return (
    <div class="graph-tools">
      <Button help={text('zoomIn')} onClick={() => control.zoom(1.25)}>
        +
      </Button>
      <Button help={text('zoomOut')} onClick={() => control.zoom(0.8)}>
        −
      </Button>
      <Button onClick={control.fit}>{text('zoomFit')}</Button>
      <Button help={text('closeScopesHelp')} onClick={onCloseAll}>
        {text('closeScopes')}
      </Button>
    </div>
  );
}
