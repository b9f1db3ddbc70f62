/** A chain of questions through which a person goes forth and back. Knows no vscode. */

/** How a step ended. */
export type Outcome = 'next' | 'back' | 'cancel';

/** Where a step stands. */
export interface Place {
  /** From 1. */
  readonly step: number;
  readonly total: number;
  readonly canGoBack: boolean;
}

/** Asks something and keeps the answer where it belongs. */
export type Step = (place: Place) => Promise<Outcome>;

/**
 * Runs the steps; true when the last one was answered, false when the person gave up. `steps` is asked again before
 * each step, since an answer may change what comes after it (never what came before).
 */
export async function runSteps(steps: () => readonly Step[]): Promise<boolean> {
  let index = 0;
  for (;;) {
    const all = steps();
    const step = all[index];
    if (!step) return true;
    const outcome = await step({ step: index + 1, total: all.length, canGoBack: index > 0 });
    if (outcome === 'cancel') return false;
    index = Math.max(0, index + (outcome === 'next' ? 1 : -1));
  }
}
