// A model as text: costs, actions and details where a person reads the layers.
import assert from 'node:assert/strict';
import { workbench } from './support/session';

describe('graph text', () => {
  after(() => workbench().tidy());

  it('shows what a layer costs and what can be done with it, in every theme', async () => {
    const { page } = workbench();
    await workbench().openFile('ocr/text-direction.onnx');
    await workbench().webview('[data-total="macs"]');
    await workbench().runCommand('Lapidary: Open as Graph Text');
    await workbench().editorTab('text-direction.onnxtxt').waitFor();
    const lens = page.locator('.codelens-decoration a').filter({ visible: true });
    await lens.filter({ hasText: 'Quantize Model…' }).waitFor();
    await page.keyboard.press('Control+g');
    await workbench().quickInput.fill(':440');
    await workbench().quickInput.accept();
    await lens.filter({ hasText: 'Keep in float32' }).first().waitFor();
    const hint = page.locator('.view-line span').filter({ hasText: /MACs\s·\s.*\sparams/ });
    await hint.first().waitFor();
    await workbench().screenshots('graph-text');
  });

  it('tells more on hover, by the keyboard too', async () => {
    const { page } = workbench();
    await page
      .locator('.view-line')
      .filter({ hasText: /=\sConv.*MACs/, visible: true })
      .first()
      .click();
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Control+i');
    await page.locator('.monaco-hover').filter({ hasText: 'Kind:' }).waitFor();
    await workbench().screenshot('graph-text-hover-dark');
    await page.keyboard.press('Escape');
  });

  it('starts a pass on a single layer', async () => {
    const { page, quickInput } = workbench();
    await page
      .locator('.codelens-decoration a')
      .filter({ hasText: 'Quantize only this…', visible: true })
      .first()
      .click();
    await quickInput.step(/^text-direction\.onnx · only .* \(1\//);
    await workbench().screenshot('quantize-one-layer-dark');
    await page.keyboard.press('Escape');
    await quickInput.closed();
  });

  it('keeps a layer as it is, until that is taken back', async () => {
    const { page } = workbench();
    const lens = page.locator('.codelens-decoration a').filter({ visible: true });
    const kept = lens.filter({ hasText: 'Kept as it is · Undo' });
    await lens.filter({ hasText: 'Keep in float32' }).first().click();
    await kept.first().click();
    await kept.first().waitFor({ state: 'detached' });
  });

  it('has the size of the model in the status bar, with all that can be done with it', async () => {
    const { page, quickInput } = workbench();
    const item = page.locator('.statusbar-item').filter({ hasText: /579\skB\s·\s.*\sparams/ });
    await item.waitFor();
    await item.click();
    await quickInput.step('text-direction.onnx');
    assert.ok((await quickInput.labels()).some((label) => label.includes('Quantize Model…')));
    await workbench().screenshots('actions');
    await page.keyboard.press('Escape');
    await quickInput.closed();
    await workbench().runCommand('View: Close All Editors');
    await item.waitFor({ state: 'hidden' });
  });
});
