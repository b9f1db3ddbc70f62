/** Everything that is about layers: where the cost is, and the views of them below. */
import { type VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useScrollMemory } from '../components/useScrollMemory';
import { CostSection } from './CostSection';
import { GraphView } from './graph/GraphView';
import { Groups } from './Groups';
import { Layers } from './Layers';
import { type ProfileProps } from './Profile';
import { type View } from './state';
import { Weights } from './Weights';
import { Segmented } from '../components/Segmented';
import { text, type TextKey } from '../strings';
import { type MeasuredLayer } from './measured';
import { useCosts } from './useCosts';

/** The sections. */
export function LayerSections(props: ProfileProps): VNode {
  const { shown, wire, remembered, remember, onFound } = props;
  const { report } = shown.profile;
  const { layers, timed, metric, setMetric, total, path, setScope } = useCosts(props);
  const [picked, setPicked] = useState<MeasuredLayer>();
  const [view, setView] = useState<View>(remembered.view ?? 'layers');
  const table = useRef<HTMLElement>(null);
  const views = useRef<HTMLDivElement>(null);
  useScrollMemory(remembered.scrollTop, remember);
  const show = (next: View): void => {
    setView(next);
    remember({ view: next });
  };
  useEffect(() => {
    if (shown.sought) show('graph');
  }, [shown.sought]);

  const reveal = ({ index, name }: MeasuredLayer): void => wire.post({ type: 'revealLayer', index, name });
  const lookAt = (id: string): void => {
    setScope(id);
    setPicked(undefined);
  };
  return (
    <>
      <CostSection
        path={path}
        total={total}
        metric={metric}
        timed={timed}
        onMetric={setMetric}
        onScope={lookAt}
        onLayer={(layer) => {
          setView('layers');
          setPicked(layer);
          table.current?.scrollIntoView({ block: 'nearest' });
        }}
      />
      <div class="views" ref={views}>
        <Segmented
          name="view"
          label={text('views')}
          value={view}
          options={viewTitles.map(({ id, title }) => ({ value: id, title: text(title) }))}
          onChange={show}
        />
      </div>
      {view === 'graph' && (
        <GraphView
          report={report}
          layers={layers}
          metric={metric}
          total={total}
          sought={shown.sought}
          onFound={() => {
            views.current?.scrollIntoView();
            onFound();
          }}
          {...(shown.features.revealLayer && { onReveal: reveal })}
        />
      )}
      {view === 'groups' && <Groups groups={shown.groups} wire={wire} />}
      {view === 'weights' && <Weights report={report} known={shown.weights} wire={wire} />}
      {view === 'layers' && (
        <Layers
          layers={layers}
          audit={shown.audit}
          metric={metric}
          total={total}
          scope={path.at(-1)?.path ?? ''}
          picked={picked}
          onWholeModel={() => lookAt('')}
          features={shown.features}
          wire={wire}
          remembered={remembered}
          remember={remember}
          sectionRef={table}
        />
      )}
    </>
  );
}

const viewTitles: readonly { readonly id: View; readonly title: TextKey }[] = [
  { id: 'layers', title: 'viewLayers' },
  { id: 'weights', title: 'viewWeights' },
  { id: 'groups', title: 'viewGroups' },
  { id: 'graph', title: 'viewGraph' },
];
