// The tree of models in the activity bar.
import assert from 'node:assert/strict';
import { type Locator } from 'playwright-core';
import { eventually } from './support/eventually';
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

/** Shares of the rows from top to bottom; the list keeps them in any order in the document. */
async function shownShares(): Promise<number[]> {
  const rows = await workbench()
    .page.locator('.part.sidebar .monaco-list-row')
    .evaluateAll((elements) =>
      elements
        .sort((a, b) => Number(a.getAttribute('data-index')) - Number(b.getAttribute('data-index')))
        .map((element) => element.querySelector('.label-description')?.textContent ?? ''),
    );
  return rows.flatMap((text) => /^(\d+) % ·/.exec(text)?.slice(1).map(Number) ?? []);
}

describe('the view of models', () => {
  beforeEach(() => workbench().openView('Lapidary'));
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
    const conv = page
      .locator('.part.sidebar .monaco-list-row')
      .filter({ hasText: /Conv 3x3/ })
      .first();
    await conv.click();
    for (const label of ['Kind', 'Output', 'MACs', 'Parameters', 'Weights', 'Activations']) await row(label).waitFor();
    await workbench().screenshots('tree');
    await conv.click();
  });

  it('leads from a layer to its box in the graph', async () => {
    const { page } = workbench();
    await open('text-direction.onnx');
    const conv = page
      .locator('.part.sidebar .monaco-list-row')
      .filter({ hasText: /Conv 3x3/ })
      .first();
    await workbench().contextMenuOf(conv, 'Reveal in Graph');
    const profile = await workbench().webview('#graph-details strong');
    await workbench().screenshot('tree-reveal-graph-dark');
    const first = await profile.locator('#graph-details strong').innerText();
    // The profile is behind another editor, which throws its content away.
    await workbench().contextMenuOf(conv, 'Reveal in Graph Text');
    await page.locator('.monaco-editor .view-line').first().waitFor();
    await workbench().contextMenuOf(conv, 'Reveal in Graph');
    const again = await workbench().webview('#graph-details strong');
    assert.equal(await again.locator('#graph-details strong').innerText(), first);
    await page.keyboard.press('ArrowDown');
    await again.waitForFunction((name) => document.querySelector('#graph-details strong')?.textContent !== name, first);
  });

  it('shows which channels can be pruned together, and prunes them alone', async () => {
    const { page, quickInput } = workbench();
    await open('text-direction.onnx');
    await open('Channel groups');
    await row('Channel groups')
      .filter({ hasText: /\d+ of \d+ can be pruned/ })
      .waitFor();
    await workbench().screenshots('tree-groups');
    const group = page
      .locator('.part.sidebar .monaco-list-row')
      .filter({ hasText: /channels · read by/ })
      .first();
    await workbench().contextMenuOf(group, 'Prune Only This…');
    await quickInput.step(/^text-direction\.onnx · only .* \(1\//);
    await page.keyboard.press('Escape');
    await quickInput.closed();
    await row('Channel groups').click();
  });

  it('says how each layer runs, once that was measured', async () => {
    const { page } = workbench();
    await open('text-direction.onnx');
    await workbench().contextMenuOf(row('text-direction.onnx'), 'Measure How Each Layer Runs');
    await page
      .locator('.part.sidebar .monaco-list-row')
      .filter({ hasText: /float · Conv/ })
      .first()
      .waitFor();
    await workbench().screenshot('tree-measured-dark');
    // What was measured from the tree stands on the page too.
    await workbench().contextMenuOf(row('text-direction.onnx'), 'Open Profile');
    const profile = await workbench().webview('.totals');
    // The page stands where the last reveal left it.
    await profile.locator('.views').getByText('Layers').click();
    await profile.getByRole('columnheader', { name: 'Runs As' }).waitFor();
    await workbench().runCommand('View: Close All Editors');
  });

  it('sorts by cost', async () => {
    const { quickInput } = workbench();
    await open('text-direction.onnx');
    await workbench().runCommand('Lapidary: Sort Layers By…');
    await quickInput.choose('MACs');
    await quickInput.closed();
    await eventually('layers in the order of their shares', async () => {
      const shares = await shownShares();
      return shares.length > 5 && shares.every((share, index) => index === 0 || share <= (shares[index - 1] ?? 0));
    });
    await workbench().runCommand('Lapidary: Sort Layers By…');
    await quickInput.choose('Graph order');
  });

  it('counts with the dimensions that a person sets', async () => {
    const { quickInput } = workbench();
    await open('text-direction.onnx');
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
    await workbench().contextMenuOf(row('text-direction.onnx'), 'Convert to Float16…');
    await quickInput.step('Convert to Float16');
    await page.keyboard.press('Escape');
    await quickInput.closed();
  });
});
