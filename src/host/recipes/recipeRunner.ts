/** "Run Recipe…": on a model, on a recipe, from the lens in a recipe, or from the palette, which asks for both. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type PassDeclaration } from '../../pass/declaration';
import { declarations, isPassId } from '../../passes/declarations';
import { type EvaluateRequest } from '../../protocol/jobs';
import { type Recipe } from '../../protocol/recipe';
import { type CompressReport } from '../../protocol/report';
import { recipeOf } from '../../recipe/find';
import { requestOf } from '../../recipe/request';
import { chooseOutput, type Output } from '../compress/chooseOutput';
import { type Compressions } from '../compress/runCompression';
import { chooseData } from '../data/chooseData';
import { type DataMemory } from '../data/dataMemory';
import { chooseModel, isModelFile } from '../models/chooseModel';
import { type Dimensions } from '../models/dimensions';
import { type ModelFiles } from '../models/modelFiles';
import { modelUri } from '../models/modelsView';
import { evaluateRequest, evaluationIsEnabled } from '../settings';
import { isTrusted } from '../trust';
import { chooseRecipe, type RecipeChoice } from './chooseRecipe';
import { isRecipeFile, loadRecipe, recipeTitle } from './recipeFiles';
import { recipeSuffix } from './recipeNames';

/** What a keybinding, a test or another extension may say instead of being asked. */
interface Given {
  readonly model?: vscode.Uri;
  readonly output?: Output;
}

/** Recipe, model and output, ready to run. */
interface Order extends Required<Given> {
  readonly recipe: Recipe;
  readonly title: string;
}

const alone = { step: 1, total: 1, canGoBack: false };

/** Runs recipes. */
export class RecipeRunner {
  constructor(
    private readonly files: ModelFiles,
    private readonly compressions: Compressions,
    private readonly memory: DataMemory,
    private readonly dimensions: Dimensions,
  ) {}

  /**
   * `args`: a model or a recipe (a file, or a row of the tree), then perhaps `{ recipe, model, output, overwrite }`
   * with paths. Undefined when the person gave up.
   */
  async run(...args: unknown[]): Promise<CompressReport | undefined> {
    if (!(await isTrusted())) return undefined;
    const order = await this.order(args);
    if (!order) return undefined;
    const recipe = await this.withData(order);
    if (!recipe) return undefined;
    const { model, output, title } = order;
    const request = requestOf(recipe, {
      ...this.dimensions.bindings(model),
      input: model.fsPath,
      output: output.path,
      overwrite: output.overwrite,
    });
    return this.compressions.run(title, request);
  }

  private async order(args: readonly unknown[]): Promise<Order | undefined> {
    const given = givenIn(args);
    const uri = modelUri(args[0]);
    const choice = given.choice ?? (uri && isRecipeFile(uri) ? fileChoice(uri) : undefined);
    const onModel = given.model ?? (uri && isModelFile(uri) ? uri : undefined);
    const chosen = choice ?? (await this.askRecipe(onModel));
    if (!chosen) return undefined;
    // Read before the model is asked for: a recipe that is wrong must be said at once.
    const recipe = chosen.kind === 'file' ? loadRecipe(chosen.uri) : recipeOf(chosen.preset);
    const title = chosen.kind === 'file' ? recipeTitle(recipe, chosen.uri) : vscode.l10n.t(chosen.preset.title);
    const model = onModel ?? (await this.askModel(title));
    if (!model) return undefined;
    const output = given.output ?? (await chooseOutput(model, suffixOf(chosen, model)));
    return output && { recipe, title, model, output };
  }

  private async askRecipe(model: vscode.Uri | undefined): Promise<RecipeChoice | undefined> {
    const title = model
      ? vscode.l10n.t('Run Recipe on {0}', path.posix.basename(model.path))
      : vscode.l10n.t('Run Recipe');
    const answer = await chooseRecipe(title, alone);
    return answer.outcome === 'next' ? answer.value : undefined;
  }

  private async askModel(title: string): Promise<vscode.Uri | undefined> {
    const answer = await chooseModel({
      title: vscode.l10n.t('Run {0}', title),
      placeholder: vscode.l10n.t('Which model to run the recipe on'),
      place: alone,
      models: await this.files.list(),
    });
    return answer.outcome === 'next' ? answer.value : undefined;
  }

  /** The recipe with data where it needs some and names none, and with the person's way of measuring. */
  private async withData({ recipe, model, title }: Order): Promise<Recipe | undefined> {
    const measured = { ...recipe, evaluate: howToMeasure(recipe) };
    if (recipe.data || !needsData(recipe)) return measured;
    const answer = await chooseData({
      title: vscode.l10n.t('{0}: Data', title),
      place: alone,
      current: this.memory.recall(model) ?? 'random',
      offer: [],
    });
    if (answer.outcome !== 'next' || typeof answer.value === 'string') return undefined;
    this.memory.remember(model, answer.value);
    return { ...measured, data: answer.value };
  }
}

const fileChoice = (uri: vscode.Uri): RecipeChoice => ({ kind: 'file', uri });

function suffixOf(chosen: RecipeChoice, model: vscode.Uri): string {
  if (chosen.kind === 'preset') return chosen.preset.suffix;
  return recipeSuffix(path.posix.basename(chosen.uri.path), path.posix.basename(model.path));
}

/** The recipe wins over the settings; a gate that has to be measured wins over a setting that would not measure it. */
function howToMeasure({ evaluate, gates = {} }: Recipe): EvaluateRequest | false {
  if (evaluate === false) return false;
  const hasGates = Object.keys(gates).length > 0;
  if (!evaluate && !hasGates && !evaluationIsEnabled()) return false;
  const latency = gates.minSpeedup === undefined ? {} : { latency: true };
  return { ...evaluateRequest('random'), ...latency, ...evaluate };
}

const needsData = ({ passes }: Recipe): boolean =>
  passes.some(({ pass }) => {
    const declaration: PassDeclaration | undefined = isPassId(pass) ? declarations[pass] : undefined;
    return declaration?.needs.data === 'required';
  });

/** Arguments of a keybinding hold paths, not addresses. */
function givenIn(args: readonly unknown[]): Given & { readonly choice?: RecipeChoice } {
  const given = args.find(
    (each): each is Record<string, unknown> =>
      typeof each === 'object' && each !== null && ('recipe' in each || 'model' in each || 'output' in each),
  );
  const text = (key: string): string | undefined => {
    const value = given?.[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [recipe, model, output] = [text('recipe'), text('model'), text('output')];
  return {
    ...(recipe !== undefined && { choice: fileChoice(vscode.Uri.file(recipe)) }),
    ...(model !== undefined && { model: vscode.Uri.file(model) }),
    ...(output !== undefined && { output: { path: output, overwrite: given?.overwrite === true } }),
  };
}
