/** The outline of a graph text: scopes with the layers in them, in the order in which they begin. */
import * as vscode from 'vscode';
import { inSlices } from '../text/slices';
import { type GraphText } from './documents';

/** More layers than this in one outline serve nobody: only every scope is listed then. */
const mostLayers = 20_000;

/** A scope or a layer, before it becomes a symbol. */
interface Entry {
  readonly name: string;
  /** Kind of a layer; scopes have none. */
  readonly detail?: string;
  readonly parent: Scope | undefined;
  readonly first: number;
  last: number;
}

interface Scope extends Entry {
  readonly inner: Map<string, Scope>;
}

/** The symbols of a text. */
export async function outline({ text, report }: GraphText, document: vscode.TextDocument) {
  const entries: Entry[] = [];
  const scopes = new Map<string, Scope>();
  const withLayers = report.layers.length <= mostLayers;
  await inSlices(report.layers, ({ name, kind, scope }, index) => {
    const line = text.nodeLines[index] ?? -1;
    if (line < 0) return;
    const parent = extend(scope, line, scopes, entries);
    if (withLayers) entries.push({ name, detail: kind, parent, first: line, last: line });
  });
  return symbolsOf(entries, document);
}

/** The innermost scope of a path, which reaches to `line` from now on, as those around it do; new ones are listed. */
function extend(path: string, line: number, scopes: Map<string, Scope>, entries: Entry[]): Scope | undefined {
  let [scope, siblings]: [Scope | undefined, Map<string, Scope>] = [undefined, scopes];
  for (const name of path.split('/')) {
    if (name === '') continue;
    let next = siblings.get(name);
    if (!next) {
      next = { name, parent: scope, first: line, last: line, inner: new Map() };
      siblings.set(name, next);
      entries.push(next);
    }
    next.last = line;
    [scope, siblings] = [next, next.inner];
  }
  return scope;
}

/** Every entry comes after the one that it is in. */
async function symbolsOf(entries: readonly Entry[], document: vscode.TextDocument): Promise<vscode.DocumentSymbol[]> {
  const top: vscode.DocumentSymbol[] = [];
  const symbols = new Map<Entry, vscode.DocumentSymbol>();
  await inSlices(entries, (entry) => {
    const symbol = symbolOf(entry, document);
    if (entry.detail === undefined) symbols.set(entry, symbol);
    const siblings = entry.parent ? symbols.get(entry.parent)!.children : top;
    siblings.push(symbol);
  });
  return top;
}

function symbolOf({ name, detail, first, last }: Entry, document: vscode.TextDocument): vscode.DocumentSymbol {
  const { range } = document.lineAt(first);
  const whole = first === last ? range : range.with({ end: document.lineAt(last).range.end });
  const { Function, Namespace } = vscode.SymbolKind;
  return new vscode.DocumentSymbol(
    name || '–',
    detail ?? '',
    detail === undefined ? Namespace : Function,
    whole,
    range,
  );
}
