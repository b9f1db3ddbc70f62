// The folder that the window of the host tests shows, and the extension under test.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';
import { type LapidaryApi } from '../../../src/host/activate';
import { type LapidaryError } from '../../../src/protocol/errors';

/** The extension, activated. */
export async function lapidary(): Promise<LapidaryApi> {
  const extension = vscode.extensions.getExtension<LapidaryApi>('lapidary.lapidary');
  if (!extension) throw new Error('VS Code does not know the extension');
  return extension.activate();
}

/** A fresh folder in the workspace, so that tests do not see each other's files. */
export class WorkFolder {
  readonly path: string;

  constructor(name: string) {
    const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    if (!root) throw new Error('The host tests need a workspace folder');
    this.path = path.join(root, name);
    fs.rmSync(this.path, { recursive: true, force: true });
    fs.mkdirSync(this.path, { recursive: true });
  }

  /** Writes a file and gives its address. */
  write(name: string, bytes: Uint8Array | string): vscode.Uri {
    const file = path.join(this.path, name);
    fs.writeFileSync(file, bytes);
    return vscode.Uri.file(file);
  }

  /** Address of a file in it. */
  uri(name: string): vscode.Uri {
    return vscode.Uri.file(path.join(this.path, name));
  }

  /** Names of all files, sorted. */
  list(): string[] {
    return fs.readdirSync(this.path).sort();
  }

  remove(): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs something that shows an error, and gives the error. */
export async function failureOf(work: () => Thenable<unknown>): Promise<LapidaryError> {
  const api = await lapidary();
  let failure: LapidaryError | undefined;
  const subscription = api.onDidFail((error) => (failure = error));
  try {
    await work();
  } finally {
    subscription.dispose();
  }
  if (!failure) throw new Error('Nothing failed');
  return failure;
}

/** Waits until a result page with this title is open. */
export async function resultTab(title: string): Promise<void> {
  const isOpen = (): boolean =>
    vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .some(({ input, label }) => input instanceof vscode.TabInputWebview && label === title);
  const deadline = performance.now() + 5000;
  while (!isOpen()) {
    if (performance.now() > deadline) throw new Error(`There is no result page "${title}"`);
    await pause(50);
  }
}
