/** Quick fixes: run the pass that mends a problem, or never hear of its kind again. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { declarations, isPassId } from '../../passes/declarations';
import { type PassStep } from '../../protocol/report';
import { outputName } from '../compress/outputName';
import { modelOfText } from '../graphText/documents';
import { ModelProblem, type ModelProblems } from './problems';

const applyFix: OwnCommandId = 'lapidary.diagnostics.fix';
const ignoreRule: OwnCommandId = 'lapidary.diagnostics.ignore';

/** Offers what can be done about the problems at a place of a graph text. */
export class ProblemFixes implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  };

  constructor(private readonly problems: ModelProblems) {}

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const model = modelOfText(document.uri);
    if (!model) return [];
    // Not those of the context: VS Code hands back copies, without what the engine said.
    const here = this.problems
      .of(document.uri)
      .filter(
        (each): each is ModelProblem => each instanceof ModelProblem && each.range.intersection(range) !== undefined,
      );
    return [...here.flatMap((problem) => fixOf(problem, model)), ...ignoring(here)];
  }
}

function fixOf(problem: ModelProblem, model: vscode.Uri): vscode.CodeAction[] {
  const { fix, fixModel } = problem.finding;
  const target = fixModel === undefined ? model : vscode.Uri.file(fixModel);
  if (!fix || !isPassId(fix.pass)) return [];
  const { title, suffix } = declarations[fix.pass];
  const name = outputName(path.posix.basename(target.path), suffix);
  const action = new vscode.CodeAction(
    vscode.l10n.t('{0}: write {1}', vscode.l10n.t(title), name),
    vscode.CodeActionKind.QuickFix,
  );
  const step: PassStep = fix;
  action.command = { title: action.title, command: applyFix, arguments: [target, step] };
  action.diagnostics = [problem];
  action.isPreferred = true;
  return [action];
}

function ignoring(problems: readonly ModelProblem[]): vscode.CodeAction[] {
  return [...new Set(problems.map(({ finding }) => finding.code))].map((code) => {
    const title = vscode.l10n.t('Never report "{0}"', code);
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    action.command = { title, command: ignoreRule, arguments: [code] };
    action.diagnostics = problems.filter(({ finding }) => finding.code === code);
    return action;
  });
}
