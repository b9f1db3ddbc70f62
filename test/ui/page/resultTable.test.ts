// The layer table of the result page in a plain Chromium: sorting, filtering, copying, the keyboard, many rows.
import assert from 'node:assert/strict';
import { type ResultState } from '../../../src/protocol/webview';
import { type OpenPage, Pages, takePicture } from './support/host';
import { columnTexts, focusNow } from './support/look';
import { hugeReport, squeezenetReport } from './support/reports';

const squeezenet: ResultState = { kind: 'compress', report: squeezenetReport() };

describe('result page: layers', () => {
  const pages = new Pages('result');

  const show = (state: ResultState): Promise<OpenPage> => pages.show({ type: 'state', state });

  it('sorts by every column, by mouse and keyboard, and says so', async () => {
    const { page } = await show(squeezenet);
    const header = page.getByRole('columnheader', { name: 'Before' });
    await header.getByRole('button').click();
    assert.equal(await header.getAttribute('aria-sort'), 'descending');
    assert.equal((await columnTexts(page, 'layer'))[0], 'conv10');
    await header.getByRole('button').press('Enter');
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    await header.getByRole('button').press('Space');
    assert.equal(await header.getAttribute('aria-sort'), 'none');
    assert.equal((await columnTexts(page, 'layer'))[0], 'conv1');
    for (const button of await page.locator('.table-sort').all()) {
      await button.click();
      assert.equal(await page.locator('[aria-sort=ascending], [aria-sort=descending]').count(), 1);
    }
  });

  it('filters by all words, announces the count, and clears', async () => {
    const { page } = await show(squeezenet);
    await page.locator('.filter input').fill('EXPAND3x3 int8');
    assert.equal(await page.locator('#layers-title [role=status]').innerText(), '8 of 56 layers');
    await page.locator('.filter input').fill('no such layer');
    await page.getByText('No layer matches.').waitFor();
    await page.getByText('Clear Filter').click();
    assert.equal(await page.locator('#layers-title [role=status]').innerText(), '56 layers');
    await page.locator('.select').click();
    await page.getByRole('option', { name: 'Left Alone' }).click();
    assert.equal(await page.locator('#layers-title [role=status]').innerText(), '4 of 56 layers');
  });

  it('shows how layers run and what they have lost, and why one is not in int8', async () => {
    const { evaluation, ...report } = squeezenetReport();
    const layers = evaluation!.layers.map((pair, index) => ({
      ...pair,
      outputSqnrDb: 30 + index / 10,
      ...(pair.name === 'fire4/expand1x1'
        ? { runsAs: 'float-qdq' as const, runsAsReason: 'Its output is not quantized.' }
        : { runsAs: 'int8' as const }),
    }));
    const { page, complaints } = await show({
      kind: 'compress',
      report: { ...report, evaluation: { ...evaluation!, layers } },
    });
    assert.match(await page.locator('.head-sentence').innerText(), /25 of 26 layers with MACs run in int8/);
    await page.evaluate(() => document.querySelector('#layers')?.scrollIntoView());
    await page.locator('#layers-20-0').waitFor();
    assert.deepEqual([...new Set(await columnTexts(page, 'runs'))].sort(), ['float + Q/DQ', 'int8']);
    assert.match((await columnTexts(page, 'sqnr'))[0]!, /^30\.0 dB$/);
    const odd = page.locator('.table-body .cell-runs .change-worse');
    assert.equal(await odd.count(), 1);
    assert.equal(await odd.getAttribute('title'), 'float + Q/DQ: Its output is not quantized.');
    assert.equal(await odd.locator('[role=img]').getAttribute('aria-label'), 'Warning');
    assert.deepEqual(complaints, []);
  });

  it('shows sizes that grew in full, beside their warning', async () => {
    const report = squeezenetReport();
    const layers = report.evaluation!.layers.map((pair) => ({
      ...pair,
      after: pair.before && { ...pair.before, weightBytes: 17_300_000 },
    }));
    const { page } = await show({
      ...squeezenet,
      report: { ...report, evaluation: { ...report.evaluation!, layers } },
    });
    const cells = page.locator('.table-body .cell-after');
    assert.match(await cells.first().innerText(), /^17\.3 MB$/);
    assert.ok(await cells.first().locator('[role=img]').isVisible());
    const clipped = await cells.evaluateAll((each) =>
      each.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
    );
    assert.deepEqual(clipped, []);
    await takePicture(page, 'result-grown', false);
  });

  it('draws a few of 20,000 rows and reaches the last', async () => {
    // Without the costs of each layer, which take longer to send than to show.
    const { evaluation: _, ...report } = hugeReport(20_000);
    const { page } = await show({ kind: 'compress', report: { ...report, evaluationSkipped: 'too large' } });
    const drawn = async (): Promise<number> => page.locator('.table-body .table-row').count();
    assert.ok((await drawn()) < 80);
    assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), '20001');
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+End');
    await page.locator('[aria-rowindex="20001"]').waitFor();
    assert.ok((await drawn()) < 80);
    const box = await page.locator('[aria-rowindex="20001"]').boundingBox();
    assert.ok(box && box.y + box.height <= 901, JSON.stringify(box));
    await page.keyboard.press('Control+Home');
    const first = await page.locator('[aria-rowindex="2"]').boundingBox();
    const head = await page.locator('.table-head').boundingBox();
    assert.ok(first && head && first.y >= head.y + head.height - 1, 'the first row is below the titles');
    assert.equal(await page.getByRole('grid').getAttribute('aria-activedescendant'), 'layers-0-0');
  });

  it('copies rows, cells and the whole table, with the help of the host if need be', async () => {
    const { page, said } = await show(squeezenet);
    const clipboard = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
    await page.locator('#layers-6-2').click();
    await page.keyboard.press('Control+c');
    assert.equal(await clipboard(), '37120');
    await page.keyboard.press('Shift+ArrowDown');
    assert.equal(await page.locator('.table-row[aria-selected=true]').count(), 2);
    await page.keyboard.press('Control+c');
    const lines = (await clipboard()).trim().split(/\r?\n/);
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^Layer\tKind\tBefore \(B\)\tAfter \(B\)/);
    assert.match(lines[1] ?? '', /^fire2\/expand3x3\tConv 3×3\t37120\t9728\t/);
    await page.getByText('Copy', { exact: true }).click();
    await page.getByRole('menuitem', { name: 'Table as CSV' }).click();
    await page.getByText('Copied').first().waitFor();
    assert.equal((await clipboard()).trim().split(/\r?\n/).length, 57);
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.locator('.result-layers .menu vscode-button').click();
    await page.getByRole('menuitem', { name: 'Selected Rows (2)' }).click();
    assert.match(JSON.stringify((await said()).at(-1)), /"type":"copy","text":"Layer/);
  });

  it('can be walked through with the keyboard, and shows where the focus is', async () => {
    const { page } = await show(squeezenet);
    const stops: string[] = [];
    for (;;) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement === document.body)) break;
      const { name, isMarked } = await page.evaluate(focusNow);
      stops.push(name);
      assert.ok(isMarked, `nothing shows that ${name} has the focus`);
    }
    const order = [
      'Reveal File',
      'Compare Outputs',
      'Export',
      '4 layers',
      'Filter layers',
      'Which layers',
      'Copy',
      'Layers',
      'Layer',
    ];
    const places = order.map((name) => stops.findIndex((stop) => stop.includes(name)));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
      stops.join(' | '),
    );
    assert.ok(!places.includes(-1), stops.join(' | '));
  });
});
