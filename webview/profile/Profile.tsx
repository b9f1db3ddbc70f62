/** A model's profile, in the order in which it is read: totals, inputs, where the cost is, the layers. */
import { type VNode } from 'preact';
import { Spinner } from '../components/Spinner';
import { text } from '../strings';
import { Head } from './Head';
import { Inputs } from './Inputs';
import { LayerSections } from './LayerSections';
import { type Profiled, type ProfileWire, type Remembered, type Shown } from './state';
import { Totals } from './Totals';

/** What the page of a profile needs to know. */
export interface ProfileProps {
  readonly shown: Shown & { readonly profile: Profiled };
  readonly wire: ProfileWire;
  readonly remembered: Remembered;
  readonly remember: (change: Partial<Remembered>) => void;
  /** The graph shows what was sought. */
  readonly onFound: () => void;
}

/** The page of a profile. What is known before the layers stays as it is when they come. */
export function Profile(props: ProfileProps): VNode {
  const { shown, wire } = props;
  const { report, bindings, isOutline } = shown.profile;
  return (
    <main class="page" aria-busy={shown.isBusy || isOutline}>
      <Head report={report} features={shown.features} wire={wire} />
      <Totals report={report} isBusy={shown.isBusy} />
      <Inputs
        report={report}
        bindings={bindings}
        refusal={shown.refusal}
        onBind={(next) => wire.post({ type: 'bind', bindings: next })}
      />
      {isOutline ? <WaitingForLayers /> : <LayerSections {...props} />}
    </main>
  );
}

function WaitingForLayers(): VNode {
  return (
    <p class="waiting-for-layers quiet">
      <Spinner />
      <span role="status">{text('waitingForLayers')}</span>
    </p>
  );
}
