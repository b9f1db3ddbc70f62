/** What the result page remembers while it is hidden, and what it shows. */
import { type ErrorReport } from '../../src/protocol/errors';
import { type JobProgress } from '../../src/protocol/jobs';
import {
  type FromResultPage,
  type ResultFeatures,
  type ResultState,
  type ToResultPage,
} from '../../src/protocol/webview';
import { type Sort } from '../components/table/column';
import { type Wire } from '../vscode';

/** Which layers the table shows. */
export type Show = 'all' | 'changed' | 'skipped' | 'added';

/** Survives hiding the page and closing the window. */
export interface Remembered {
  readonly sort: Sort | null;
  readonly filter: string;
  readonly show: string;
  /** What the strip of bars shows. */
  readonly strip: string;
  /** Reasons whose layers are listed. */
  readonly openReasons: readonly string[];
  readonly scrollTop: number;
}

/** A page that nobody has touched. */
export const untouched: Remembered = { sort: null, filter: '', show: 'all', strip: '', openReasons: [], scrollTop: 0 };

/** The page's connection. */
export type ResultWire = Wire<ToResultPage, FromResultPage, Remembered>;

/** What is on the page. */
export type Shown =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'progress'; readonly progress: JobProgress }
  | { readonly kind: 'error'; readonly error: ErrorReport }
  | { readonly kind: 'result'; readonly state: ResultState; readonly features: ResultFeatures };

/** What a message puts on the page. */
export function shownBy(message: ToResultPage): Shown {
  switch (message.type) {
    case 'state':
      return { kind: 'result', state: message.state, features: message.features ?? {} };
    case 'progress':
      return { kind: 'progress', progress: message.progress };
    case 'error':
      return { kind: 'error', error: message.error };
  }
}
