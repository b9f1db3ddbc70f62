/** A report, in the order in which it is read: the sentence, the four figures, what was left alone, the layers. */
import { type VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { type ResultFeatures, type ResultState } from '../../src/protocol/webview';
import { compareMeasurements, compressMeasurements } from '../../src/report/figures';
import { compareRows, compressRows, type LayerRow } from '../../src/report/layers';
import { groupSkipped } from '../../src/report/skipped';
import { useScrollMemory } from '../components/useScrollMemory';
import { words } from '../strings';
import { Figures } from './Figures';
import { Gates } from './Gates';
import { Head } from './Head';
import { Layers } from './Layers';
import { LeftAlone } from './LeftAlone';
import { type Remembered, type ResultWire } from './state';
import { StripSection } from './StripSection';

/** What the page of a report needs to know. */
export interface ResultProps {
  readonly state: ResultState;
  readonly features: ResultFeatures;
  readonly wire: ResultWire;
  readonly remembered: Remembered;
  readonly remember: (change: Partial<Remembered>) => void;
}

/** The page of a report. */
export function Result({ state, features, wire, remembered, remember }: ResultProps): VNode {
  const rows = useMemo(
    () =>
      state.kind === 'compress'
        ? compressRows(state.report, words(), state.sensitivity)
        : compareRows(state.report, words()),
    [state],
  );
  const groups = useMemo(() => (state.kind === 'compress' ? groupSkipped(state.report.passes) : []), [state]);
  const measured = state.kind === 'compress' ? compressMeasurements(state.report) : compareMeasurements(state.report);
  const [filter, setFilter] = useState(remembered.filter);
  const [picked, setPicked] = useState<LayerRow>();
  const layers = useRef<HTMLElement>(null);
  useScrollMemory(remembered.scrollTop, remember);

  const showReason = (reason: string): void => {
    setFilter(reason);
    remember({ filter: reason });
    layers.current?.scrollIntoView({ block: 'start' });
    layers.current?.querySelector<HTMLElement>('[role=grid]')?.focus({ preventScroll: true });
  };

  return (
    <main class="page">
      <Head state={state} features={features} wire={wire} />
      <Figures measured={measured} skipped={state.kind === 'compress' ? state.report.evaluationSkipped : undefined} />
      {state.kind === 'compress' && (state.report.gates ?? []).length > 0 && (
        <Gates gates={state.report.gates ?? []} written={state.report.written !== false} />
      )}
      <StripSection
        rows={rows}
        view={remembered.strip}
        onView={(strip) => remember({ strip })}
        onLayer={(row) => {
          setPicked(row);
          layers.current?.scrollIntoView({ block: 'start' });
        }}
      />
      {groups.length > 0 && (
        <LeftAlone
          groups={groups}
          total={rows.length}
          namesPasses={state.kind === 'compress' && state.report.passes.length > 1}
          open={remembered.openReasons}
          onOpen={(openReasons) => remember({ openReasons })}
          onShow={showReason}
        />
      )}
      <Layers
        rows={rows}
        filter={filter}
        onFilter={(next) => {
          setFilter(next);
          remember({ filter: next });
        }}
        wire={wire}
        remembered={remembered}
        remember={remember}
        picked={picked}
        sectionRef={layers}
      />
    </main>
  );
}
