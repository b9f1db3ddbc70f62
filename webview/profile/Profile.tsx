/** A model's profile, in the order in which it is read: totals, inputs, where the cost is, the layers. */
import { type VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { type LayerReport } from '../../src/protocol/report';
import { type ProfileState } from '../../src/protocol/webview';
import { useScrollMemory } from '../components/useScrollMemory';
import { CostSection } from './CostSection';
import { type Metric, metrics, totalOf } from './costs';
import { costTree, pathTo } from './costTree';
import { Head } from './Head';
import { Inputs } from './Inputs';
import { Layers } from './Layers';
import { type ProfileWire, type Remembered, type Shown } from './state';
import { Totals } from './Totals';

/** What the page of a profile needs to know. */
export interface ProfileProps {
  readonly shown: Shown & { readonly profile: ProfileState };
  readonly wire: ProfileWire;
  readonly remembered: Remembered;
  readonly remember: (change: Partial<Remembered>) => void;
}

/** The page of a profile. */
export function Profile({ shown, wire, remembered, remember }: ProfileProps): VNode {
  const { report, bindings } = shown.profile;
  const [metric, setMetric] = useState<Metric>(() => firstMetric(remembered.metric, report.layers));
  const [scope, setScope] = useState(remembered.scope);
  const [picked, setPicked] = useState<LayerReport>();
  const tree = useMemo(() => costTree(report.layers, metric), [report, metric]);
  const path = useMemo(() => pathTo(tree, scope), [tree, scope]);
  const total = useMemo(() => totalOf(report, metric), [report, metric]);
  const layers = useRef<HTMLElement>(null);
  useScrollMemory(remembered.scrollTop, remember);

  const lookAt = (id: string): void => {
    setScope(id);
    setPicked(undefined);
    remember({ scope: id });
  };
  return (
    <main class="page" aria-busy={shown.isBusy}>
      <Head report={report} features={shown.features} wire={wire} />
      <Totals report={report} isBusy={shown.isBusy} />
      <Inputs
        report={report}
        bindings={bindings}
        refusal={shown.refusal}
        onBind={(next) => wire.post({ type: 'bind', bindings: next })}
      />
      <CostSection
        path={path}
        total={total}
        metric={metric}
        onMetric={(next) => {
          setMetric(next);
          remember({ metric: next });
        }}
        onScope={lookAt}
        onLayer={(layer) => {
          setPicked(layer);
          layers.current?.scrollIntoView({ block: 'nearest' });
        }}
      />
      <Layers
        report={report}
        metric={metric}
        total={total}
        scope={path.at(-1)?.path ?? ''}
        picked={picked}
        onWholeModel={() => lookAt('')}
        features={shown.features}
        wire={wire}
        remembered={remembered}
        remember={remember}
        sectionRef={layers}
      />
    </main>
  );
}

/** What was looked at last; else MACs, unless nobody knows them. */
function firstMetric(remembered: string, layers: readonly LayerReport[]): Metric {
  const known = metrics.find(({ id }) => id === remembered);
  if (known) return known.id;
  return layers.some(({ macs }) => typeof macs === 'number' && macs > 0) ? 'macs' : 'weightBytes';
}
