/** What the buttons of a result page do. */
import * as vscode from 'vscode';
import { type ExportFormat, type ResultState } from '../../protocol/webview';
import { saveRecipe } from '../recipes/saveRecipe';
import { exporters, exportPath } from './exports';
import { resultFiles } from './resultNames';
import { type ResultActions } from './resultPanels';
import { saveText } from './saveText';

/** `compare` runs the comparison of two models, asking for data first. */
export function resultActions(compare: (before: vscode.Uri, after: vscode.Uri) => Promise<void>): ResultActions {
  return {
    features: (state) => ({
      reveal: isThere(state),
      compareOutputs: isThere(state),
      saveRecipe: state.kind === 'compress' && state.report.steps.length > 0,
    }),
    run: async (message, state) => {
      switch (message.type) {
        case 'reveal':
          return reveal(allowed(message.path, state));
        case 'open':
          return void (await vscode.commands.executeCommand('vscode.open', allowed(message.path, state)));
        case 'compareOutputs': {
          const [before, after] = resultFiles(state).map((file) => vscode.Uri.file(file));
          return before && after && compare(before, after);
        }
        case 'saveRecipe':
          return state.kind === 'compress' ? saveRecipe(state.report) : undefined;
        case 'copy':
          return void (await vscode.env.clipboard.writeText(message.text));
        case 'export':
          return save(state, message.format);
      }
    },
  };
}

/** False for a result that missed a gate: there is no file to show or to run. */
const isThere = (state: ResultState): boolean => state.kind === 'compare' || state.report.written !== false;

/** A page may only name the files that its report is about. */
function allowed(file: string, state: ResultState): vscode.Uri {
  if (!resultFiles(state).includes(file)) throw new Error(`${file} is not part of this result`);
  return vscode.Uri.file(file);
}

/** In the explorer when the file is in the workspace, else in the system's file manager. */
async function reveal(uri: vscode.Uri): Promise<void> {
  const isInside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  await vscode.commands.executeCommand(isInside ? 'revealInExplorer' : 'revealFileInOS', uri);
}

async function save(state: ResultState, format: ExportFormat): Promise<void> {
  const { name, extension, render } = exporters[format];
  await saveText(exportPath(state, format), render(state), { [name]: [extension] });
}
