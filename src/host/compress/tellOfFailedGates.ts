/** A result that missed a gate is not written; the person may want to have it all the same, to look into it. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type CompressReport } from '../../protocol/report';
import { gateText } from '../../report/gates';
import { plainMessage } from '../text/plain';

/** Says which gates failed and what became of the file; `keep` runs it again and writes what comes of it. */
export async function tellOfFailedGates(
  { gates = [], output, written }: CompressReport,
  keep: () => Promise<unknown>,
): Promise<void> {
  const failed = gates.filter(({ passed }) => !passed).map((gate) => gateText(gate));
  const name = path.basename(output);
  const what = written
    ? vscode.l10n.t('{0} was written although it misses a gate.', name)
    : vscode.l10n.t('{0} was not written: it misses a gate of the recipe.', name);
  const again = vscode.l10n.t('Run Again and Keep It');
  const message = plainMessage([what, ...failed].join(' '));
  const chosen = await vscode.window.showWarningMessage(message, ...(written ? [] : [again]));
  if (chosen === again) await keep();
}
