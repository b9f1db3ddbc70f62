/**
 * What there is to know of a Python file without running it: classes, their methods, the attributes that they set on
 * `self`, and where lines of a given text are. By indentation, not by a grammar: it has to be quick at every keystroke.
 */

/** A method of a class. */
export interface PythonMethod {
  readonly name: string;
  /** Of its `def`, from 0. */
  readonly line: number;
  /** First line after it. */
  readonly end: number;
}

/** A class with what it says of itself. */
export interface PythonClass {
  readonly name: string;
  readonly line: number;
  readonly end: number;
  readonly methods: readonly PythonMethod[];
  /** Attributes set on `self` or in the class body, with the line of the first assignment. */
  readonly attributes: ReadonlyMap<string, number>;
}

/** A Python file, by lines (numbered from 0). */
export interface PythonText {
  readonly lines: readonly string[];
  readonly classes: readonly PythonClass[];
  /** Lines by their text without indentation. */
  readonly byText: ReadonlyMap<string, readonly number[]>;
}

const classLine = /^(\s*)class\s+(\w+)/;
const methodLine = /^(\s*)(?:async\s+)?def\s+(\w+)/;
const selfAttribute = /\bself\.(\w+)\s*(?::[^=]+)?=(?!=)/g;
const registered = /\bself\.(?:add_module|register_module|register_parameter|register_buffer)\(\s*["'](\w+)["']/g;

/** Reads a file. */
export function readPython(text: string): PythonText {
  const lines = text.split(/\r?\n/);
  const byText = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    const key = line.trim();
    if (key === '') continue;
    const known = byText.get(key);
    if (known) known.push(index);
    else byText.set(key, [index]);
  }
  return { lines, byText, classes: classesOf(lines) };
}

/** Lines that name `self.<attribute>` in the methods that compute, in order. */
export function usesOf({ lines }: PythonText, { methods }: PythonClass, attribute: string): number[] {
  const use = new RegExp(`\\bself\\.${attribute}\\b(?!\\s*(?::[^=]+)?=[^=])`);
  const found: number[] = [];
  const computing = methods.filter(({ name }) => name !== '__init__');
  computing.sort((a, b) => Number(b.name === 'forward') - Number(a.name === 'forward'));
  for (const { line, end } of computing) {
    for (let index = line + 1; index < end; index++) if (use.test(withoutComment(lines[index]!))) found.push(index);
  }
  return found;
}

function classesOf(lines: readonly string[]): PythonClass[] {
  const classes: PythonClass[] = [];
  for (const [index, line] of lines.entries()) {
    const match = classLine.exec(line);
    if (!match) continue;
    const end = endOfBlock(lines, index, match[1]!.length);
    classes.push({ name: match[2]!, line: index, end, ...membersOf(lines, index + 1, end) });
  }
  return classes;
}

function membersOf(lines: readonly string[], start: number, end: number) {
  const methods: PythonMethod[] = [];
  const attributes = new Map<string, number>();
  let depth: number | undefined;
  for (let index = start; index < end; index++) {
    const line = withoutComment(lines[index]!);
    const method = methodLine.exec(line);
    if (method) {
      depth ??= method[1]!.length;
      // Functions within methods are part of these.
      if (method[1]!.length === depth) {
        methods.push({ name: method[2]!, line: index, end: Math.min(end, endOfBlock(lines, index, depth)) });
      }
    }
    if (!line.includes('self.')) continue;
    for (const pattern of [selfAttribute, registered]) {
      for (const [, name] of line.matchAll(pattern)) if (!attributes.has(name!)) attributes.set(name!, index);
    }
  }
  return { methods, attributes };
}

/** The first line after a block that starts at `start` with this indentation. */
function endOfBlock(lines: readonly string[], start: number, indentation: number): number {
  for (let index = start + 1; index < lines.length; index++) {
    const line = lines[index]!;
    const content = line.trimStart();
    // A closing bracket at the block's own indentation ends its first statement, not the block.
    if (content === '' || content.startsWith('#') || /^[)\]}]/.test(content)) continue;
    if (line.length - content.length <= indentation) return index;
  }
  return lines.length;
}

/** Without a trailing comment; a # inside a string costs the rest of a line, which does no harm here. */
const withoutComment = (line: string): string => {
  const hash = line.indexOf('#');
  return hash < 0 ? line : line.slice(0, hash);
};
