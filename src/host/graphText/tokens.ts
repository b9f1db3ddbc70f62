/** Semantic colours of a graph text: operators, values, weights' types, attributes. Only what is on the screen is read. */
import * as vscode from 'vscode';
import { type NameAt, parseLine } from './lineParser';

/** Kinds of tokens, by the names that themes know. */
export const legend = new vscode.SemanticTokensLegend(
  ['function', 'variable', 'property', 'type', 'label'],
  ['declaration'],
);

type Kind = 'function' | 'variable' | 'property' | 'type' | 'label';

/** Colours the lines of a range. */
export class GraphColours implements vscode.DocumentRangeSemanticTokensProvider {
  provideDocumentRangeSemanticTokens(document: vscode.TextDocument, range: vscode.Range): vscode.SemanticTokens {
    const builder = new vscode.SemanticTokensBuilder(legend);
    for (let line = range.start.line; line <= Math.min(range.end.line, document.lineCount - 1); line++) {
      for (const { name, kind, declares } of tokensOf(document.lineAt(line).text)) {
        const at = new vscode.Range(line, name.start, line, name.end);
        builder.push(at, kind, declares ? ['declaration'] : []);
      }
    }
    return builder.build();
  }
}

interface Coloured {
  readonly name: NameAt;
  readonly kind: Kind;
  readonly declares?: boolean;
}

function tokensOf(text: string): Coloured[] {
  const { defines, reads, operator, label, attributes, types } = parseLine(text);
  const of = (names: readonly NameAt[], kind: Kind, declares = false): Coloured[] =>
    names.map((name) => ({ name, kind, declares }));
  const all = [
    ...of(defines, 'variable', true),
    ...of(reads, 'variable'),
    ...of(operator ? [operator] : [], 'function'),
    ...of(label ? [label] : [], 'label'),
    ...of(attributes, 'property'),
    ...of(types, 'type'),
  ];
  return all.sort((a, b) => a.name.start - b.name.start);
}
