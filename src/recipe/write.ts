/** The text of a recipe file. Pure. */
import { type Recipe } from '../protocol/recipe';

/** A recipe with its passes one by one and everything that is not said left out. Paths are written as they are. */
export function recipeText(recipe: Recipe): string {
  const { name, description, passes, data, dims, inputShapes, evaluate, gates } = recipe;
  const steps = passes.map(({ pass, options }) => (Object.keys(options).length > 0 ? { pass, options } : { pass }));
  const ordered = { name, description, passes: steps, data, dims, inputShapes, evaluate, gates };
  return `${JSON.stringify(ordered, undefined, 2)}\n`;
}
