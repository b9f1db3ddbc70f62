/** Files that change come in bursts of events: a copy, a checkout, a model that is written for minutes. Knows no vscode. */

/** How long nothing may happen to a file before it counts as complete, ms. */
const settleMs = 200;

/** Tells of each file once, when what happens to it is over. */
export class SettledFiles {
  /** State of each file at the last look. */
  private readonly states = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  /** `stateOf` differs whenever a file does; `tell` gets the files of which a burst is over. */
  constructor(
    private readonly stateOf: (file: string) => string,
    private readonly tell: (files: readonly string[]) => void,
    private readonly quietMs = settleMs,
  ) {}

  /** Something happened to a file. */
  note(file: string): void {
    this.states.set(file, this.stateOf(file));
    this.wait();
  }

  /** Forgets what was not told yet. */
  dispose(): void {
    clearTimeout(this.timer);
    this.states.clear();
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.quietMs);
  }

  /** Events may be late or left out while somebody writes: the files themselves have to be at rest. */
  private look(): void {
    const settled: string[] = [];
    for (const [file, before] of [...this.states]) {
      const now = this.stateOf(file);
      if (now === before) {
        settled.push(file);
        this.states.delete(file);
      } else this.states.set(file, now);
    }
    if (this.states.size > 0) this.wait();
    if (settled.length > 0) this.tell(settled);
  }
}
