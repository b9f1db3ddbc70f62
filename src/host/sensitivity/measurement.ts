/** Which data a sensitivity is measured on, and the measurement: for "Sensitivity…" and for result pages. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type SensitivityRequest } from '../../protocol/jobs';
import { type SensitivityReport } from '../../protocol/sensitivity';
import { chooseData, type DataChoice } from '../data/chooseData';
import { type DataMemory } from '../data/dataMemory';
import { type Dimensions } from '../models/dimensions';
import { plainLabel, plainMessage } from '../text/plain';
import { type Place, type Step } from '../wizard/steps';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';

/** What a model can be run on; without running it there is nothing to measure. */
export type AnalysisData = Exclude<DataChoice, 'none'>;

/** What the measurement takes. */
export interface MeasurementServices {
  readonly jobs: JobRunner;
  readonly memory: DataMemory;
  readonly dimensions: Dimensions;
}

/** One question and one job. */
export class SensitivityMeasurement {
  constructor(private readonly services: MeasurementServices) {}

  /** The question for data, as a step; the data used last with the model is at hand. */
  dataStep(model: () => vscode.Uri | undefined, chosen: (data: AnalysisData) => void): Step {
    return async (place: Place) => {
      const uri = model();
      const title = sensitivityTitle(uri);
      const placeholder = vscode.l10n.t('What the model is run on');
      const current = (uri && this.services.memory.recall(uri)) ?? 'random';
      const answer = await chooseData({ title, place, current, placeholder, offer: ['random'] });
      if (answer.outcome === 'next' && answer.value !== 'none') chosen(answer.value);
      return answer.outcome;
    };
  }

  /** Measures behind a notification. */
  async run(
    model: vscode.Uri,
    what: Pick<SensitivityRequest, 'of' | 'options'>,
    data: AnalysisData,
  ): Promise<SensitivityReport> {
    const { jobs, dimensions } = this.services;
    const request: SensitivityRequest = {
      ...dimensions.bindings(model),
      path: model.fsPath,
      ...what,
      ...(data !== 'random' && { data }),
    };
    const title = plainMessage(vscode.l10n.t('Measuring the sensitivity of {0}', path.basename(model.fsPath)));
    return withProgress(title, (shown) => jobs.run('sensitivity', request, shown));
  }

  /** Keeps the data for the next time. */
  remember(model: vscode.Uri, data: AnalysisData): void {
    this.services.memory.remember(model, data);
  }
}

/** Stands over each question. */
export function sensitivityTitle(model: vscode.Uri | undefined): string {
  return vscode.l10n.t('Sensitivity of {0}', plainLabel(path.posix.basename(model?.path ?? '')));
}
