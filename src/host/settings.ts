/** The extension's settings, typed. */
import * as vscode from 'vscode';
import { optionSetting } from '../manifest/settings';
import { type EvaluateRequest } from '../protocol/jobs';
import { type DataChoice } from './data/chooseData';

/** The Node.js program for worker processes, when one is set. */
export function nodePath(): string | undefined {
  const value = vscode.workspace.getConfiguration('lapidary').get<string>('worker.nodePath', '').trim();
  return value === '' ? undefined : value;
}

/** What the settings say of an option of a pass. */
export function optionDefault(pass: string, option: string, model: vscode.Uri): unknown {
  return vscode.workspace.getConfiguration(undefined, model).get<unknown>(optionSetting(pass, option));
}

/** Whether a new model is compared with its source. */
export function evaluationIsEnabled(): boolean {
  return vscode.workspace.getConfiguration('lapidary').get('evaluate.enabled', true);
}

/** How two models are compared, on this data. */
export function evaluateRequest(data: Exclude<DataChoice, 'none'>): EvaluateRequest {
  const settings = vscode.workspace.getConfiguration('lapidary.evaluate');
  const samples = settings.get('samples', 0);
  return {
    ...(data === 'random' ? {} : { data }),
    ...(samples > 0 ? { samples } : {}),
    latency: settings.get('latency', true),
    threads: settings.get('threads', 1),
  };
}
