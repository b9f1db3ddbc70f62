/** A recipe by what a person calls it: the name of a preset, or a file. */
import { presetOf, presets, type Preset } from '../passes/presets';
import { LapidaryError } from '../protocol/errors';
import { type Recipe } from '../protocol/recipe';
import { readRecipe } from './parse';

/** The steps of a preset as a recipe. */
export function recipeOf({ title, summary, steps }: Preset): Recipe {
  return { name: title, description: summary, passes: steps };
}

/** Anything that looks like a path is one; a bare word names a preset. Throws `usage`. */
export function findRecipe(name: string): Recipe {
  if (/[\\/]|\.json$/i.test(name)) return readRecipe(name);
  const preset = presetOf(name);
  if (preset) return recipeOf(preset);
  throw new LapidaryError('usage', `There is no preset "${name}".`, {
    hint: `Presets: ${presets.map(({ id }) => id).join(', ')}. A recipe of your own ends in .lapidary.json.`,
  });
}
