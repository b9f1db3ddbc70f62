/** Long work of the extension host in slices: VS Code and every other extension wait while it is busy. */
import { setImmediate } from 'node:timers/promises';

/** Time that one slice may take, ms. */
const sliceMs = 8;

/** Items between two looks at the clock. */
const stride = 64;

/** Works through a list, with a turn for others every few milliseconds. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T, index: number) => void): Promise<void> {
  let started = performance.now();
  let index = 0;
  for (const item of items) {
    work(item, index++);
    if (index % stride !== 0 || performance.now() - started < sliceMs) continue;
    await setImmediate();
    started = performance.now();
  }
}
