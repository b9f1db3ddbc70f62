/** The recipes of the workspace. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type Recipe } from '../../protocol/recipe';
import { parseRecipe, readRecipe } from '../../recipe/parse';
import { recipeStem } from './recipeNames';

/** The extension of recipe files. */
export const recipeExtension = '.lapidary.json';

/** True for the name of a recipe. */
export const isRecipeFile = (uri: vscode.Uri): boolean => uri.path.toLowerCase().endsWith(recipeExtension);

/** All recipes of the workspace, in the order of their paths. */
export async function listRecipes(): Promise<readonly vscode.Uri[]> {
  const files = await vscode.workspace.findFiles(`**/*${recipeExtension}`, '**/node_modules/**', 100);
  const collator = new Intl.Collator(vscode.env.language, { numeric: true });
  return files.sort((a, b) => collator.compare(a.path, b.path));
}

/** A recipe as it is in the editor, saved or not. Throws `usage` with line and column. */
export function loadRecipe(uri: vscode.Uri): Recipe {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return open ? parseRecipe(open.getText(), uri.fsPath) : readRecipe(uri.fsPath);
}

/** What a recipe is called: its name, else that of its file. */
export const recipeTitle = (recipe: Recipe, uri: vscode.Uri): string =>
  recipe.name ?? recipeStem(path.basename(uri.fsPath));
