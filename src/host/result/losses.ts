/** Measures, for a result page, what each layer of the original loses alone in 8 bits. */
import path from 'node:path';
import * as vscode from 'vscode';
import { type ResultState } from '../../protocol/webview';
import { chooseData, type DataChoice } from '../data/chooseData';
import { type DataMemory } from '../data/dataMemory';
import { type Dimensions } from '../models/dimensions';
import { plainLabel, plainMessage } from '../text/plain';
import { isTrusted } from '../trust';
import { runSteps } from '../wizard/steps';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';

/** The pass whose layers the losses are of. */
const pass = 'quantize-static';

/** Whether the question makes sense: static quantization made this result. */
export const hasLosses = (state: ResultState): boolean => stepOf(state) !== undefined;

function stepOf(state: ResultState) {
  return state.kind === 'compress' ? state.report.steps.find((step) => step.pass === pass) : undefined;
}

/** What the measurement takes. */
export interface LossServices {
  readonly jobs: JobRunner;
  readonly memory: DataMemory;
  readonly dimensions: Dimensions;
}

/** Asks for data, measures, and gives the result with what was found; undefined when the person thought better of it. */
export async function measureLosses(state: ResultState, services: LossServices): Promise<ResultState | undefined> {
  const step = stepOf(state);
  if (!step || state.kind !== 'compress' || !(await isTrusted())) return undefined;
  const { jobs, memory, dimensions } = services;
  const model = vscode.Uri.file(state.report.input);
  const name = path.basename(model.fsPath);
  let data: DataChoice = memory.recall(model) ?? 'random';
  const ask = async (place: Parameters<typeof chooseData>[0]['place']) => {
    const title = vscode.l10n.t('Sensitivity of {0}', plainLabel(name));
    const answer = await chooseData({ title, place, current: data, offer: ['random'] });
    if (answer.outcome === 'next') data = answer.value;
    return answer.outcome;
  };
  if (!(await runSteps(() => [ask]))) return undefined;
  memory.remember(model, data);
  const request = {
    path: model.fsPath,
    options: step.options,
    ...dimensions.bindings(model),
    ...(typeof data === 'string' ? {} : { data }),
  };
  const title = plainMessage(vscode.l10n.t('Measuring what each layer of {0} loses', name));
  const sensitivity = await withProgress(title, (shown) => jobs.run('sensitivity', request, shown));
  return sensitivity.of === 'int8' ? { ...state, sensitivity } : undefined;
}
