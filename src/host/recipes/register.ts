/** Recipes in the editor: run, save, lens, tasks. */
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { type OwnHandlers } from '../commands';
import { type Compressions } from '../compress/runCompression';
import { type DataMemory } from '../data/dataMemory';
import { type Dimensions } from '../models/dimensions';
import { type ModelFiles } from '../models/modelFiles';
import { type ResultStore } from '../result/resultStore';
import { registerRecipeLens } from './recipeLens';
import { RecipeRunner } from './recipeRunner';
import { registerRecipeTasks, type TaskSurroundings } from './recipeTasks';
import { saveLastRecipe } from './saveRecipe';

/** What recipes need of the other features. */
export interface RecipeSurroundings extends TaskSurroundings {
  readonly files: ModelFiles;
  readonly compressions: Compressions;
  readonly memory: DataMemory;
  readonly dimensions: Dimensions;
  readonly store: ResultStore;
}

type RecipeCommand = Extract<OwnCommandId, 'lapidary.runRecipe' | 'lapidary.saveRecipe'>;

/** Registers what is no command, and gives the handlers of what is. */
export function registerRecipes(around: RecipeSurroundings): {
  readonly handlers: Pick<OwnHandlers, RecipeCommand>;
  readonly disposable: vscode.Disposable;
} {
  const { files, compressions, memory, dimensions, store } = around;
  const runner = new RecipeRunner(files, compressions, memory, dimensions);
  return {
    handlers: {
      'lapidary.runRecipe': (...args) => runner.run(...args),
      'lapidary.saveRecipe': () => saveLastRecipe(store),
    },
    disposable: vscode.Disposable.from(registerRecipeLens(), registerRecipeTasks(files, around)),
  };
}
