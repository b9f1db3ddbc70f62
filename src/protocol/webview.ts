/** Messages between the host and its webviews. */
import { type ErrorReport } from './errors';
import { type Bindings, type JobProgress } from './jobs';
import { type AuditReport } from './audit';
import { type PackedReport } from './packed';
import {
  type CompareReport,
  type CompressReport,
  type GroupReport,
  type InspectReport,
  type ReportHead,
} from './report';
import { type QuantizationSensitivity, type SensitivityReport } from './sensitivity';
import { type WeightReport } from './weights';

/** What the result page shows. */
export type ResultState =
  | {
      readonly kind: 'compress';
      readonly report: CompressReport;
      /** What each layer of the original loses alone in 8 bits, once somebody asked for it. */
      readonly sensitivity?: QuantizationSensitivity;
    }
  | { readonly kind: 'compare'; readonly report: CompareReport };

/** Which buttons the host has something to do for; what is not said keeps the page's default. */
export interface ResultFeatures {
  /** Default true. */
  readonly reveal?: boolean;
  /** Compare the two models on data of the person's choice. Default true for a compression. */
  readonly compareOutputs?: boolean;
  /** Default false. */
  readonly saveRecipe?: boolean;
  /** Measure what each layer loses alone in 8 bits. Default false. */
  readonly sensitivity?: boolean;
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
  | { readonly type: 'measureSensitivity' }
  /** Put text on the clipboard; only sent when the page itself is not allowed to. */
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'export'; readonly format: ExportFormat };

/** What the profile page shows. */
export interface ProfileState {
  readonly report: InspectReport | PackedReport;
  /** What the person has set so far; the report was made with it. */
  readonly bindings: Bindings;
}

/** What the host can do for the profile page; what is not said, it cannot. */
export interface ProfileFeatures {
  /** Buttons, in this order: "Quantize Model…". */
  readonly actions?: readonly { readonly id: string; readonly title: string }[];
  /** The model as graph text. */
  readonly openText?: boolean;
  /** A layer in the graph text. */
  readonly revealLayer?: boolean;
  /** Run the model, for the time of each layer. */
  readonly measure?: boolean;
}

/** Host to the profile page. */
export type ToProfilePage =
  /** What is known of a large model before its layers; its state follows. A page that shows a state keeps it till then. */
  | {
      readonly type: 'outline';
      readonly head: ReportHead;
      readonly bindings: Bindings;
      readonly features?: ProfileFeatures;
      readonly translations?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'state';
      readonly state: ProfileState;
      readonly features?: ProfileFeatures;
      /** Translations, by English text: `vscode.l10n.bundle`. */
      readonly translations?: Readonly<Record<string, string>>;
    }
  /** The numbers are being calculated anew, with the bindings that the page asked for. */
  | { readonly type: 'busy' }
  /** The bindings that the page asked for do not fit; what is shown still holds. */
  | { readonly type: 'refused'; readonly error: ErrorReport }
  /** What the numbers of some weights look like. */
  | { readonly type: 'weights'; readonly tensors: readonly WeightReport[] }
  /** Which channels belong together. */
  | { readonly type: 'groups'; readonly groups: readonly GroupReport[] }
  /** How the runtime executed each layer, with its time; the model has been run because the page asked for it. */
  | { readonly type: 'measured'; readonly audit: AuditReport }
  /** Show a layer in the graph, by its name. Comes only after a state. */
  | { readonly type: 'showLayer'; readonly name: string }
  /** The model cannot be shown. */
  | { readonly type: 'error'; readonly error: ErrorReport };

/** The profile page to the host. */
export type FromProfilePage =
  | { readonly type: 'ready' }
  /** Calculate anew, with these values for dynamic dimensions and shapes of inputs; all of them, each time. */
  | { readonly type: 'bind'; readonly bindings: Bindings }
  /** A button of `ProfileFeatures.actions`. */
  | { readonly type: 'act'; readonly action: string }
  | { readonly type: 'openText' }
  | { readonly type: 'measure' }
  /** Find the channels that belong together. */
  | { readonly type: 'groups' }
  /** Read these weights. */
  | { readonly type: 'weights'; readonly names: readonly string[] }
  | { readonly type: 'revealLayer'; readonly index: number; readonly name: string }
  | { readonly type: 'copy'; readonly text: string };

/** Host to the sensitivity page. */
export interface ToSensitivityPage {
  readonly type: 'state';
  readonly report: SensitivityReport;
  /** Translations, by English text: `vscode.l10n.bundle`. */
  readonly translations?: Readonly<Record<string, string>>;
}

/** The sensitivity page to the host. */
export type FromSensitivityPage =
  | { readonly type: 'ready' }
  /** Prune or quantize the model that was analysed. */
  | { readonly type: 'compress' }
  | { readonly type: 'copy'; readonly text: string };
