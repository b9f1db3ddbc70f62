/** Which state of a file something is about. */
import fs from 'node:fs';
import type * as vscode from 'vscode';

/** Changes whenever the file does; '' when there is none. */
export function stampOf(uri: vscode.Uri): string {
  const stats = fs.statSync(uri.fsPath, { throwIfNoEntry: false });
  return stats ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : '';
}
