/** The groups of channels of each model, asked of the inspector process when somebody wants to see them. */
import type * as vscode from 'vscode';
import { type GroupReport, type InspectReport } from '../../protocol/report';
import { type Inspector } from '../worker/jobRunner';
import { type Dimensions } from './dimensions';
import { type Inspections } from './inspections';

/** Groups by report: a model that is inspected anew gets new ones. */
export class ModelGroups {
  private readonly found = new WeakMap<InspectReport, Promise<readonly GroupReport[]>>();
  private readonly known = new WeakMap<InspectReport, readonly GroupReport[]>();

  constructor(
    private readonly inspector: Inspector,
    private readonly inspections: Inspections,
    private readonly dimensions: Dimensions,
  ) {}

  /** The groups of a model, in the order of the layers that make the channels; throws LapidaryError. */
  async of(model: vscode.Uri): Promise<readonly GroupReport[]> {
    const report = await this.inspections.report(model);
    const running = this.found.get(report);
    if (running) return running;
    const request = { path: model.fsPath, ...this.dimensions.bindings(model), groups: true };
    const groups = this.inspector.inspect(request).then((answer) => answer.groups ?? []);
    this.found.set(report, groups);
    groups.then(
      (answer) => this.known.set(report, answer),
      () => this.found.delete(report),
    );
    return groups;
  }

  /** What was found already, without asking. */
  peek(report: InspectReport): readonly GroupReport[] | undefined {
    return this.known.get(report);
  }
}

/**
 * The layers that have to be free to change so that channels of these layers can leave: those that make the same
 * channels, and those that read them.
 */
export function layersToPrune(groups: readonly GroupReport[], layers: readonly string[]): readonly string[] {
  const wanted = new Set(layers);
  const involved = groups.filter(
    ({ frozen, makers }) => frozen === undefined && makers.some((maker) => wanted.has(maker)),
  );
  return [...new Set([...layers, ...involved.flatMap(({ makers, readers }) => [...makers, ...readers])])];
}
