/** Measures, for a result page, what each layer of the original loses alone in 8 bits. */
import * as vscode from 'vscode';
import { type ResultState } from '../../protocol/webview';
import { type AnalysisData, type SensitivityMeasurement } from '../sensitivity/measurement';
import { isTrusted } from '../trust';
import { runSteps } from '../wizard/steps';

/** The pass whose layers the losses are of. */
const pass = 'quantize-static';

/** Whether the question makes sense: static quantization made this result. */
export const hasLosses = (state: ResultState): boolean => stepOf(state) !== undefined;

function stepOf(state: ResultState) {
  return state.kind === 'compress' ? state.report.steps.find((step) => step.pass === pass) : undefined;
}

/** Asks for data, measures, and gives the result with what was found; undefined when the person thought better of it. */
export async function measureLosses(
  state: ResultState,
  measurement: SensitivityMeasurement,
): Promise<ResultState | undefined> {
  const step = stepOf(state);
  if (!step || state.kind !== 'compress' || !(await isTrusted())) return undefined;
  const model = vscode.Uri.file(state.report.input);
  let data: AnalysisData = 'random';
  const ask = measurement.dataStep(
    () => model,
    (chosen) => (data = chosen),
  );
  if (!(await runSteps(() => [ask]))) return undefined;
  measurement.remember(model, data);
  const sensitivity = await measurement.run(model, { of: 'int8', options: step.options }, data);
  return sensitivity.of === 'int8' ? { ...state, sensitivity } : undefined;
}
