/** Asks which recipe: one of the workspace's, a preset, or a file from elsewhere. */
import path from 'node:path';
import * as vscode from 'vscode';
import { presets, type Preset } from '../../passes/presets';
import { plainLabel } from '../text/plain';
import { type Answer, pickOne, type PickItem } from '../wizard/prompts';
import { type Place } from '../wizard/steps';
import { listRecipes } from './recipeFiles';

/** What was chosen. */
export type RecipeChoice =
  { readonly kind: 'file'; readonly uri: vscode.Uri } | { readonly kind: 'preset'; readonly preset: Preset };

/** Asks; `title` says what for. */
export async function chooseRecipe(title: string, place: Place): Promise<Answer<RecipeChoice>> {
  const { t } = vscode.l10n;
  const files = await listRecipes();
  const separator = (label: string): PickItem<never> => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const items: PickItem<RecipeChoice | 'browse'>[] = [
    ...(files.length > 0 ? [separator(t('Recipes of This Workspace'))] : []),
    ...files.map((uri) => ({
      label: `$(list-ordered) ${plainLabel(path.posix.basename(uri.path))}`,
      description: plainLabel(path.posix.dirname(vscode.workspace.asRelativePath(uri)).replace(/^\.$/, '')),
      value: { kind: 'file', uri } as const,
    })),
    separator(t('Presets')),
    ...presets.map((preset) => ({
      label: `$(package) ${t(preset.title)}`,
      detail: t(preset.summary),
      value: { kind: 'preset', preset } as const,
    })),
    separator(''),
    { label: `$(folder-opened) ${t('Browse…')}`, alwaysShow: true, value: 'browse' },
  ];
  for (;;) {
    const answer = await pickOne({ title, placeholder: t('Which recipe to run'), place, items });
    if (answer.outcome !== 'next') return answer;
    if (answer.value !== 'browse') return { outcome: 'next', value: answer.value };
    const uri = await browse();
    if (uri) return { outcome: 'next', value: { kind: 'file', uri } };
  }
}

async function browse(): Promise<vscode.Uri | undefined> {
  const filters = { [vscode.l10n.t('Lapidary recipes')]: ['json'] };
  const [file] = (await vscode.window.showOpenDialog({ title: vscode.l10n.t('Recipe'), filters })) ?? [];
  return file;
}
