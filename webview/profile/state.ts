/** What the profile page remembers while it is hidden, and what it shows. */
import { type AuditReport } from '../../src/protocol/audit';
import { type ErrorReport } from '../../src/protocol/errors';
import { type FromProfilePage, type ProfileFeatures, type ToProfilePage } from '../../src/protocol/webview';
import { type Bindings } from '../../src/protocol/jobs';
import { type GroupReport, type InspectReport } from '../../src/protocol/report';
import { type WeightReport } from '../../src/protocol/weights';
import { reportOf } from '../../src/report/pack';
import { type Sort } from '../components/table/column';
import { type Wire } from '../vscode';

/** Survives hiding the page and closing the window. */
export interface Remembered {
  readonly metric: string;
  /** Id of the scope that the chart and the table are about. */
  readonly scope: string;
  readonly sort: Sort | null;
  readonly filter: string;
  readonly scrollTop: number;
  /** What stands below the chart. */
  readonly view?: View;
}

/** Views of the layers. */
export type View = 'layers' | 'weights' | 'groups' | 'graph';

/** A page that nobody has touched. */
export const untouched: Remembered = { metric: '', scope: '', sort: null, filter: '', scrollTop: 0 };

/** The page's connection. */
export type ProfileWire = Wire<ToProfilePage, FromProfilePage, Remembered>;

/** What the numbers on the page are of. */
export interface Profiled {
  readonly report: InspectReport;
  /** What the report was made with. */
  readonly bindings: Bindings;
  /** The layers are still to come. */
  readonly isOutline?: boolean;
}

/** What somebody wants to see, who may ask for the same again. */
export interface Sought {
  readonly name: string;
}

/** What is on the page. */
export interface Shown {
  readonly profile?: Profiled;
  readonly features: ProfileFeatures;
  readonly isBusy: boolean;
  /** What is known of the numbers in weights, by name. */
  readonly weights: ReadonlyMap<string, WeightReport>;
  /** Channels that belong together, once somebody asked. */
  readonly groups?: readonly GroupReport[];
  /** What a run told; of the numbers that are shown. */
  readonly audit?: AuditReport;
  /** A layer that the graph is to show, by name; another object each time somebody asks. */
  readonly sought?: Sought;
  /** Why the last bindings were refused. */
  readonly refusal?: ErrorReport;
  readonly error?: ErrorReport;
}

/** Before the first message. */
export const nothing: Shown = { features: {}, isBusy: false, weights: new Map() };

/** The page once it shows what was sought: nobody seeks it any more. */
export function found({ sought: _, ...rest }: Shown): Shown {
  return rest;
}

/** What a message makes of the page. Numbers stay on the page while others are calculated. */
export function after(shown: Shown, message: ToProfilePage): Shown {
  const { profile, features, weights } = shown;
  const kept = { features, weights, ...(profile && { profile }) };
  switch (message.type) {
    case 'state':
      return {
        profile: { report: reportOf(message.state.report), bindings: message.state.bindings },
        features: message.features ?? features,
        isBusy: false,
        weights: new Map(),
      };
    case 'outline':
      if (profile && !profile.isOutline) return shown;
      return {
        profile: { report: { ...message.head, layers: [] }, bindings: message.bindings, isOutline: true },
        features: message.features ?? features,
        isBusy: false,
        weights: new Map(),
      };
    case 'groups':
      return { ...shown, groups: message.groups };
    case 'measured':
      return { ...shown, audit: message.audit };
    case 'weights':
      return { ...shown, weights: new Map([...weights, ...message.tensors.map((each) => [each.name, each] as const)]) };
    case 'showLayer':
      return { ...shown, sought: { name: message.name } };
    case 'busy':
      return { ...kept, isBusy: true };
    case 'refused':
      return { ...kept, isBusy: false, refusal: message.error };
    case 'error':
      return { features, weights, isBusy: false, error: message.error };
  }
}
