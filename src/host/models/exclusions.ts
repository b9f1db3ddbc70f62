/** Layers that a person wants no pass to touch, by model: where the options of a pass start from. */
import * as vscode from 'vscode';

const key = 'lapidary.exclusions';

/** Names of layers per model, kept with the workspace. */
export class Exclusions implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();

  /** The layers of a model are other ones now. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly state: vscode.Memento) {}

  /** Names that were excluded, in the order in which they were. */
  of(model: vscode.Uri): readonly string[] {
    return this.all()[model.toString()] ?? [];
  }

  /** Whether a layer is one of them. */
  has(model: vscode.Uri, layer: string): boolean {
    return this.of(model).includes(layer);
  }

  /** Excludes layers, or takes them back in when all of them were excluded. */
  async toggle(model: vscode.Uri, layers: readonly string[]): Promise<void> {
    const former = this.of(model);
    const all = layers.every((layer) => former.includes(layer));
    const next = all
      ? former.filter((layer) => !layers.includes(layer))
      : [...former, ...layers.filter((layer) => !former.includes(layer))];
    const { [model.toString()]: _former, ...others } = this.all();
    await this.state.update(key, next.length > 0 ? { ...others, [model.toString()]: next } : others);
    this.changed.fire(model);
  }

  dispose(): void {
    this.changed.dispose();
  }

  private all(): Readonly<Record<string, readonly string[]>> {
    return this.state.get<Record<string, readonly string[]>>(key, {});
  }
}
