/** One line of ONNX's textual syntax, as our printer writes it: which names it defines and reads, and where they are. */

/** A name in a line. */
export interface NameAt {
  readonly name: string;
  /** First column and the one after the last; quotes are included. */
  readonly start: number;
  readonly end: number;
}

/** What a line says. */
export interface ParsedLine {
  readonly defines: readonly NameAt[];
  readonly reads: readonly NameAt[];
  /** Of a node: its operator, with the domain. */
  readonly operator?: NameAt;
  /** Of a node: its name, in brackets. */
  readonly label?: NameAt;
  /** Names of attributes. */
  readonly attributes: readonly NameAt[];
  /** Element types. */
  readonly types: readonly NameAt[];
}

interface Token extends NameAt {
  readonly kind: 'name' | 'text' | 'mark';
}

const pattern = /"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*|=>|[^\s"\w]|[\d+-][\w.+-]*/g;

const nothing: ParsedLine = { defines: [], reads: [], attributes: [], types: [] };

/** Reads a line; lines that hold no names of values (braces, the header) give nothing. */
export function parseLine(line: string): ParsedLine {
  const tokens = tokensOf(line);
  const equals = tokens.findIndex(({ name, kind }) => kind === 'mark' && name === '=');
  const arrow = tokens.findIndex(({ name, kind }) => kind === 'mark' && name === '=>');
  const call = tokens[equals + 1];
  if (equals > 0 && call?.kind === 'name' && isMark(tokens[equals + 2], '(', '<', ':') && isList(tokens, equals)) {
    return parseNode(tokens, equals);
  }
  if (arrow > 0) return parseHead(tokens);
  return line.startsWith(' ') ? parseDeclaration(tokens) : nothing;
}

function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  for (const match of line.matchAll(pattern)) {
    const [text] = match;
    const place = { start: match.index, end: match.index + text.length };
    if (text.startsWith('"')) tokens.push({ kind: 'text', name: unquoted(text), ...place });
    else tokens.push({ kind: /^[A-Za-z_]/.test(text) ? 'name' : 'mark', name: text, ...place });
  }
  return tokens;
}

function unquoted(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    // Escapes that JSON has not: the text as it stands names it as well as any.
    return text.slice(1, -1);
  }
}

const isMark = (token: Token | undefined, ...marks: readonly string[]): boolean =>
  token?.kind === 'mark' && marks.includes(token.name);

/** `[label] a, b` before the equals sign of a node. */
function isList(tokens: readonly Token[], end: number): boolean {
  const start = isMark(tokens[0], '[') ? 3 : 0;
  return tokens.slice(start, end).every((token, index) => (index % 2 === 0 ? isName(token) : isMark(token, ',')));
}

const isName = ({ kind }: Token): boolean => kind !== 'mark';

function parseNode(tokens: readonly Token[], equals: number): ParsedLine {
  const labelled = isMark(tokens[0], '[');
  const defines = tokens.slice(labelled ? 3 : 0, equals).filter((token) => isName(token) && token.name !== '');
  const attributes: Token[] = [];
  const reads: Token[] = [];
  let index = equals + 2;
  if (isMark(tokens[index], ':')) index += 2;
  if (isMark(tokens[index], '<')) index = skipAttributes(tokens, index, attributes);
  if (isMark(tokens[index], '(')) {
    for (index++; index < tokens.length && !isMark(tokens[index], ')'); index++) {
      const token = tokens[index]!;
      if (isName(token) && token.name !== '') reads.push(token);
    }
    index++;
  }
  // Bodies follow the operands: their first line is the head of a graph.
  const head = isMark(tokens[index], '<') ? parseHead(tokens.slice(index + 3)) : nothing;
  if (isMark(tokens[index], '<') && tokens[index + 1]) attributes.push(tokens[index + 1]!);
  return {
    defines: [...defines, ...head.defines],
    reads: [...reads, ...head.reads],
    operator: tokens[equals + 1]!,
    ...(labelled && { label: tokens[1]! }),
    attributes,
    types: head.types,
  };
}

/** Steps over `<name = value, …>` and collects the names; values may nest brackets of all kinds. */
function skipAttributes(tokens: readonly Token[], start: number, attributes: Token[]): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (isMark(token, '<', '[', '{', '(')) depth++;
    else if (isMark(token, '>', ']', '}', ')')) depth--;
    else if (depth === 1 && token.kind === 'name' && isMark(tokens[index + 1], '=', ':')) attributes.push(token);
    if (depth === 0) return index + 1;
  }
  return tokens.length;
}

/** `name (float[N] x) => (float[N] y)`: inputs are defined here; outputs are where values are read last. */
function parseHead(tokens: readonly Token[]): ParsedLine {
  const arrow = tokens.findIndex((token) => isMark(token, '=>'));
  if (arrow < 0) return nothing;
  const [inputs, outputs] = [portsOf(tokens.slice(0, arrow)), portsOf(tokens.slice(arrow + 1))];
  return { ...nothing, defines: inputs.names, reads: outputs.names, types: [...inputs.types, ...outputs.types] };
}

/** Names are what stands before a comma or the end of the list, outside of the brackets of a shape. */
function portsOf(tokens: readonly Token[]): { names: Token[]; types: Token[] } {
  const open = tokens.findIndex((token) => isMark(token, '('));
  const [names, types]: [Token[], Token[]] = [[], []];
  let depth = 0;
  for (let index = open + 1; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (isMark(token, '[')) depth++;
    else if (isMark(token, ']')) depth--;
    else if (depth === 0 && isName(token)) (isMark(tokens[index + 1], ',', ')') ? names : types).push(token);
  }
  return { names, types };
}

/** `<float[3] "w" = …,` or `float[N] t>`: initializers and types of values. */
function parseDeclaration(tokens: readonly Token[]): ParsedLine {
  const start = isMark(tokens[0], '<') ? 1 : 0;
  const equals = tokens.findIndex((token) => isMark(token, '='));
  const last = isMark(tokens.at(-1), ',', '>') ? tokens.length - 1 : tokens.length;
  const end = equals < 0 ? last : equals;
  const name = tokens[end - 1];
  const type = tokens[start];
  if (!name || !isName(name) || end - 1 <= start || type?.kind !== 'name') return nothing;
  const types = [type];
  // A value that has no contents is declared here and made by a node.
  return equals < 0 ? { ...nothing, reads: [name], types } : { ...nothing, defines: [name], types };
}
