/** What can be folded in a graph text: blocks in braces, and lists of declarations. */
import { inSlices } from '../text/slices';

/** Lines that belong together, to be folded: from the first, which stays, to the last. */
export interface Block {
  readonly start: number;
  readonly end: number;
}

/** The blocks of a text, inner before outer. */
export async function blocksOf(lines: readonly string[]): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  const open: number[] = [];
  let declarations: number | undefined;
  await inSlices(lines, (text, line) => {
    const content = text.trim();
    // Initializers and types stand in one pair of angle brackets.
    if (content.length > 1 && content.startsWith('<')) declarations = line;
    if (declarations !== undefined && content.endsWith('>')) {
      if (line > declarations + 1) blocks.push({ start: declarations, end: line });
      declarations = undefined;
    }
    if (content === '<' || content === '{') open.push(content === '{' ? Math.max(0, line - 1) : line);
    else if (content.startsWith('>') || content.startsWith('}')) {
      const start = open.pop();
      if (start !== undefined && line > start + 1) blocks.push({ start, end: line });
    }
  });
  return blocks;
}
