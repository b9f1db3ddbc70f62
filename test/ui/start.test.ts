// What `npm start` opens, and the way from there to a quantized model with the keyboard alone: no mouse, no locator that
// is clicked, only keys; what the test reads is what a person or a screen reader would.
import assert from 'node:assert/strict';
import { type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { type Page } from 'playwright-core';
import { killTree, spawnOwned } from '../../scripts/lib/child';
import { outFolder, root } from '../../scripts/lib/paths';
import { openWindow, type Window } from '../../scripts/vscode/browser';
import { eventually } from './support/eventually';
import { QuickInput } from './support/quickInput';
import { workbench } from './support/session';
import { Workbench } from './support/workbench';

const folder = path.join(outFolder, 'examples');
const output = path.join(folder, 'ocr/text-direction.smallest.onnx');

/** Presses Tab until something with this name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
    });
    if (name.test(focused)) return;
    passed.push(focused.slice(0, 40));
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${String(name)}, only to: ${passed.join(' | ')}`);
}

describe('the walkthrough', () => {
  after(() => workbench().tidy());

  it('can be opened at any time, in every theme', async () => {
    await workbench().runCommand('Lapidary: Open Walkthrough');
    await workbench().page.getByText('Make ONNX Models Smaller and Faster').first().waitFor();
    await workbench().webview('svg');
    await workbench().screenshots('walkthrough');
  });
});

describe('npm start', () => {
  let program: ChildProcess;
  let window: Window;
  let page: Page;
  let quickInput: QuickInput;
  let shown: Workbench;

  before(async () => {
    fs.rmSync(output, { force: true });
    const script = path.join(root, 'scripts/start.ts');
    program = spawnOwned(process.execPath, ['--import', 'tsx', script], {
      cwd: root,
      // As on a machine that has no VS Code of its own.
      env: { ...process.env, CODE: path.join(root, 'no-such-program') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [program.stdout, program.stderr])
      stream?.on('data', (text: Buffer) => (printed += String(text)));
    const address = await eventually(
      'the address of VS Code',
      () => {
        if (program.exitCode !== null) throw new Error(`npm start ended:\n${printed}`);
        return Promise.resolve(/http:\/\/127\.0\.0\.1\S+/.exec(printed)?.[0]);
      },
      90_000,
    );
    window = await openWindow();
    ({ page } = window);
    quickInput = new QuickInput(page);
    shown = new Workbench(page, folder, workbench().pictures);
    await page.goto(address);
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await shown.screenshot('failed-npm-start');
  });
  after(async () => {
    await window?.close();
    if (program?.pid !== undefined) killTree(program.pid, 'SIGTERM');
    await eventually('the end of npm start', () =>
      Promise.resolve(program.exitCode !== null || program.signalCode !== null),
    );
  });

  it('shows the walkthrough', async () => {
    await page.getByText('Make ONNX Models Smaller and Faster').first().waitFor();
    await shown.webview('svg');
    await shown.screenshot('start');
  });

  it('leads to a quantized model by the keyboard alone', async () => {
    await tabTo(page, /^Make it smaller and faster/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Quantize a Model…$/);
    await page.keyboard.press('Enter');
    await quickInput.step('Choose a Model');
    await page.keyboard.type('direction');
    await quickInput.item('text-direction.onnx').waitFor();
    await page.keyboard.press('Enter');
    await quickInput.step(/^text-direction\.onnx \(1\//);
    await shown.screenshot('keyboard-choose-dark');
    await page.keyboard.press('Enter');
    await quickInput.step(/\((\d+)\/\1\)/);
    await page.keyboard.press('Enter');
    await shown.webview('[data-figure="size"]', 90_000);
    assert.ok(fs.existsSync(output), fs.readdirSync(path.dirname(output)).join(', '));
    await shown.screenshot('keyboard-result-dark');
  });

  it('gives the focus to the result, whose tables the keyboard reaches', async () => {
    const frame = await shown.webview('[data-figure="size"]');
    await eventually('the focus in the result', async () => {
      await page.keyboard.press('Tab');
      return frame.evaluate(() => document.hasFocus() && document.activeElement !== document.body);
    });
  });
});
