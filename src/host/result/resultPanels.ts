/** The result pages: one panel per pair of files. */
import * as vscode from 'vscode';
import { resultView } from '../../manifest/views';
import { type FromResultPage, type ResultFeatures, type ResultState, type ToResultPage } from '../../protocol/webview';
import { ReportPanels } from '../page/reportPanels';
import { type ResultStore } from './resultStore';

type Said = Exclude<FromResultPage, { type: 'ready' }>;

/** What the buttons of a page do. */
export interface ResultActions {
  readonly features: (state: ResultState) => ResultFeatures;
  /** Gives a state that says more, when there is more to say. */
  readonly run: (message: Said, state: ResultState) => Promise<ResultState | undefined>;
}

/** Opens result pages. */
export class ResultPanels extends ReportPanels<ResultState, Said> {
  constructor(extension: vscode.Uri, store: ResultStore, actions: ResultActions, failed: (thrown: unknown) => void) {
    const message = (state: ResultState): ToResultPage => ({
      ...{ type: 'state', state, features: actions.features(state) },
      ...(vscode.l10n.bundle && { translations: vscode.l10n.bundle }),
    });
    super(extension, { view: resultView, bundle: 'result', store, message, act: actions.run }, failed);
  }
}
