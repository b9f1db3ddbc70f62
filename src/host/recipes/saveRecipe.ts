/** Keeps what was done to a model as a recipe. */
import * as vscode from 'vscode';
import { type CompressReport } from '../../protocol/report';
import { recipeOfReport } from '../../recipe/ofReport';
import { recipeText } from '../../recipe/write';
import { type ResultStore } from '../result/resultStore';
import { saveText } from '../result/saveText';

/** Asks where, beside the result by default, and writes the recipe of one result. */
export async function saveRecipe(report: CompressReport): Promise<void> {
  const suggested = `${report.output.replace(/\.onnx$/i, '')}.lapidary.json`;
  const text = (file: string): string => recipeText(recipeOfReport(report, file));
  await saveText(suggested, text, { [vscode.l10n.t('Lapidary recipes')]: ['lapidary.json'] });
}

/** The same for the newest compression of this workspace, open or not. */
export async function saveLastRecipe(store: ResultStore): Promise<void> {
  for (const { title } of store.list()) {
    const state = await store.load(title);
    if (state?.kind === 'compress' && state.report.steps.length > 0) return saveRecipe(state.report);
  }
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Nothing was done to a model in this workspace yet: compress one, then save how.'),
  );
}
