// The editor of a model: what opens on a double click in the explorer.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type Frame } from 'playwright-core';
import { formatBytes } from '../../src/report/format';
import { workbench } from './support/session';

const file = (place: string): string => path.join(workbench().folder, place);
const total = (page: Frame, id: string): Promise<string> =>
  page.locator(`[data-total="${id}"] .figure-value`).innerText();

describe('the profile of a model', () => {
  after(async () => {
    await workbench().tidy();
    fs.rmSync(file('copy.onnx'), { force: true });
  });

  it('opens on a double click and shows the totals', async () => {
    await workbench().openFile('ocr/text-direction.onnx');
    const page = await workbench().webview('[data-total="macs"]');
    const size = fs.statSync(file('ocr/text-direction.onnx')).size;
    assert.equal((await total(page, 'file')).replaceAll('\u00a0', ' '), formatBytes(size));
    for (const theme of ['dark', 'light'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`profile-${theme}`);
    }
    await workbench().setTheme('dark');
  });

  it('counts anew with the dimensions that a person types, and remembers them', async () => {
    const page = await workbench().webview('[data-total="macs"]');
    const before = await total(page, 'macs');
    const fields = page.locator('.dimensions input');
    await fields.nth(1).fill('64');
    await fields.nth(2).fill('256');
    await page.waitForFunction(
      (former) => document.querySelector('[data-total="macs"] .figure-value')?.textContent !== former,
      before,
    );
    const after = await total(page, 'macs');
    await workbench().runCommand('View: Close All Editors');
    await workbench().openFile('ocr/text-direction.onnx');
    const again = await workbench().webview('[data-total="macs"]');
    await again.waitForFunction(
      (macs) => document.querySelector('[data-total="macs"] .figure-value')?.textContent === macs,
      after,
    );
  });

  it('shows what the numbers in the weights look like', async () => {
    const page = await workbench().webview('[data-total="macs"]');
    await page.locator('.views').getByText('Weights').click();
    const first = page.locator('#weights .distribution').first();
    await first.waitFor();
    assert.match((await first.getAttribute('aria-label')) ?? '', /^from .* to .*, mean/);
    for (const theme of ['dark', 'light'] as const) {
      await workbench().setTheme(theme);
      await first.scrollIntoViewIfNeeded();
      await workbench().screenshot(`profile-weights-${theme}`);
    }
    await workbench().setTheme('dark');
  });

  it('draws the graph, and tells about a box', async () => {
    const page = await workbench().webview('[data-total="macs"]');
    await page.locator('.views').getByText('Graph').click();
    const canvas = page.locator('.graph-frame canvas');
    await canvas.scrollIntoViewIfNeeded();
    await canvas.focus();
    const details = page.locator('#graph-details');
    const told = new Set<string>();
    for (let step = 0; step < 3; step++) {
      await workbench().page.keyboard.press('ArrowDown');
      told.add(await details.locator('strong').innerText());
    }
    assert.equal(told.size, 3, 'the arrow keys walk along the graph');
    for (const theme of ['dark', 'light'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`profile-graph-${theme}`);
    }
    await workbench().setTheme('dark');
  });

  it('measures how long each layer takes', async () => {
    const page = await workbench().webview('[data-total="macs"]');
    await page.locator('.views').getByText('Layers').click();
    await page.getByRole('button', { name: 'Measure' }).click();
    await page.getByRole('columnheader', { name: 'Runs As' }).waitFor();
    await page.getByText('Measured Time').click();
    await page.locator('.costs').scrollIntoViewIfNeeded();
    await workbench().screenshot('profile-measured-dark');
  });

  it('starts a pass on its model', async () => {
    const page = await workbench().webview('[data-total="macs"]');
    await page.getByRole('button', { name: 'Quantize Model…' }).click();
    await workbench().quickInput.step('text-direction.onnx (1/');
    await workbench().page.keyboard.press('Escape');
    await workbench().quickInput.closed();
  });

  it('follows its file: a new version, a broken one, none', async () => {
    fs.copyFileSync(file('ocr/text-direction.onnx'), file('copy.onnx'));
    fs.chmodSync(file('copy.onnx'), 0o644);
    await workbench().openFile('copy.onnx');
    const shows = async (text: string): Promise<void> => {
      const page = await workbench().webview('h1');
      await page.getByText(text, { exact: false }).first().waitFor();
    };
    await shows('579');
    fs.copyFileSync(file('speech/voice-activity.onnx'), file('copy.onnx'));
    await shows('2.33');
    fs.writeFileSync(file('copy.onnx'), 'no model any more');
    await shows('Not an ONNX model');
    await workbench().screenshot('profile-error-dark');
    fs.rmSync(file('copy.onnx'));
    await shows('There is no file');
  });
});
