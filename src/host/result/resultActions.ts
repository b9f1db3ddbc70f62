/** What the buttons of a result page do. */
import * as vscode from 'vscode';
import { type ExportFormat, type ResultState } from '../../protocol/webview';
import { saveRecipe } from '../recipes/saveRecipe';
import { exporters, exportPath } from './exports';
import { hasLosses } from './losses';
import { resultFiles } from './resultNames';
import { type ResultActions } from './resultPanels';
import { saveText } from './saveText';

/** What the buttons of a result page set going; each asks for data first. */
export interface ResultJobs {
  readonly compare: (before: vscode.Uri, after: vscode.Uri) => Promise<void>;
  /** The result with what was measured, if anything was. */
  readonly measureLosses: (state: ResultState) => Promise<ResultState | undefined>;
}

/** The actions over these jobs. */
export function resultActions({ compare, measureLosses }: ResultJobs): ResultActions {
  return {
    features: (state) => ({
      reveal: isThere(state),
      compareOutputs: isThere(state),
      sensitivity: hasLosses(state),
      saveRecipe: state.kind === 'compress' && state.report.steps.length > 0,
    }),
    run: async (message, state) => {
      switch (message.type) {
        case 'reveal':
          await reveal(allowed(message.path, state));
          return undefined;
        case 'open':
          await vscode.commands.executeCommand('vscode.open', allowed(message.path, state));
          return undefined;
        case 'compareOutputs': {
          const [before, after] = resultFiles(state).map((file) => vscode.Uri.file(file));
          if (before && after) await compare(before, after);
          return undefined;
        }
        case 'measureSensitivity':
          return measureLosses(state);
        case 'saveRecipe':
          if (state.kind === 'compress') await saveRecipe(state.report);
          return undefined;
        case 'copy':
          await vscode.env.clipboard.writeText(message.text);
          return undefined;
        case 'export':
          await save(state, message.format);
          return undefined;
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
