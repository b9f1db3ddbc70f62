// Child processes that never outlive this one, however it ends.
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

const leaders = new Set<number>();
let armed = false;

/** Kills a process and everything that it started (its process group). Harmless when they are gone already. */
export function killTree(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts a program in a process group of its own, which is killed when this process ends, by whatever cause it can see. */
export function spawnOwned(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  armCleanUp();
  const child = spawn(command, args, { ...options, detached: process.platform !== 'win32' });
  const { pid } = child;
  if (pid !== undefined) {
    leaders.add(pid);
    child.once('exit', () => {
      // Grandchildren may still be there when their leader is gone.
      killTree(pid);
      leaders.delete(pid);
    });
  }
  return child;
}

/** Runs a program to its end with our own standard streams; gives its exit code (a signal counts as 1). */
export function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawnOwned(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

const patience = 5000; // ms that children get to end theirs when a signal ends us

function armCleanUp(): void {
  if (armed) return;
  armed = true;
  // Asked, not killed: a child may have groups of its own to end, which only it knows.
  const askAll = (): void => {
    for (const pid of leaders) killTree(pid, 'SIGTERM');
  };
  process.on('exit', askAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      askAll();
      const deadline = performance.now() + patience;
      setInterval(() => {
        if (leaders.size > 0 && performance.now() < deadline) return;
        for (const pid of leaders) killTree(pid);
        process.exit(130);
      }, 20);
    });
  }
}
