/** The checks in the editor: problems of open models, the command that checks one, quick fixes. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type OwnCommandId } from '../../manifest/commands';
import { graphTextLanguage } from '../../manifest/languages';
import { isPassId } from '../../passes/declarations';
import { type PassStep } from '../../protocol/report';
import { type OwnHandlers } from '../commands';
import { type Compressor } from '../compress/compressor';
import { activeModel, chooseModel } from '../models/chooseModel';
import { modelUri } from '../models/modelsView';
import { plainMessage } from '../text/plain';
import { ProblemFixes } from './fixes';
import { ModelProblems, type ProblemServices } from './problems';
import { Rules } from './ruleSettings';

/** What the checks need of the other features. */
export interface DiagnosticServices extends Omit<ProblemServices, 'rules'> {
  readonly compressor: Compressor;
}

type CheckCommand = Extract<OwnCommandId, 'lapidary.check' | `lapidary.diagnostics.${string}`>;

/** Starts checking, and gives the handlers of the commands. */
export function registerDiagnostics(services: DiagnosticServices): {
  readonly handlers: Pick<OwnHandlers, CheckCommand>;
  readonly disposable: vscode.Disposable;
} {
  const rules = new Rules();
  const problems = new ModelProblems({ ...services, rules });
  const fixes = new ProblemFixes(problems);
  const provider = vscode.languages.registerCodeActionsProvider(
    { language: graphTextLanguage },
    fixes,
    ProblemFixes.metadata,
  );
  return {
    handlers: {
      'lapidary.check': (model) => checkOne(model, problems, services),
      'lapidary.diagnostics.fix': (model, step) =>
        model instanceof vscode.Uri && isStep(step) ? services.compressor.step(model, step) : undefined,
      'lapidary.diagnostics.ignore': (code) => (typeof code === 'string' ? rules.ignore(code) : undefined),
    },
    disposable: vscode.Disposable.from(rules, problems, provider),
  };
}

async function checkOne(argument: unknown, problems: ModelProblems, { files }: DiagnosticServices) {
  const model = modelUri(argument) ?? activeModel() ?? (await askModel(await files.list()));
  if (!model) return undefined;
  const report = await problems.check(model);
  const count = Object.values(report.counts).reduce((sum, each) => sum + each, 0);
  if (report.diagnostics.some(({ severity }) => severity !== 'hint')) {
    await vscode.commands.executeCommand('workbench.actions.view.problems');
  } else {
    const name = plainMessage(path.basename(model.fsPath));
    const text =
      count === 0
        ? vscode.l10n.t('Nothing is wrong with {0}.', name)
        : vscode.l10n.t('Nothing is wrong with {0}; its graph text has hints.', name);
    void vscode.window.showInformationMessage(text);
  }
  return report;
}

async function askModel(models: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  const answer = await chooseModel({
    title: vscode.l10n.t('Check Model'),
    placeholder: vscode.l10n.t('Which model to check'),
    place: { step: 1, total: 1, canGoBack: false },
    models,
  });
  return answer.outcome === 'next' ? answer.value : undefined;
}

function isStep(value: unknown): value is PassStep {
  if (typeof value !== 'object' || value === null || !('pass' in value) || !('options' in value)) return false;
  return typeof value.pass === 'string' && isPassId(value.pass) && typeof value.options === 'object';
}
