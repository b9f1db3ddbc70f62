/**
 * What a graph text defines and reads, by name. Built in slices, so that a text of a hundred thousand lines does not
 * hold up the editor.
 */
import { inSlices } from '../text/slices';
import { parseLine } from './lineParser';

/** A name in the text. */
export interface Mention {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** Everything that is said of one value. */
export interface ValueMentions {
  readonly definitions: Mention[];
  readonly references: Mention[];
}

/** The index of a text. */
export interface GraphIndex {
  /** The value of a name in a line; names of functions are their own. */
  valueAt(line: number, name: string): ValueMentions | undefined;
}

/** Builds the index. */
export async function indexGraphText(lines: readonly string[]): Promise<GraphIndex> {
  const regions = new Regions();
  await inSlices(lines, (text, line) => {
    // A function begins with a header of its own after the end of what stands before it.
    if (text === '<' && line > 0) regions.begin(line);
    regions.add(line, text);
  });
  return { valueAt: (line, name) => regions.of(line).get(name) };
}

/** Names by the graph or function that they are in. */
class Regions {
  private readonly starts: number[] = [0];
  private readonly values = [new Map<string, ValueMentions>()];

  begin(line: number): void {
    this.starts.push(line);
    this.values.push(new Map<string, ValueMentions>());
  }

  add(line: number, text: string): void {
    const parsed = parseLine(text);
    for (const { name, start, end } of parsed.defines) this.mentions(name).definitions.push({ line, start, end });
    for (const { name, start, end } of parsed.reads) this.mentions(name).references.push({ line, start, end });
  }

  of(line: number): ReadonlyMap<string, ValueMentions> {
    let region = this.starts.length - 1;
    while (region > 0 && this.starts[region]! > line) region--;
    return this.values[region]!;
  }

  private mentions(name: string): ValueMentions {
    const current = this.values.at(-1)!;
    const known = current.get(name);
    if (known) return known;
    const mentions: ValueMentions = { definitions: [], references: [] };
    current.set(name, mentions);
    return mentions;
  }
}
