/** The line above the passes of a recipe that runs it. */
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { recipeExtension } from './recipeFiles';

const runRecipe: OwnCommandId = 'lapidary.runRecipe';

/** Shows "Run Recipe…" in recipe files. */
export function registerRecipeLens(): vscode.Disposable {
  const provider: vscode.CodeLensProvider = {
    provideCodeLenses(document) {
      const passes = /"passes"\s*:/.exec(document.getText());
      const line = passes ? document.positionAt(passes.index).line : 0;
      const command = {
        title: `$(play) ${vscode.l10n.t('Run Recipe…')}`,
        command: runRecipe,
        arguments: [document.uri],
        tooltip: vscode.l10n.t('Choose a model and run these passes on it'),
      };
      return [new vscode.CodeLens(new vscode.Range(line, 0, line, 0), command)];
    },
  };
  return vscode.languages.registerCodeLensProvider({ scheme: 'file', pattern: `**/*${recipeExtension}` }, provider);
}
