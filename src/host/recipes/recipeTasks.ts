/** The task type `lapidary`: a recipe on a model through the command line that comes with the extension. */
import path from 'node:path';
import * as vscode from 'vscode';
import { taskType } from '../../manifest/tasks';
import { type ModelFiles } from '../models/modelFiles';
import { listRecipes } from './recipeFiles';
import { recipeSuffix } from './recipeNames';
import { outputName } from '../compress/outputName';

/** What a task in tasks.json says. Paths are relative to its folder. */
interface RecipeTask extends vscode.TaskDefinition {
  /** A `*.lapidary.json`, or the name of a preset. */
  readonly recipe: string;
  readonly model: string;
  /** Default: beside the model, named after the recipe. */
  readonly output?: string;
  /** Default false, as everywhere: what is there may not be of an earlier run. */
  readonly overwrite?: boolean;
  readonly data?: string;
  readonly keep?: boolean;
}

/** Tasks that are offered without being written down: more would bury the others. */
const mostOffered = 30;

/** What tasks are started with. */
export interface TaskSurroundings {
  /** dist/cli.js. */
  readonly cliPath: string;
  /** The Node.js that the settings name. */
  readonly nodePath: () => string | undefined;
}

/** Offers a task for each recipe and model of the workspace, and runs those of tasks.json. */
export function registerRecipeTasks(files: ModelFiles, surroundings: TaskSurroundings): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(taskType, {
    async provideTasks() {
      const [recipes, models] = [await listRecipes(), await files.list()];
      const definitions = recipes.flatMap((recipe) => models.map((model) => definitionOf(recipe, model)));
      return definitions
        .flatMap((each) => each ?? [])
        .slice(0, mostOffered)
        .map((each) => taskOf(each, surroundings));
    },
    resolveTask({ definition, scope }) {
      const { recipe, model } = definition as Partial<RecipeTask>;
      if (typeof recipe !== 'string' || typeof model !== 'string') return undefined;
      // VS Code recognises the task by the very definition that it gave.
      return taskOf({ definition: definition as RecipeTask, scope }, surroundings);
    },
  });
}

interface Placed {
  readonly definition: RecipeTask;
  readonly scope: vscode.Task['scope'];
}

function definitionOf(recipe: vscode.Uri, model: vscode.Uri): Placed | undefined {
  const scope = vscode.workspace.getWorkspaceFolder(recipe);
  if (!scope || vscode.workspace.getWorkspaceFolder(model) !== scope) return undefined;
  const relative = (uri: vscode.Uri): string => path.relative(scope.uri.fsPath, uri.fsPath).replaceAll(path.sep, '/');
  return { definition: { type: taskType, recipe: relative(recipe), model: relative(model) }, scope };
}

function taskOf({ definition, scope }: Placed, { cliPath, nodePath }: TaskSurroundings): vscode.Task {
  const { recipe, model, output = defaultOutput(definition), overwrite = false, keep = false, data } = definition;
  const args = [
    ...['run', recipe, model, '-o', output],
    ...(overwrite ? ['--overwrite'] : []),
    ...(keep ? ['--keep'] : []),
    ...(data === undefined ? [] : ['--data', data]),
  ];
  const program = nodePath();
  // The editor's own program is a Node.js when this variable says so.
  const env: Record<string, string> = program === undefined ? { ELECTRON_RUN_AS_NODE: '1' } : {};
  const folder = scope !== undefined && typeof scope !== 'number' ? { cwd: scope.uri.fsPath } : {};
  const execution = new vscode.ProcessExecution(program ?? process.execPath, [cliPath, ...args], { env, ...folder });
  const name = vscode.l10n.t('{0} on {1}', path.posix.basename(recipe), model);
  const task = new vscode.Task(definition, scope ?? vscode.TaskScope.Workspace, name, 'Lapidary', execution, []);
  task.group = vscode.TaskGroup.Build;
  task.detail = vscode.l10n.t('Writes {0}', output);
  return task;
}

function defaultOutput({ recipe, model }: RecipeTask): string {
  const suffix = recipeSuffix(path.posix.basename(recipe), path.posix.basename(model));
  return path.posix.join(path.posix.dirname(model), outputName(path.posix.basename(model), suffix));
}
