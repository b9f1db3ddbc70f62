/** The filter box of a table: all words must occur, in any order; a phrase in double quotes occurs as it is. */

/** Whether a text holds everything that a filter asks for; ignores case. */
export type Matcher = (text: string) => boolean;

/** Reads a filter; an empty one matches everything. Texts must be in lower case already. */
export function matcherOf(filter: string): Matcher {
  const terms = [...filter.toLowerCase().matchAll(/"([^"]*)"?|[^\s"]+/g)]
    .map(([whole, quoted]) => quoted ?? whole)
    .filter((term) => term !== '');
  return (text) => terms.every((term) => text.includes(term));
}

/** A filter that finds a text word for word. */
export function phrase(text: string): string {
  return `"${text.replaceAll('"', '" "')}"`;
}
