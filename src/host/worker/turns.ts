/** One at a time, in the order of asking. */

/** A queue of turns. */
export class Turns {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  /**
   * Resolves with the function that ends the turn, once all earlier turns have ended or `signal` aborts (the caller
   * then finds it aborted, and must still end the turn). `onWaiting` is called when there is something to wait for.
   */
  async enter(signal?: AbortSignal, onWaiting?: () => void): Promise<() => void> {
    const previous = this.last;
    let leave: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => (leave = resolve));
    // Whoever comes next waits for this turn and for those before it, even if this one is given up.
    this.last = Promise.all([previous, turn]).then(() => undefined);
    if (this.waiting++ > 0) onWaiting?.();
    await Promise.race([previous, aborted(signal)]);
    return () => {
      this.waiting--;
      leave();
    };
  }
}

function aborted(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
