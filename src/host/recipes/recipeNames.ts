/** Names that come from a recipe's file. Knows no vscode. */

/** "small.lapidary.json" gives "small". */
export const recipeStem = (file: string): string => file.replace(/\.lapidary\.json$/i, '') || 'recipe';

/**
 * What is inserted before `.onnx` in the name of the output. A recipe that was saved beside its result is named after
 * it: "model.w8.lapidary.json" run on "model.onnx" gives "model.w8.onnx", not "model.model.w8.onnx".
 */
export function recipeSuffix(recipe: string, model: string): string {
  const stem = recipeStem(recipe);
  const own = `${model.replace(/\.onnx$/i, '')}.`;
  return stem.startsWith(own) && stem.length > own.length ? stem.slice(own.length) : stem;
}
