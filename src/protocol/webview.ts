/** Messages between the host and its webviews. */
import { type ErrorReport } from './errors';
import { type JobProgress } from './jobs';
import { type CompareReport, type CompressReport } from './report';

/** What the result page shows. */
export type ResultState =
  | { readonly kind: 'compress'; readonly report: CompressReport }
  | { readonly kind: 'compare'; readonly report: CompareReport };

/** Which buttons the host has something to do for; what is not said keeps the page's default. */
export interface ResultFeatures {
  /** Default true. */
  readonly reveal?: boolean;
  /** Compare the two models on data of the person's choice. Default true for a compression. */
  readonly compareOutputs?: boolean;
  /** Default false. */
  readonly saveRecipe?: boolean;
  /** Default: all. Empty: none. */
  readonly exports?: readonly ExportFormat[];
}

/** What a report can be exported as. */
export type ExportFormat = 'html' | 'json' | 'markdown' | 'csv';

/** Host to the result page. */
export type ToResultPage =
  | {
      readonly type: 'state';
      readonly state: ResultState;
      readonly features?: ResultFeatures;
      /** Translations, by English text: `vscode.l10n.bundle`. */
      readonly translations?: Readonly<Record<string, string>>;
    }
  /** A comparison is still running. */
  | { readonly type: 'progress'; readonly progress: JobProgress }
  /** There is no report and never will be. */
  | { readonly type: 'error'; readonly error: ErrorReport };

/** The result page to the host. */
export type FromResultPage =
  | { readonly type: 'ready' }
  | { readonly type: 'reveal'; readonly path: string }
  | { readonly type: 'open'; readonly path: string }
  | { readonly type: 'compareOutputs' }
  | { readonly type: 'saveRecipe' }
  /** Put text on the clipboard; only sent when the page itself is not allowed to. */
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'export'; readonly format: ExportFormat };
