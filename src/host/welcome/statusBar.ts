/** The status bar: size and cost of the model in the active editor; a click offers what can be done with it. */
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { modelOfText } from '../graphText/documents';
import { activeModel } from '../models/chooseModel';
import { type Inspections } from '../models/inspections';
import { plainLabel } from '../text/plain';

/** The item, kept up to date. */
export class ModelStatus implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly subscriptions: vscode.Disposable;

  constructor(private readonly inspections: Inspections) {
    const command: OwnCommandId = 'lapidary.actions';
    this.item = vscode.window.createStatusBarItem('lapidary.model', vscode.StatusBarAlignment.Right, 90);
    this.item.name = vscode.l10n.t('ONNX model');
    this.item.command = command;
    this.subscriptions = vscode.Disposable.from(
      this.item,
      vscode.window.tabGroups.onDidChangeTabs(() => void this.show()),
      vscode.window.tabGroups.onDidChangeTabGroups(() => void this.show()),
      inspections.onDidChange(() => void this.show()),
    );
    void this.show();
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async show(): Promise<void> {
    const model = openModel();
    if (!model) {
      this.item.hide();
      return;
    }
    // Whoever opened the model shows what is wrong with it; here is only room for what is right.
    if (!this.inspections.peek(model)) await this.inspections.report(model).catch(() => undefined);
    const known = this.inspections.peek(model);
    if (openModel()?.toString() !== model.toString()) return;
    if (!known || 'error' in known) {
      this.item.hide();
      return;
    }
    this.item.text = `$(package) ${plainLabel(known.summary)}`;
    this.item.tooltip = vscode.l10n.t(
      '{0}. Click for what can be done with it.',
      vscode.workspace.asRelativePath(model),
    );
    this.item.accessibilityInformation = { label: vscode.l10n.t('ONNX model: {0}', known.summary) };
    this.item.show();
  }
}

/** The model of the active editor: its profile, or its graph text. Of the tab, which is known before its editor is. */
export function openModel(): vscode.Uri | undefined {
  const input: unknown = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return activeModel() ?? (input instanceof vscode.TabInputText ? modelOfText(input.uri) : undefined);
}
