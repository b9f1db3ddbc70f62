// The texts of the extension at run time, gathered for translators: of the host, the pages and the pass declarations.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { type PassDeclaration } from '../src/pass/declaration';
import { declarations } from '../src/passes/declarations';
import { presets } from '../src/passes/presets';
import { englishWords } from '../src/report/words';
import { allTexts } from '../webview/strings';
import { root } from './lib/paths';

/** Contents of l10n/bundle.l10n.json: each English text stands for itself. */
export function l10nBundle(): Record<string, string> {
  const ofPages = [...Object.values(allTexts), ...Object.values(englishWords)];
  const ofPasses = Object.values(declarations).flatMap(declarationTexts);
  const ofPresets = presets.flatMap(({ title, summary }) => [title, summary]);
  const texts = new Set([...sourceTexts('src/host'), ...ofPages, ...ofPasses, ...ofPresets]);
  return Object.fromEntries([...texts].sort().map((text) => [text, text]));
}

function declarationTexts({ title, summary, options }: PassDeclaration): readonly string[] {
  const ofOptions = Object.values(options).flatMap((option) => [
    option.title,
    option.help,
    ...(option.kind === 'choice' ? Object.values(option.choices) : []),
  ]);
  return [title, summary, ...ofOptions];
}

function sourceTexts(folder: string): readonly string[] {
  const files = fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => textsIn(path.join(root, folder, file)));
}

/** `l10n.t`, also by its short name, and what files without vscode call it. */
const sayers = /(^|\.)(t|say)$/;

/** First arguments of calls that translate. One that is no literal cannot be gathered; declarations are, elsewhere. */
function textsIn(file: string): readonly string[] {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && sayers.test(node.expression.getText(source))) {
      const [text] = node.arguments;
      if (text && ts.isStringLiteralLike(text)) found.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
