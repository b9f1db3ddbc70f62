// Recipes and problems in the window: a preset from the menu, a recipe from its lens, gates, a quick fix.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { presets } from '../../src/passes/presets';
import { eventually } from './support/eventually';
import { workbench } from './support/session';
import { inTime } from './support/workbench';

const model = 'ocr/text-direction.onnx';
const file = (place: string): string => path.join(workbench().folder, place);

function removeResults(): void {
  for (const folder of ['.', 'ocr']) {
    for (const name of fs.readdirSync(file(folder))) {
      if (/^text-direction\..+\.onnx$|\.lapidary\.json$/.test(name)) fs.rmSync(file(`${folder}/${name}`));
    }
  }
}

/** A recipe whose gates hold, or cannot. */
const recipe = (maxSizeRatio: number): string =>
  JSON.stringify(
    {
      passes: [{ pass: 'simplify' }, { pass: 'quantize-weights' }],
      evaluate: { samples: 1, latency: false },
      gates: { maxSizeRatio },
    },
    undefined,
    2,
  );

describe('Presets in Quantize Model…', () => {
  after(async () => {
    await workbench().tidy();
    removeResults();
  });

  it('come first, and are reviewed before they run', async () => {
    const { quickInput } = workbench();
    await workbench().contextMenu(model, 'Quantize Model…');
    await quickInput.step('text-direction.onnx (1/');
    const labels = await quickInput.labels();
    assert.deepEqual(
      labels.slice(0, presets.length),
      presets.map(({ title }) => title),
    );
    await workbench().screenshot('quick-pick-presets-dark');
    await quickInput.choose('Fastest without Data');
    await quickInput.step('Fastest without Data (2/2)');
    await workbench().screenshot('quick-pick-preset-review-dark');
    await workbench().page.keyboard.press('Escape');
    await quickInput.closed();
  });
});

describe('Recipes', () => {
  after(async () => {
    await workbench().tidy();
    removeResults();
  });

  it('run from their lens on a model that is asked for', async () => {
    const { quickInput, page } = workbench();
    fs.writeFileSync(file('small.lapidary.json'), recipe(0.9));
    await workbench().openFile('small.lapidary.json');
    const lens = page.locator('.codelens-decoration a').filter({ hasText: 'Run Recipe…' });
    await lens.waitFor();
    await workbench().screenshots('recipe');
    // What may stand there, with what it means, comes from the declarations of the passes.
    await page.locator('.view-line').filter({ hasText: '"gates"' }).click();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Space');
    await page.locator('.suggest-widget .monaco-list-row').filter({ hasText: 'minSqnrDb' }).waitFor();
    await workbench().screenshots('recipe-completion');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+z');
    await lens.click();
    await quickInput.step('Run small');
    await quickInput.choose('text-direction.onnx');
    const result = await workbench().webview('.gates', 60_000);
    assert.match(await result.locator('.gates').innerText(), /Size ratio[\s\S]*at most 0\.9[\s\S]*passed/);
    assert.ok(fs.existsSync(file('ocr/text-direction.small.onnx')));
    await workbench().screenshot('recipe-result-dark');
  });

  it('write nothing at a gate that fails, unless the person wants it all the same', async () => {
    const { quickInput } = workbench();
    fs.writeFileSync(file('strict.lapidary.json'), recipe(0.01));
    await workbench().contextMenu(model, 'Run Recipe…');
    await quickInput.step('Run Recipe on text-direction.onnx');
    await quickInput.choose('strict.lapidary.json');
    const message = await workbench().notification(/was not written: it misses a gate/);
    assert.ok(!fs.existsSync(file('ocr/text-direction.strict.onnx')));
    await workbench().screenshot('gate-failed-dark');
    await workbench().pressButton(message, 'Run Again and Keep It');
    await workbench().notification(/was written although it misses a gate/);
    assert.ok(fs.existsSync(file('ocr/text-direction.strict.onnx')));
  });
});

describe('Problems of a model', () => {
  after(async () => {
    await workbench().tidy();
    removeResults();
  });

  it('are in the problems panel after "Check Model", and lead to the graph text with its fixes', async () => {
    const { page } = workbench();
    await workbench().contextMenu(model, 'Check Model');
    const problem = page
      .locator('.markers-panel .monaco-list-row')
      .filter({ hasText: 'This batch norm could be part' });
    await problem.first().waitFor();
    await workbench().screenshots('problems');
    await problem.first().dblclick();
    await workbench().editorTab('text-direction.onnxtxt').waitFor();
    // Graph text cannot be edited, so VS Code offers its fixes in the panel alone, once it has looked for some.
    const fix = page.locator('.monaco-menu .action-item').filter({ hasText: 'Simplify: write' });
    await eventually('the quick fixes', async () => {
      await problem.first().click();
      await page.keyboard.press('Control+.');
      // It opens a menu only when there is something to offer.
      return inTime(fix.waitFor({ timeout: 1000 }));
    });
    await workbench().screenshots('quick-fix');
    await fix.click();
    await workbench().editorTab('text-direction.simplified.onnx').waitFor({ timeout: 60_000 });
    assert.ok(fs.existsSync(file('ocr/text-direction.simplified.onnx')));
  });
});
