/** What hovers say of things that a model names. */
import * as vscode from 'vscode';
import { visibleName } from '../../report/text';

/** A title and a list. Names come from the model: appendText makes them text, whatever they hold. */
export function listTooltip(title: string, rows: readonly string[]): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString('**').appendText(visibleName(title)).appendMarkdown('**\n\n');
  for (const row of rows) tooltip.appendMarkdown('- ').appendText(visibleName(row)).appendMarkdown('\n');
  return tooltip;
}
