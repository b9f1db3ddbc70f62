/** The .onnx files of the workspace, kept up to date by a file watcher. */
import * as vscode from 'vscode';

/** Changes come in bursts (a copy, a checkout): the list is made anew once the burst is over. */
const settleMs = 200;

/** Lists the models of the workspace; folders of dependencies are left out. */
export class ModelFiles implements vscode.Disposable {
  private readonly listChanged = new vscode.EventEmitter<void>();
  private readonly fileChanged = new vscode.EventEmitter<vscode.Uri>();
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/*.onnx');
  private readonly folders: vscode.Disposable;
  private settling: NodeJS.Timeout | undefined;

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
    this.fileChanged.fire(uri);
    if (!list) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.listChanged.fire(), settleMs);
  }

  /** All models, in the order of their paths. */
  async list(): Promise<readonly vscode.Uri[]> {
    const files = await vscode.workspace.findFiles('**/*.onnx', '**/node_modules/**');
    const collator = new Intl.Collator(vscode.env.language, { numeric: true });
    return files.sort((a, b) => collator.compare(a.path, b.path));
  }

  /** Stops watching. */
  dispose(): void {
    clearTimeout(this.settling);
    vscode.Disposable.from(this.watcher, this.folders, this.listChanged, this.fileChanged).dispose();
  }
}

const isInDependencies = (uri: vscode.Uri): boolean => uri.path.includes('/node_modules/');
