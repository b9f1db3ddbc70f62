/** Messages between the host and its webviews. */
import { type CompareReport, type CompressReport } from './report';

/** What the result page shows. */
export type ResultState =
  | { readonly kind: 'compress'; readonly report: CompressReport }
  | { readonly kind: 'compare'; readonly report: CompareReport };

/** Host to the result page. */
export type ToResultPage = { readonly type: 'state'; readonly state: ResultState };

/** The result page to the host. */
export type FromResultPage =
  | { readonly type: 'ready' }
  | { readonly type: 'reveal'; readonly path: string }
  | { readonly type: 'open'; readonly path: string }
  | { readonly type: 'compareOutputs' }
  | { readonly type: 'saveRecipe' }
  | { readonly type: 'export'; readonly format: 'html' | 'json' | 'markdown' | 'csv' };
