/** From a recipe to the job that runs it: one place, so that the command line and the editor do the same. */
import { type Bindings, type CompressRequest, type DataSpec, type EvaluateRequest } from '../protocol/jobs';
import { type Recipe } from '../protocol/recipe';

/** What a recipe does not say: the model, and what the person wants this time. */
export interface RunOptions extends Bindings {
  readonly input: string;
  readonly output: string;
  readonly overwrite: boolean;
  readonly externalData?: boolean;
  /** Takes the place of the recipe's own data. */
  readonly data?: DataSpec;
  /** Goes over what the recipe says of measuring; false measures nothing. */
  readonly evaluate?: Omit<EvaluateRequest, 'data'> | false;
  readonly keep?: boolean;
}

/** The request. Dimensions and shapes given here win over the recipe's, one by one. */
export function requestOf(recipe: Recipe, options: RunOptions): CompressRequest {
  const { input, output, overwrite, externalData, keep } = options;
  const data = options.data ?? recipe.data;
  const dims = { ...recipe.dims, ...options.dims };
  const inputShapes = { ...recipe.inputShapes, ...options.inputShapes };
  const gates = Object.keys(recipe.gates ?? {}).length > 0 ? recipe.gates : undefined;
  return {
    input,
    output,
    overwrite,
    steps: recipe.passes,
    evaluate: evaluateOf(recipe, options, data),
    ...(data && { data }),
    ...(externalData !== undefined && { externalData }),
    ...(gates && { gates }),
    ...(keep !== undefined && { keep }),
    ...(Object.keys(dims).length > 0 && { dims }),
    ...(Object.keys(inputShapes).length > 0 && { inputShapes }),
  };
}

function evaluateOf(recipe: Recipe, options: RunOptions, data: DataSpec | undefined): EvaluateRequest | false {
  if (recipe.evaluate === false || options.evaluate === false) return false;
  return { ...(data && { data }), ...recipe.evaluate, ...options.evaluate };
}
