/** "Model Actions…": everything that can be done with the model in hand, in one list. */
import path from 'node:path';
import * as vscode from 'vscode';
import { familyCommand, type OwnCommandId } from '../../manifest/commands';
import { familiesOf } from '../../manifest/families';
import { walkthroughId } from '../../manifest/walkthrough';
import { chooseModel } from '../models/chooseModel';
import { type ModelFiles } from '../models/modelFiles';
import { modelUri } from '../models/modelsView';
import { plainLabel } from '../text/plain';
import { openModel } from './statusBar';

interface Action extends vscode.QuickPickItem {
  readonly command: string;
}

const own = (command: OwnCommandId, icon: string, label: string): Action => ({ label: `$(${icon}) ${label}`, command });

/** Asks what to do with a model, and does it. */
export async function chooseAction(files: ModelFiles, argument: unknown): Promise<unknown> {
  const model = modelUri(argument) ?? openModel() ?? (await askModel(files));
  if (!model) return undefined;
  const t = vscode.l10n.t;
  const passes = familiesOf().map(({ family, title }): Action => ({
    label: `$(package) ${t(title)}`,
    command: familyCommand(family),
  }));
  const actions = [
    ...passes,
    own('lapidary.runRecipe', 'checklist', t('Run Recipe…')),
    own('lapidary.sensitivity', 'pulse', t('Sensitivity…')),
    own('lapidary.compareWith', 'compare-changes', t('Compare With…')),
    own('lapidary.models.open', 'graph', t('Open Profile')),
    own('lapidary.openText', 'file-code', t('Open as Graph Text')),
  ];
  const chosen = await vscode.window.showQuickPick(actions, {
    title: plainLabel(path.posix.basename(model.path)),
    placeHolder: t('What to do with this model'),
  });
  return chosen && vscode.commands.executeCommand(chosen.command, model);
}

async function askModel(files: ModelFiles): Promise<vscode.Uri | undefined> {
  const answer = await chooseModel({
    title: vscode.l10n.t('Choose a Model'),
    placeholder: vscode.l10n.t('What to do something with'),
    place: { step: 1, total: 1, canGoBack: false },
    models: await files.list(),
  });
  return answer.outcome === 'next' ? answer.value : undefined;
}

/** Shows the walkthrough of this extension. */
export const openWalkthrough = (extension: string): Thenable<unknown> =>
  vscode.commands.executeCommand('workbench.action.openWalkthrough', `${extension}#${walkthroughId}`, false);
