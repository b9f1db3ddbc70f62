// Comparing two models, from the explorer.
import assert from 'node:assert/strict';
import { workbench } from './support/session';

describe('Compare With… in the explorer', () => {
  after(() => workbench().tidy());

  it('offers the other models, those nearby first, and shows both side by side', async () => {
    const { quickInput } = workbench();
    await workbench().contextMenu('ocr/text-direction.onnx', 'Compare With…');
    await quickInput.step('Compare text-direction.onnx With (1/2)');
    const labels = (await quickInput.labels()).map((label) => label.trim());
    assert.deepEqual(labels.slice(0, 4), [
      'text-detection.onnx',
      'text-recognition.onnx',
      'voice-activity.onnx',
      'Browse…',
    ]);
    await quickInput.choose('text-detection.onnx');
    await quickInput.step('Compare text-direction.onnx With text-detection.onnx (2/2)');
    await quickInput.choose('Random inputs');
    // They are not the same network: nothing may be claimed of outputs that cannot be compared.
    const page = await workbench().webview('[data-figure="quality"]', 60_000);
    assert.equal(await page.locator('[data-figure="quality"] .figure-value').innerText(), 'not measured');
    await page.getByText(/differs in shape for 8 of 8 samples/).waitFor();
    await workbench().screenshots('compare-unlike');
  });

  it('compares two files that are selected together', async () => {
    const { page, quickInput } = workbench();
    await workbench().tidy();
    const first = await workbench().explorerItem('ocr/text-direction.onnx');
    const second = await workbench().explorerItem('ocr/text-detection.onnx');
    await workbench().contextMenuOf(second, 'Compare Selected Models', async () => {
      await first.click();
      // A click opens the file, and once it is open the explorer selects it alone.
      await workbench().editorTab('text-direction.onnx').waitFor({ timeout: 5000 });
      await second.click({ modifiers: ['Control'] });
      for (const item of [first, second]) {
        await item.and(page.locator('[aria-selected="true"]')).waitFor({ timeout: 1000 });
      }
    });
    await quickInput.step(/^Compare text-\w+\.onnx With text-\w+\.onnx$/);
    await page.keyboard.press('Escape');
    await quickInput.closed();
  });
});
