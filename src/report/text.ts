/** Names that come from a model, made safe to show: they may hold anything. Pure: imports nothing. */

/**
 * Control characters and line breaks, bidirectional overrides and other invisible characters, lone surrogates: they
 * could break a line, hide part of a name or command a terminal (Unicode UAX #9, UTR #36). Letters of all scripts stay.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' };

/** A name with everything invisible spelled out: a line break becomes "\n", an override "\u{202e}". */
export function visibleName(name: string): string {
  return name.replace(invisible, (found) => shortEscapes[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Text as HTML text or attribute value. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** At most `length` characters, the beginning cut off, since the end of a layer's name tells it apart: "…r.3/mlp/fc1". */
export function shortenLeft(name: string, length: number): string {
  const characters = Array.from(name);
  return characters.length <= length ? name : `…${characters.slice(characters.length - length + 1).join('')}`;
}
