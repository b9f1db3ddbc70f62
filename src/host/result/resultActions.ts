/** What the buttons of a result page do. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type PassStep } from '../../protocol/report';
import { type ExportFormat, type ResultState } from '../../protocol/webview';
import { plainMessage } from '../text/plain';
import { exporters, exportPath } from './exports';
import { resultFiles } from './resultNames';
import { type ResultActions } from './resultPanels';

/** `compare` runs the comparison of two models, asking for data first. */
export function resultActions(compare: (before: vscode.Uri, after: vscode.Uri) => Promise<void>): ResultActions {
  return {
    features: (state) => ({
      reveal: true,
      compareOutputs: true,
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
          return state.kind === 'compress' ? saveRecipe(state.report.output, state.report.steps) : undefined;
        case 'copy':
          return void (await vscode.env.clipboard.writeText(message.text));
        case 'export':
          return save(state, message.format);
      }
    },
  };
}

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

async function saveRecipe(output: string, steps: readonly PassStep[]): Promise<void> {
  const recipe = { passes: steps.map(({ pass, options }) => ({ pass, options })) };
  const suggested = `${output.replace(/\.onnx$/i, '')}.lapidary.json`;
  const text = `${JSON.stringify(recipe, undefined, 2)}\n`;
  await saveText(suggested, text, { [vscode.l10n.t('Lapidary recipes')]: ['lapidary.json'] });
}

/** Asks where, writes, and offers to open what was written. */
async function saveText(suggested: string, text: string, filters: Record<string, string[]>): Promise<void> {
  const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(suggested), filters });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(text));
  const open = vscode.l10n.t('Open');
  const message = vscode.l10n.t('Saved {0}.', plainMessage(path.basename(target.fsPath)));
  // Not awaited: the page's buttons must not wait until the notification is gone.
  void vscode.window.showInformationMessage(message, open).then((chosen) => {
    if (chosen !== open) return;
    // A browser shows a page as a page; everything else is a text.
    if (target.fsPath.endsWith('.html')) void vscode.env.openExternal(target);
    else void vscode.commands.executeCommand('vscode.open', target);
  });
}
