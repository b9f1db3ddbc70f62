/** Which rules report: the settings, and the command that adds to them. */
import * as vscode from 'vscode';

const section = 'lapidary.diagnostics';

/** The settings of the checks. */
export class Rules implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscription: vscode.Disposable;

  readonly onDidChange = this.changed.event;

  constructor() {
    this.subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) this.changed.fire();
    });
  }

  /** Whether models that are open are checked by themselves. */
  get areEnabled(): boolean {
    return vscode.workspace.getConfiguration(section).get('enabled', true);
  }

  /** Codes that the person does not want to hear of. */
  get ignored(): readonly string[] {
    return vscode.workspace.getConfiguration(section).get<string[]>('ignore', []);
  }

  /** Adds a code, to the workspace where there is one. */
  async ignore(code: string): Promise<void> {
    const target = vscode.workspace.workspaceFolders
      ? vscode.ConfigurationTarget.Workspace
      : vscode.ConfigurationTarget.Global;
    const ignored = [...new Set([...this.ignored, code])].sort();
    await vscode.workspace.getConfiguration(section).update('ignore', ignored, target);
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }
}
