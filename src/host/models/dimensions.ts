/** Values for the dynamic dimensions of models: what costs are counted with and random inputs are made with. */
import * as vscode from 'vscode';
import { type Bindings } from '../../protocol/jobs';
import { type InspectReport, type SymbolReport } from '../../protocol/report';
import { plainLabel } from '../text/plain';
import { enterText } from '../wizard/prompts';
import { runSteps, type Step } from '../wizard/steps';
import { dimensionProblem, shapeText } from './details';

const key = 'lapidary.bindings';

/** Values by symbol. */
export type Dims = Readonly<Record<string, number>>;

/** What was set per model, kept with the workspace. */
export class Dimensions {
  constructor(private readonly state: vscode.Memento) {}

  /** For a request; empty when nothing was set. */
  bindings(model: vscode.Uri): Bindings {
    return this.all()[model.toString()] ?? {};
  }

  /** Sets the values of a model; without any, those that were set are forgotten. */
  set(model: vscode.Uri, bindings: Bindings): void {
    const { [model.toString()]: _former, ...others } = this.all();
    const isEmpty = isBare(bindings.dims) && isBare(bindings.inputShapes);
    void this.state.update(key, isEmpty ? others : { ...others, [model.toString()]: bindings });
  }

  private all(): Readonly<Record<string, Bindings>> {
    return this.state.get<Record<string, Bindings>>(key, {});
  }
}

const isBare = (values: object | undefined): boolean => values === undefined || Object.keys(values).length === 0;

/** The symbols that a person can choose a value for: those of the model's inputs. */
export function settableSymbols({ symbols }: InspectReport): readonly SymbolReport[] {
  return symbols.filter(({ source }) => source === undefined || source === 'input');
}

/** Asks for a value of each symbol; undefined when the person gave up. */
export async function askDimensions(report: InspectReport): Promise<Dims | undefined> {
  const symbols = settableSymbols(report);
  const dims: Record<string, number> = {};
  const steps = symbols.map(({ name, value }): Step => async (place) => {
    const answer = await enterText({
      title: vscode.l10n.t('Dynamic Dimension {0}', plainLabel(name)),
      placeholder: '1',
      prompt: vscode.l10n.t('Used by {0}. Costs are counted with it.', plainLabel(usesOf(name, report))),
      value: String(dims[name] ?? value ?? 1),
      check: (text) => dimensionProblem(text, vscode.l10n.t),
      place,
    });
    if (answer.outcome === 'next') dims[name] = Number(answer.value);
    return answer.outcome;
  });
  return (await runSteps(() => steps)) ? dims : undefined;
}

/** "x: N×3×H×W". */
function usesOf(symbol: string, { inputs }: InspectReport): string {
  const users = inputs.filter(({ shape }) => shape?.some((dim) => typeof dim === 'string' && dim.includes(symbol)));
  return (users.length > 0 ? users : inputs).map(({ name, shape }) => `${name}: ${shapeText(shape)}`).join(', ');
}
