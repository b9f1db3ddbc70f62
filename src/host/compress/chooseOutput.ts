/** Where the new model goes: beside its source, and over an older one only when the person says so. */
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { numberedName, outputName } from './outputName';

/** A file to write. */
export interface Output {
  readonly path: string;
  readonly overwrite: boolean;
}

/** The output beside a model; asks when there is such a file; undefined when the person gave up. */
export async function chooseOutput(model: vscode.Uri, suffix: string): Promise<Output | undefined> {
  const folder = path.dirname(model.fsPath);
  const name = outputName(path.basename(model.fsPath), suffix);
  const isTaken = (each: string): boolean => fs.existsSync(path.join(folder, each));
  if (!isTaken(name)) return { path: path.join(folder, name), overwrite: false };
  const free = numberedName(name, isTaken);
  const overwrite = vscode.l10n.t('Overwrite');
  const keepBoth = vscode.l10n.t('Keep Both');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} is there already.', name),
    { modal: true, detail: vscode.l10n.t('Overwrite it, or keep both and write {0}?', free) },
    overwrite,
    keepBoth,
  );
  if (chosen === overwrite) return { path: path.join(folder, name), overwrite: true };
  return chosen === keepBoth ? { path: path.join(folder, free), overwrite: false } : undefined;
}
