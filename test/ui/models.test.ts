// The tree of models in the activity bar.
import assert from 'node:assert/strict';
import { type Locator } from 'playwright-core';
import { workbench } from './support/session';

/** A row of the tree by what it begins with. */
const row = (label: string): Locator =>
  workbench()
    .page.locator('.part.sidebar .monaco-list-row')
    .filter({ has: workbench().page.getByText(label, { exact: true }) })
    .first();

async function open(label: string): Promise<void> {
  const item = row(label);
  await item.waitFor();
  if ((await item.getAttribute('aria-expanded')) === 'false') await item.click();
  await workbench()
    .page.locator('.part.sidebar .monaco-list-row[aria-expanded="true"]')
    .filter({ hasText: label })
    .first()
    .waitFor();
}

describe('the view of models', () => {
  before(() => workbench().openView('Lapidary'));
  after(() => workbench().tidy());

  it('lists the models with their size and what they cost', async () => {
    await row('text-direction.onnx')
      .filter({ hasText: /579 kB · \d+ k params · .* MACs/ })
      .waitFor();
    await row('voice-activity.onnx').waitFor();
  });

  it('shows the layers of a model, and what is known of one', async () => {
    const { page } = workbench();
    await open('text-direction.onnx');
    await row('Counted with').waitFor();
    await workbench().screenshot('tree-dark');
    const conv = page
      .locator('.part.sidebar .monaco-list-row')
      .filter({ hasText: /Conv 3x3/ })
      .first();
    await conv.click();
    for (const label of ['Kind', 'Output', 'MACs', 'Parameters', 'Weights', 'Activations']) await row(label).waitFor();
    await workbench().setTheme('light');
    await workbench().screenshot('tree-light');
    await workbench().setTheme('dark');
    await conv.click();
  });

  it('sorts by cost', async () => {
    const { page, quickInput } = workbench();
    await workbench().runCommand('Lapidary: Sort Layers By…');
    await quickInput.choose('MACs');
    await quickInput.closed();
    const first = page
      .locator('.part.sidebar .monaco-list-row')
      .filter({ hasText: /\d+ % · Conv/ })
      .first();
    await first.waitFor();
    const shares = (await page.locator('.part.sidebar .monaco-list-row').allInnerTexts())
      .map((text) => /(\d+) % ·/.exec(text)?.[1])
      .flatMap((share) => (share === undefined ? [] : [Number(share)]));
    assert.ok(shares.length > 5);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => b - a),
    );
    await workbench().runCommand('Lapidary: Sort Layers By…');
    await quickInput.choose('Graph order');
  });

  it('counts with the dimensions that a person sets', async () => {
    const { quickInput } = workbench();
    const before = await row('text-direction.onnx').innerText();
    await row('Counted with').click();
    for (const [index, value] of ['1', '48', '192'].entries()) {
      await quickInput.step(`(${index + 1}/3)`);
      await quickInput.fill(value);
      await quickInput.accept();
    }
    await quickInput.closed();
    await row('Counted with').filter({ hasText: '192' }).waitFor();
    assert.notEqual(await row('text-direction.onnx').innerText(), before);
  });

  it('offers the passes on a model', async () => {
    const { page, quickInput } = workbench();
    await row('text-direction.onnx').click({ button: 'right' });
    await page.locator('.monaco-menu .action-item').filter({ hasText: 'Convert to Float16…' }).click();
    await quickInput.step('Convert to Float16');
    await page.keyboard.press('Escape');
    await quickInput.closed();
  });
});
