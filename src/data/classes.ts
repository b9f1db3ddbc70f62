/** Classes as they come with samples: numbers or words. */

/** Names of columns, keys and arrays that hold the class rather than an input. */
export const labelNames: ReadonlySet<string> = new Set([
  'label',
  'class',
  'target',
  'y',
  'species',
  'labels',
  'classes',
  'targets',
]);

/** Class numbers as they are; words become their place in the alphabetical order. */
export function classesOf(words: readonly string[]): number[] {
  if (words.every((word) => /^\s*\d+(\.0*)?\s*$/.test(word))) return words.map(Number);
  const known = [...new Set(words)].sort();
  return words.map((word) => known.indexOf(word));
}
