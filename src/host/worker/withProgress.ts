/** Runs a job behind a notification that shows how far it is and can cancel it. */
import * as vscode from 'vscode';
import { type JobProgress } from '../../protocol/jobs';
import { ProgressMeter } from './progressMeter';

/** What the work is given. */
export interface ShownWork {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: JobProgress) => void;
  readonly onWaiting: () => void;
}

/** Shows the notification while `work` runs. `token` is another way to cancel it. */
export function withProgress<T>(
  title: string,
  work: (shown: ShownWork) => Promise<T>,
  token?: vscode.CancellationToken,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const shown = vscode.window.withProgress(options, async (progress, button) => {
    const abort = new AbortController();
    const tokens = [button, ...(token ? [token] : [])];
    const subscriptions = tokens.map((each) => each.onCancellationRequested(() => abort.abort()));
    if (token?.isCancellationRequested) abort.abort();
    abort.signal.addEventListener('abort', () => progress.report({ message: vscode.l10n.t('Cancelling…') }));
    const meter = new ProgressMeter();
    const onProgress = (state: JobProgress): void => {
      if (!abort.signal.aborted) progress.report(meter.advance(state));
    };
    const onWaiting = (): void => progress.report({ message: vscode.l10n.t('Waiting for the other job to finish…') });
    try {
      return await work({ signal: abort.signal, onProgress, onWaiting });
    } finally {
      vscode.Disposable.from(...subscriptions).dispose();
    }
  });
  return Promise.resolve(shown);
}
