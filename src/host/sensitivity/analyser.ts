/** "Sensitivity…": asks what to try on a model and with which data, measures, shows the curves or the layers. */
import * as vscode from 'vscode';
import { type SensitivityOf, type SensitivityReport } from '../../protocol/sensitivity';
import { activeModel, chooseModel } from '../models/chooseModel';
import { type Exclusions } from '../models/exclusions';
import { type ModelFiles } from '../models/modelFiles';
import { modelUri } from '../models/modelsView';
import { isTrusted } from '../trust';
import { pickOne, type PickItem } from '../wizard/prompts';
import { type Outcome, type Place, runSteps } from '../wizard/steps';
import { type AnalysisData, type SensitivityMeasurement, sensitivityTitle } from './measurement';
import { type SensitivityPanels } from './sensitivityPanels';

/** What the analyser works with. */
export interface AnalyserServices {
  readonly files: ModelFiles;
  readonly measurement: SensitivityMeasurement;
  readonly panels: SensitivityPanels;
  readonly exclusions: Exclusions;
}

/** The way from a model to its sensitivity page. */
export class Analyser {
  constructor(private readonly services: AnalyserServices) {}

  /** The command: asks for what its arguments (a model, what to try, data) do not say. */
  async analyse(...args: readonly unknown[]): Promise<SensitivityReport | undefined> {
    const [first, what, known] = args;
    if (!(await isTrusted())) return undefined;
    const model = modelUri(first) ?? activeModel();
    if (model && (what === 'int8' || what === 'prune' || what === 'factorize') && known !== undefined) {
      return this.run(model, what, known as AnalysisData);
    }
    return this.ask(model);
  }

  private async ask(given: vscode.Uri | undefined): Promise<SensitivityReport | undefined> {
    const { files, measurement } = this.services;
    let model = given;
    let of: SensitivityOf = 'prune';
    let data: AnalysisData = 'random';
    const askModel = async (place: Place): Promise<Outcome> => {
      const placeholder = vscode.l10n.t('Which model to analyse');
      const models = await files.list();
      const answer = await chooseModel({ title: vscode.l10n.t('Sensitivity'), placeholder, place, models });
      if (answer.outcome === 'next') model = answer.value;
      return answer.outcome;
    };
    const askWhat = async (place: Place): Promise<Outcome> => {
      const placeholder = vscode.l10n.t('What to try on each part of the model alone');
      const answer = await pickOne({
        title: sensitivityTitle(model),
        placeholder,
        place,
        items: kinds(),
        active: (each) => each === of,
      });
      if (answer.outcome === 'next') of = answer.value;
      return answer.outcome;
    };
    const askData = measurement.dataStep(
      () => model,
      (chosen) => (data = chosen),
    );
    const steps = [...(given ? [] : [askModel]), askWhat, askData];
    if (!(await runSteps(() => steps)) || !model) return undefined;
    measurement.remember(model, data);
    return this.run(model, of, data);
  }

  private async run(model: vscode.Uri, of: SensitivityOf, data: AnalysisData): Promise<SensitivityReport> {
    const { measurement, panels, exclusions } = this.services;
    const exclude = exclusions.of(model);
    const what = { of, ...(exclude.length > 0 && { options: { exclude } }) };
    const report = await measurement.run(model, what, data);
    await panels.show(report);
    return report;
  }
}

function kinds(): PickItem<SensitivityOf>[] {
  const { t } = vscode.l10n;
  return [
    {
      label: t('Pruning'),
      detail: t('Takes more and more channels out of each group: a curve for each'),
      value: 'prune',
    },
    {
      label: t('Factorization'),
      detail: t('Brings each layer to a lower and lower rank: a curve for each'),
      value: 'factorize',
    },
    {
      label: t('8 bits'),
      detail: t('Quantizes each layer alone: which ones cost the most'),
      value: 'int8',
    },
  ];
}

/** The tab of a report: its model, and what was tried on it. */
export function tabTitle(of: SensitivityOf, file: string): string {
  const tried = kinds().find(({ value }) => value === of)?.label ?? of;
  return vscode.l10n.t('Sensitivity of {0}: {1}', file, tried);
}
