// The packaged extension is installed and running in the window that the other UI tests drive.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { workbench } from './support/session';

describe('the window', () => {
  it('shows the example models in the explorer', async () => {
    assert.ok(await (await workbench().explorerItem('ocr/text-direction.onnx')).isVisible());
  });

  it('has the packaged extension, which runs when its view is opened', async () => {
    const { page } = workbench();
    await workbench().openView('Lapidary');
    await page.locator('.part.sidebar').getByRole('treeitem').first().waitFor();
  });

  it('changes its theme', async () => {
    for (const theme of ['light', 'contrast', 'dark'] as const) {
      await workbench().setTheme(theme);
      const file = await workbench().screenshot(`smoke-${theme}`);
      assert.ok(fs.statSync(file).size > 10_000);
    }
  });

  after(() => workbench().tidy());
});
