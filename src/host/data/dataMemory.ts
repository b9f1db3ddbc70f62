/** Remembers which data was used last with each model, so that it need not be chosen anew each time. */
import type * as vscode from 'vscode';
import { type DataChoice } from './chooseData';

const key = 'lapidary.lastData';

/** The choice per model, kept with the workspace. */
export class DataMemory {
  constructor(private readonly state: vscode.Memento) {}

  /** What was used last with this model. */
  recall(model: vscode.Uri): DataChoice | undefined {
    return this.all()[model.toString()];
  }

  /** Keeps a choice. */
  remember(model: vscode.Uri, data: DataChoice): void {
    void this.state.update(key, { ...this.all(), [model.toString()]: data });
  }

  private all(): Readonly<Record<string, DataChoice>> {
    return this.state.get<Record<string, DataChoice>>(key, {});
  }
}
