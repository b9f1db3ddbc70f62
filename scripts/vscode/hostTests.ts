// Runs a test bundle inside the extension host of a real VS Code: of the server build, or of the desktop program.
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { root, vscodeTestFolder } from '../lib/paths';
import { openWindow } from './browser';
import { startServer } from './server';
import { testsBegin } from './testMarker';

/** What to run, and where. */
export interface HostTestOptions {
  /** Script whose exported `run` does the tests and rejects when one fails. */
  readonly entry: string;
  /** The folder that the window shows. */
  readonly workspace: string;
  /** Variables for the extension host. */
  readonly environment: Readonly<Record<string, string>>;
  /** For the whole run, in milliseconds. */
  readonly timeout: number;
}

/** Keeps back what VS Code says while it starts, and shows it only when the tests never began. */
class TestLog {
  private held: unknown[][] | undefined = [];

  add(parts: unknown[]): void {
    if (parts[0] === testsBegin) this.held = undefined;
    else if (this.held) this.held.push(parts);
    else console.log(...parts);
  }

  flush(): void {
    for (const parts of this.held ?? []) console.log(...parts);
  }
}

/** Runs the tests in the server build; gives the exit code. */
export async function runInServer({ entry, workspace, environment, timeout }: HostTestOptions): Promise<number> {
  const server = await startServer({ testDriver: true, environment });
  const window = await openWindow();
  try {
    const { page } = window;
    // The two functions that VS Code's test driver calls, in the name of its extension host.
    const log = new TestLog();
    await page.exposeFunction('codeAutomationLog', (_kind: string, parts: unknown[]) => log.add(parts));
    const finished = new Promise<number>((resolve, reject) => {
      void page.exposeFunction('codeAutomationExit', (code: number) => resolve(code)).catch(reject);
      page.once('crash', () => reject(new Error('The browser page crashed')));
      void server.ended.then((code) => reject(new Error(`VS Code ended with exit code ${code}`)));
      setTimeout(() => reject(new Error(`The tests did not end within ${timeout / 1000} s`)), timeout).unref();
    });
    finished.catch(() => undefined); // it is awaited below; until then a failure is not lost, only early
    await page.goto(
      server.address(workspace, [
        ['extensionDevelopmentPath', server.remoteUri(root)],
        ['extensionTestsPath', server.remoteUri(entry)],
      ]),
    );
    return await finished.finally(() => log.flush());
  } finally {
    await window.close();
    await server.stop();
  }
}

/** Runs the tests in desktop VS Code: the one named by LAPIDARY_VSCODE, else a copy that is downloaded. */
export async function runInDesktop({ entry, workspace, environment }: HostTestOptions): Promise<number> {
  return runTests({
    vscodeExecutablePath: process.env.LAPIDARY_VSCODE,
    cachePath: path.join(vscodeTestFolder, 'desktop'),
    extensionDevelopmentPath: root,
    extensionTestsPath: entry,
    extensionTestsEnv: environment,
    launchArgs: [workspace, '--disable-extensions'],
  });
}
