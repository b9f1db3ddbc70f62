// One VS Code for all UI tests: mocha calls these hooks before the first test, after each, and after the last.
import { openWindow, type Window } from '../../../scripts/vscode/browser';
import { type Server, startServer } from '../../../scripts/vscode/server';
import { Workbench } from './workbench';

let session: { server: Server; window: Window; workbench: Workbench } | undefined;

/** The window that the tests drive. */
export function workbench(): Workbench {
  if (!session) throw new Error('VS Code is not running: start the UI tests with npm run test:ui');
  return session.workbench;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the UI tests with npm run test:ui`);
  return value;
}

async function start(): Promise<void> {
  const folder = fromEnvironment('LAPIDARY_TEST_WORKSPACE');
  const server = await startServer({
    extensions: [fromEnvironment('LAPIDARY_TEST_VSIX')],
    settings: { 'window.autoDetectColorScheme': true, 'window.autoDetectHighContrast': true },
  });
  const window = await openWindow();
  session = {
    server,
    window,
    workbench: new Workbench(window.page, folder, fromEnvironment('LAPIDARY_TEST_SCREENSHOTS')),
  };
  await window.page.goto(server.address(folder));
  await window.page.locator('.monaco-workbench .part.statusbar').waitFor();
  await session.workbench.setTheme('dark');
}

/** Root hooks, found by mocha because this file is --require'd. */
export const mochaHooks: Mocha.RootHookObject = {
  async beforeAll() {
    await start();
  },
  async afterEach(this: Mocha.Context) {
    const test = this.currentTest;
    if (test?.state !== 'failed') return;
    await session?.workbench.screenshot(`failed-${test.fullTitle()}`);
    // What one test left open must not make the next one fail.
    await session?.workbench.tidy();
  },
  async afterAll() {
    await session?.window.close();
    await session?.server.stop();
  },
};
