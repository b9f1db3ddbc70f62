// Waiting for a condition that no event announces.
import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until the answer is something, and gives it; says what was missing when time is up. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeout = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${timeout / 1000} s in vain for ${what}`);
    await pause(50);
  }
}
