// The way through: right-click a model, answer the questions, watch it work, read what came of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type Frame } from 'playwright-core';
import { presets } from '../../src/passes/presets';
import { formatPair } from '../../src/report/format';
import { workbench } from './support/session';

const model = 'ocr/text-direction.onnx';
const output = 'ocr/text-direction.w8.onnx';
const title = 'text-direction.w8.onnx';
const pass = 'Weight-only Quantization';

const file = (place: string): string => path.join(workbench().folder, place);
const size = (place: string): number => fs.statSync(file(place)).size;

/** Text of one of the four figures of a result page. */
async function figure(page: Frame, name: string): Promise<string> {
  const text = await page.locator(`[data-figure="${name}"] .figure-value`).innerText();
  return text.replaceAll('\u00a0', ' ').replace(/\s+/g, ' ').trim();
}

/** What the pass asks, with what is answered here; the review follows. */
const questions = [
  ['Bits per weight', '8'],
  ['Method at 4 and 2 bits', 'Round to nearest'],
  ['Weights per scale at 4 and 2 bits', '32'],
  ['Scales at 8 bits', 'Per output channel'],
] as const;
const steps = questions.length + 2;
const scales = `${pass}: Scales at 8 bits`;

/** From the context menu up to the review, by the mouse. */
async function askFor(place: string): Promise<void> {
  const { quickInput } = workbench();
  await workbench().contextMenu(place, 'Quantize Model…');
  await quickInput.step(`${path.posix.basename(place)} (1/`);
  await quickInput.choose(pass);
  await answer();
}

/** The questions of the pass, one after the other. */
async function answer(): Promise<void> {
  const { quickInput } = workbench();
  for (const [index, [question, value]] of questions.entries()) {
    await quickInput.step(`${pass}: ${question} (${index + 2}/${steps})`);
    await quickInput.choose(value);
  }
  await quickInput.step(`${pass} (${steps}/${steps})`);
}

describe('Quantize Model… in the explorer', () => {
  after(async () => {
    await workbench().tidy();
    for (const name of fs.readdirSync(file('ocr'))) if (/\.w8\b/.test(name)) fs.rmSync(file(`ocr/${name}`));
  });

  it('asks which pass, its options, and shows what will be done', async () => {
    const { quickInput } = workbench();
    await workbench().contextMenu(model, 'Quantize Model…');
    await quickInput.step('text-direction.onnx (1/');
    const labels = await quickInput.labels();
    assert.deepEqual(
      labels.slice(0, presets.length),
      presets.map((preset) => preset.title),
    );
    await workbench().screenshot('quick-pick-pass-dark');
    await quickInput.choose(pass);
    await quickInput.step(`${pass}: Bits per weight (2/${steps})`);
    await workbench().screenshot('quick-pick-option-dark');
    await answer();
    await workbench().screenshot('quick-pick-review-dark');
    await workbench().setTheme('light');
    await workbench().screenshot('quick-pick-review-light');
    await workbench().setTheme('dark');
    assert.equal((await quickInput.labels())[0]?.trim(), `Create ${title}`);
  });

  it('goes back without forgetting', async () => {
    const { quickInput, page } = workbench();
    await page.locator('.quick-input-titlebar .codicon-quick-input-back').click();
    await quickInput.step(`${scales} (${steps - 1}/${steps})`);
    await quickInput.choose('Per tensor');
    await quickInput.step(`${pass} (${steps}/${steps})`);
    await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Per tensor' }).click();
    await quickInput.step(scales);
    await quickInput.choose('Per output channel');
    await quickInput.step(`${pass} (${steps}/${steps})`);
  });

  it('shows more options on demand, and turns a flag over at a press of Enter', async () => {
    const { quickInput, page } = workbench();
    await quickInput.choose('More options…');
    await quickInput.item('Symmetric').waitFor();
    await quickInput.choose('Symmetric');
    await page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: /Symmetric\s*no/ })
      .waitFor();
    await quickInput.choose('Symmetric');
    await page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: /Symmetric\s*yes/ })
      .waitFor();
  });

  it('shows how far it is, then the measured result', async () => {
    const { quickInput, page } = workbench();
    await quickInput.choose(`Create ${title}`);
    const progress = await workbench().notification(`${pass} of text-direction.onnx`);
    await progress.getByRole('button', { name: 'Cancel' }).waitFor();
    await page
      .locator('.notification-list-item')
      .filter({ hasText: /\d+ % · / })
      .waitFor();
    await workbench().screenshot('progress-dark');

    const result = await workbench().webview('[data-figure="size"]', 60_000);
    await progress.waitFor({ state: 'detached' });
    assert.equal(await figure(result, 'size'), formatPair(size(model), size(output), 'B'));
    assert.match(await figure(result, 'latency'), /^[\d.]+ → [\d.]+ (ms|µs)$/);
    assert.match(await figure(result, 'quality'), /^SQNR [\d.]+ dB$/);
    assert.ok(size(output) < 0.4 * size(model));
    for (const theme of ['dark', 'light', 'contrast'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`result-${theme}`);
    }
    await workbench().setTheme('dark');
  });

  it('exports the report as a page of its own', async () => {
    const { page } = workbench();
    const result = await workbench().webview('[data-figure="size"]');
    await result.getByRole('button', { name: 'Export' }).click();
    await result.getByRole('menuitem', { name: 'HTML Page' }).click();
    // The server build asks for the path in the picker; it begins with the one that is proposed.
    const field = page.locator('.quick-input-widget .quick-input-box input');
    await field.waitFor();
    await page.waitForFunction((selector) => {
      const input = document.querySelector<HTMLInputElement>(selector);
      return input?.value.endsWith('text-direction.w8.report.html') === true;
    }, '.quick-input-widget .quick-input-box input');
    await workbench().quickInput.accept();
    await workbench().notification('Saved text-direction.w8.report.html.');
    const html = fs.readFileSync(file('ocr/text-direction.w8.report.html'), 'utf8');
    assert.match(html, /text-direction\.w8\.onnx/);
    assert.ok(!/<script|https?:\/\//.test(html), 'the page runs nothing and loads nothing');
  });

  it('compares the outputs again on request', async () => {
    const { quickInput } = workbench();
    const result = await workbench().webview('[data-figure="size"]');
    await result.getByRole('button', { name: 'Compare Outputs…' }).click();
    await quickInput.step('Compare text-direction.onnx With text-direction.w8.onnx');
    await quickInput.choose('Random inputs');
    await workbench().editorTab('text-direction.onnx ↔ text-direction.w8.onnx').waitFor({ timeout: 60_000 });
    const comparison = await workbench().webview('[data-figure="quality"]');
    assert.match(await figure(comparison, 'quality'), /^SQNR [\d.]+ dB$/);
  });

  it('asks before it overwrites, and can keep both', async () => {
    const { quickInput, page } = workbench();
    const former = fs.readFileSync(file(output));
    await askFor(model);
    await quickInput.choose(`Create ${title}`);
    const dialog = page.locator('.monaco-dialog-box').filter({ hasText: `${title} is there already.` });
    await dialog.waitFor();
    await workbench().screenshot('overwrite-dark');
    await dialog.getByRole('button', { name: 'Keep Both' }).click();
    await workbench().editorTab('text-direction.w8.2.onnx').waitFor({ timeout: 60_000 });
    assert.deepEqual(fs.readFileSync(file(output)), former);
    assert.ok(fs.existsSync(file('ocr/text-direction.w8.2.onnx')));
  });

  it('shows a result again after it was closed', async () => {
    await workbench().runCommand('View: Close All Editors');
    await workbench().runCommand('Lapidary: Open Recent Result…');
    await workbench().quickInput.choose(title);
    const result = await workbench().webview('[data-figure="size"]');
    assert.equal(await figure(result, 'size'), formatPair(size(model), size(output), 'B'));
  });

  it('shows it again after the window was reloaded', async () => {
    const { page } = workbench();
    // Not the browser's reload, after which a server build may have lost what it had not saved yet.
    await workbench().runCommand('Developer: Reload Window');
    await page.locator('.monaco-workbench .part.statusbar').waitFor({ state: 'detached' });
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    const result = await workbench().webview('[data-figure="size"]', 60_000);
    assert.equal(await figure(result, 'size'), formatPair(size(model), size(output), 'B'));
    await workbench().setTheme('dark');
  });
});

describe('Quantize Model… by the keyboard alone', () => {
  after(async () => {
    await workbench().tidy();
    fs.rmSync(file(output), { force: true });
  });

  it('asks for the model, then needs nothing but Enter', async () => {
    const { quickInput, page } = workbench();
    await workbench().runCommand('View: Close All Editors');
    await workbench().runCommand(`Lapidary: ${pass}…`);
    await quickInput.step(pass);
    await quickInput.fill('direction');
    await quickInput.accept();
    for (const [index, [question]] of questions.entries()) {
      await quickInput.step(`${question} (${index + 1}/${steps - 1})`);
      await quickInput.accept();
    }
    await quickInput.step(`${pass} (${steps - 1}/${steps - 1})`);
    await quickInput.accept();
    await quickInput.closed();
    await workbench().webview('[data-figure="size"]', 60_000);
    assert.ok(await page.locator('.tabs-container .tab.active').filter({ hasText: title }).isVisible());
  });
});

describe('Quantize Model… when something is in the way', () => {
  after(async () => {
    await workbench().tidy();
    for (const name of ['text.onnx', output]) fs.rmSync(file(name), { force: true });
  });

  it('says what is wrong with a file that is no model', async () => {
    fs.writeFileSync(file('text.onnx'), 'This is a text, whatever its name says.\n');
    await askFor('text.onnx');
    await workbench().quickInput.choose('Create text.w8.onnx');
    const message = await workbench().notification(/Not an ONNX model/);
    await message.getByRole('button', { name: 'Show Log' }).waitFor();
    assert.match(await message.innerText(), /text\.onnx[\s\S]*Git LFS/);
    await workbench().screenshot('error-dark');
    assert.ok(!fs.existsSync(file('text.w8.onnx')));
  });

  it('stops when Cancel is pressed and leaves nothing half-done', async () => {
    const { quickInput } = workbench();
    const before = fs.readFileSync(file('ocr/text-recognition.onnx'));
    await askFor('ocr/text-recognition.onnx');
    await quickInput.choose('Create text-recognition.w8.onnx');
    const progress = await workbench().notification(`${pass} of text-recognition.onnx`);
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await progress.filter({ hasText: `${pass} of` }).waitFor({ state: 'detached', timeout: 5000 });
    const others = fs
      .readdirSync(file('ocr'))
      .filter((name) => !/^text-(detection|direction|recognition)\.onnx$/.test(name));
    // When it was already measuring, the model is whole and is said to be.
    if (others.length > 0) {
      assert.deepEqual(others, ['text-recognition.w8.onnx']);
      await (
        await workbench().notification(/was finished before you cancelled/)
      )
        .getByRole('button', { name: 'Delete' })
        .click();
    }
    assert.deepEqual(fs.readFileSync(file('ocr/text-recognition.onnx')), before);
  });
});
