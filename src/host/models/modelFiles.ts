/** The .onnx files of the workspace, kept up to date by a file watcher. */
import path from 'node:path';
import * as vscode from 'vscode';
import { SettledFiles } from './settled';
import { stampOf } from './stamp';

/** Lists the models of the workspace; folders of dependencies are left out. */
export class ModelFiles implements vscode.Disposable {
  private readonly listChanged = new vscode.EventEmitter<void>();
  private readonly fileChanged = new vscode.EventEmitter<vscode.Uri>();
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/*.onnx');
  private readonly folders: vscode.Disposable;
  private readonly changing = new SettledFiles(
    (file) => stampOf(vscode.Uri.parse(file)),
    (files) => this.settle(files),
  );
  private listHasChanged = false;

  /** A model came or went. */
  readonly onDidChangeList = this.listChanged.event;
  /** The contents of a model changed (or it went). */
  readonly onDidChangeFile = this.fileChanged.event;

  constructor() {
    this.watcher.onDidCreate((uri) => this.changed(uri, true));
    this.watcher.onDidDelete((uri) => this.changed(uri, true));
    this.watcher.onDidChange((uri) => this.changed(uri, false));
    this.folders = vscode.workspace.onDidChangeWorkspaceFolders(() => this.listChanged.fire());
  }

  private changed(uri: vscode.Uri, list: boolean): void {
    if (isInDependencies(uri)) return;
    this.listHasChanged ||= list;
    this.changing.note(uri.toString());
  }

  /** Follows one file, wherever it is, until the result is disposed of. */
  follow(uri: vscode.Uri): vscode.Disposable {
    // What means something in a pattern stands for any character: an event of another file tells nothing new.
    const name = path.posix.basename(uri.path).replace(/[[\]{}*]/g, '?');
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), name);
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      event(() => this.changing.note(uri.toString()));
    }
    return watcher;
  }

  private settle(changed: readonly string[]): void {
    for (const uri of changed) this.fileChanged.fire(vscode.Uri.parse(uri));
    if (this.listHasChanged) this.listChanged.fire();
    this.listHasChanged = false;
  }

  /** All models, in the order of their paths. */
  async list(): Promise<readonly vscode.Uri[]> {
    const files = await vscode.workspace.findFiles('**/*.onnx', '**/node_modules/**');
    const collator = new Intl.Collator(vscode.env.language, { numeric: true });
    return files.sort((a, b) => collator.compare(a.path, b.path));
  }

  /** Stops watching. */
  dispose(): void {
    this.changing.dispose();
    vscode.Disposable.from(this.watcher, this.folders, this.listChanged, this.fileChanged).dispose();
  }
}

const isInDependencies = (uri: vscode.Uri): boolean => uri.path.includes('/node_modules/');
