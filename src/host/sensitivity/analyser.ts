/** "Sensitivity…": asks what to try on a model and with which data, measures, shows the curves or the layers. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type SensitivityOf, type SensitivityReport } from '../../protocol/sensitivity';
import { chooseData, type DataChoice } from '../data/chooseData';
import { type DataMemory } from '../data/dataMemory';
import { activeModel, chooseModel } from '../models/chooseModel';
import { type Dimensions } from '../models/dimensions';
import { type Exclusions } from '../models/exclusions';
import { type ModelFiles } from '../models/modelFiles';
import { modelUri } from '../models/modelsView';
import { plainLabel, plainMessage } from '../text/plain';
import { isTrusted } from '../trust';
import { pickOne, type PickItem } from '../wizard/prompts';
import { type Outcome, type Place, runSteps } from '../wizard/steps';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';
import { type SensitivityPanels } from './sensitivityPanels';

type AnalysisData = Exclude<DataChoice, 'none'>;

/** What the analyser works with. */
export interface AnalyserServices {
  readonly files: ModelFiles;
  readonly jobs: JobRunner;
  readonly panels: SensitivityPanels;
  readonly memory: DataMemory;
  readonly dimensions: Dimensions;
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
    const { files, memory } = this.services;
    let model = given;
    let of: SensitivityOf = 'prune';
    let data: AnalysisData = 'random';
    const title = (): string => vscode.l10n.t('Sensitivity of {0}', nameOf(model));
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
        title: title(),
        placeholder,
        place,
        items: kinds(),
        active: (each) => each === of,
      });
      if (answer.outcome === 'next') of = answer.value;
      return answer.outcome;
    };
    const askData = async (place: Place): Promise<Outcome> => {
      const current = (model && memory.recall(model)) ?? 'random';
      const placeholder = vscode.l10n.t('What the model is run on');
      const answer = await chooseData({ title: title(), place, current, placeholder, offer: ['random'] });
      if (answer.outcome === 'next' && answer.value !== 'none') data = answer.value;
      return answer.outcome;
    };
    const steps = [...(given ? [] : [askModel]), askWhat, askData];
    if (!(await runSteps(() => steps)) || !model) return undefined;
    memory.remember(model, data);
    return this.run(model, of, data);
  }

  private async run(model: vscode.Uri, of: SensitivityOf, data: AnalysisData): Promise<SensitivityReport> {
    const { jobs, panels, dimensions, exclusions } = this.services;
    const exclude = exclusions.of(model);
    const request: SensitivityRequest = {
      ...dimensions.bindings(model),
      ...{ path: model.fsPath, of },
      ...(data !== 'random' && { data }),
      ...(exclude.length > 0 && { options: { exclude } }),
    };
    const title = plainMessage(vscode.l10n.t('Measuring the sensitivity of {0}', path.basename(model.fsPath)));
    const report = await withProgress(title, (shown) => jobs.run('sensitivity', request, shown));
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

const nameOf = (model: vscode.Uri | undefined): string => plainLabel(path.posix.basename(model?.path ?? ''));
