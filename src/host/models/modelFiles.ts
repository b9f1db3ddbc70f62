/** The .onnx files of the workspace, kept up to date by a file watcher. */
import * as vscode from 'vscode';

/** Changes come in bursts (a copy, a checkout, a file that grows): they are told of once the burst is over. */
const settleMs = 200;

/** Lists the models of the workspace; folders of dependencies are left out. */
export class ModelFiles implements vscode.Disposable {
  private readonly listChanged = new vscode.EventEmitter<void>();
  private readonly fileChanged = new vscode.EventEmitter<vscode.Uri>();
  private readonly watcher = vscode.workspace.createFileSystemWatcher('**/*.onnx');
  private readonly folders: vscode.Disposable;
  private readonly burst = new Set<string>();
  private listHasChanged = false;
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
    this.burst.add(uri.toString());
    this.listHasChanged ||= list;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), settleMs);
  }

  private settle(): void {
    const changed = [...this.burst];
    this.burst.clear();
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
    clearTimeout(this.settling);
    vscode.Disposable.from(this.watcher, this.folders, this.listChanged, this.fileChanged).dispose();
  }
}

const isInDependencies = (uri: vscode.Uri): boolean => uri.path.includes('/node_modules/');
