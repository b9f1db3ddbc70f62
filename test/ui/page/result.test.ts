// The result page in a plain Chromium: what it shows, what it says to the host, and what it never does.
//   npx mocha 'test/ui/page/**/*.test.ts'
import assert from 'node:assert/strict';
import { type Page } from 'playwright-core';
import { type ResultFeatures, type ResultState } from '../../../src/protocol/webview';
import { type OpenPage, type PageOptions, Pages, takePicture, type Theme } from './support/host';
import { columnTexts, overflow } from './support/look';
import { compareReport, hostile, hugeReport, squeezenetReport, uglyReport, unchangedReport } from './support/reports';

const squeezenet: ResultState = { kind: 'compress', report: squeezenetReport() };
const ugly: ResultState = { kind: 'compress', report: uglyReport() };

describe('result page', () => {
  const pages = new Pages('result');

  const show = (state: ResultState, options?: PageOptions, features?: ResultFeatures): Promise<OpenPage> =>
    pages.show({ type: 'state', state, ...(features && { features }) }, options);

  it('asks for its state and shows the sentence, four figures and their ratios', async () => {
    const { page, said } = await show(squeezenet);
    assert.deepEqual(await said(), [{ type: 'ready' }]);
    assert.equal(await page.locator('h1').innerText(), 'squeezenet1.1_fp32.w8.onnx');
    assert.match(await page.locator('.head-sentence').innerText(), /^Weight-only Quantization · 8-bit weights/);
    const figure = (id: string): Promise<string> => page.locator(`[data-figure=${id}]`).innerText();
    assert.match(await figure('size'), /4\.95 → 1\.34 MB\s+3\.7× smaller/);
    assert.match(await figure('macs'), /349 → 349 M\s+same/);
    assert.match(await figure('latency'), /9\.10 → 8\.99 ms\s+inside the noise: no claim/);
    assert.match(await figure('quality'), /Quality \(top-1\)\s+58\.5 → 59\.2 %\s+\+0\.7 points/);
    const lengths = await barLengths(page, '[data-figure=size]');
    assert.ok(Math.abs(lengths.after / lengths.before - 1.34 / 4.95) < 0.02, JSON.stringify(lengths));
  });

  it('marks what got worse, with a sign and in words', async () => {
    const { page } = await show({ kind: 'compress', report: hugeReport(60) });
    const change = page.locator('[data-figure=latency] .change-worse');
    assert.equal(await change.innerText(), '1.2× slower');
    assert.equal(await change.locator('svg').count(), 1);
    assert.match(await page.locator('[data-figure=quality]').innerText(), /random inputs/);
  });

  it('shows no figure that nobody measured, and says why', async () => {
    const { page } = await show(ugly);
    assert.equal(await page.locator('.figure').count(), 2);
    assert.match(await page.locator('.figures-section').innerText(), /were not compared: ONNX Runtime cannot run/);
    assert.match(await page.locator('[data-figure=macs]').innerText(), /batch\*3\*\(height\/2\)\*\(width\/2\) → –/);
  });

  it('says that nothing was changed, and why', async () => {
    const { page } = await show({ kind: 'compress', report: unchangedReport() });
    assert.match(await page.locator('.head-sentence').innerText(), /Nothing was changed\./);
    assert.match(
      await page.locator('.left-alone').innerText(),
      /26 of 26 layers[\s\S]*int8 convolutions are slower here/,
    );
  });

  it('groups what was left alone, and shows a group in the table', async () => {
    const { page, remembered } = await show(squeezenet);
    const reason = page.locator('.reason');
    assert.match(await reason.innerText(), /4 layers\s+1024–1728 elements, fewer than 2000\s+Conv 4/);
    await reason.locator('summary').click();
    assert.deepEqual(await reason.locator('li').allInnerTexts(), [
      'conv1',
      'fire2/squeeze1x1',
      'fire2/expand1x1',
      'fire3/expand1x1',
    ]);
    await page.getByText('Show in Table').click();
    await page.getByText('4 of 56 layers').nth(1).waitFor();
    assert.deepEqual(await columnTexts(page, 'layer'), [
      'conv1',
      'fire2/squeeze1x1',
      'fire2/expand1x1',
      'fire3/expand1x1',
    ]);
    assert.deepEqual(((await remembered()) as { openReasons: string[] }).openReasons.length, 1);
  });

  it('tells the host what was pressed, and only what the host can do', async () => {
    const { page, said } = await show(squeezenet, {}, { saveRecipe: true, exports: ['html', 'csv'] });
    await page.getByText('Reveal File').click();
    await page.getByText('Compare Outputs…').click();
    await page.getByText('Save Recipe').click();
    await page.locator('.menu').first().locator('vscode-button').click();
    assert.deepEqual(await page.getByRole('menuitem').allInnerTexts(), ['HTML Page', 'CSV, One Line per Layer']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('menu').count(), 0);
    assert.deepEqual((await said()).slice(1), [
      { type: 'reveal', path: '/models/squeezenet1.1_fp32.w8.onnx' },
      { type: 'compareOutputs' },
      { type: 'saveRecipe' },
      { type: 'export', format: 'csv' },
    ]);
    await pages.close();
    const plain = await show({ kind: 'compare', report: compareReport() }, {}, { reveal: false, exports: [] });
    assert.equal(await plain.page.locator('.actions vscode-button').count(), 0);
  });

  it('shows a comparison with its layers', async () => {
    const { page } = await show({ kind: 'compare', report: compareReport() });
    assert.match(await page.locator('.head').innerText(), /compared with squeezenet1\.1_fp32\.onnx/);
    assert.match(await page.locator('.notice-warning').innerText(), /has no partner\.\s+at fire2\/expand1x1/);
    assert.equal(await page.locator('.left-alone').count(), 0);
    await page.locator('.filter input').fill('removed');
    assert.deepEqual(await columnTexts(page, 'layer'), ['fire2/expand1x1']);
  });

  it('treats every name of a model as text', async () => {
    const { page, complaints } = await show(ugly);
    assert.ok((await page.locator('.left-alone').innerText()).includes(hostile));
    assert.ok((await columnTexts(page, 'layer')).includes(hostile));
    assert.ok((await columnTexts(page, 'layer')).includes('line\\nbreak\\u{202e}txt.exe'));
    assert.equal(await page.locator('img, b, script:not([nonce])').count(), 0);
    assert.equal(await page.evaluate(() => 'hacked' in window), false);
    assert.deepEqual(complaints, []);
  });

  it('remembers what was sorted, filtered and scrolled, until there is a new report', async () => {
    const huge: ResultState = { kind: 'compress', report: hugeReport(500) };
    const { page, remembered } = await show(huge);
    await page.locator('.table-sort').first().click();
    await page.locator('.filter input').fill('int8');
    await page.evaluate(() => window.scrollTo(0, 3000));
    await page.waitForTimeout(300);
    const state = await remembered();
    await pages.close();
    const again = await show(huge, { state });
    assert.equal(await again.page.evaluate(() => Math.round(window.scrollY)), 3000);
    assert.equal(await again.page.locator('[aria-sort=ascending]').count(), 1);
    assert.match(await again.page.locator('#layers-title').innerText(), /of 500 layers/);
    await again.send({ type: 'state', state: squeezenet });
    await again.page.getByText('56 layers', { exact: true }).waitFor();
    assert.equal(await again.page.locator('[aria-sort=ascending]').count(), 0);
    await pages.close();
    // Whatever an older version left behind does no harm.
    await show(squeezenet, { state: { sort: 7, filter: null, openReasons: 'x', scrollTop: 'y' } });
  });

  it('speaks the language that the host hands over', async () => {
    const open = await pages.open();
    const translations = { Layers: 'Schichten', '{0} smaller': '{0} kleiner', 'Reveal File': 'Datei zeigen' };
    await open.send({ type: 'state', state: squeezenet, translations });
    await open.page.getByText('Schichten').waitFor();
    await open.page.getByText('3.7× kleiner').waitFor();
    await open.page.getByText('Datei zeigen').waitFor();
  });

  it('shows progress and errors as they come', async () => {
    const open = await pages.open();
    const progress = { fraction: 0.429, message: 'Measuring', node: `/a/${hostile}` };
    await open.send({ type: 'progress', progress });
    await open.page.getByRole('progressbar').waitFor();
    assert.equal(await open.page.getByRole('progressbar').getAttribute('aria-valuenow'), '42');
    const error = { code: 'runtime-failed', message: 'It failed', node: hostile, hint: 'Try another.' };
    await open.send({ type: 'error', error });
    assert.match(await open.page.getByRole('alert').innerText(), /It failed[\s\S]*onerror[\s\S]*Try another\./);
    assert.deepEqual(open.complaints, []);
  });

  for (const theme of ['dark', 'light', 'hc', 'hcLight'] as const satisfies readonly Theme[]) {
    it(`fits into 400 pixels and breaks no policy (${theme})`, async () => {
      const reports = { squeezenet: squeezenetReport(), ugly: uglyReport(), huge: hugeReport(300) };
      for (const [name, report] of Object.entries(reports)) {
        const { page, complaints } = await show({ kind: 'compress', report }, { theme, width: 400 });
        assert.ok((await overflow(page)) <= 0, name);
        await takePicture(page, `result-${name}-${theme}-400`, false);
        await page.setViewportSize({ width: 1200, height: 900 });
        await page.locator('.table.wide').waitFor();
        await takePicture(page, `result-${name}-${theme}-1200`, false);
        assert.ok((await overflow(page)) <= 0, name);
        assert.deepEqual(complaints, [], name);
        await pages.close();
      }
    });
  }
});

async function barLengths(page: Page, place: string): Promise<{ before: number; after: number }> {
  const width = (kind: string): Promise<number> =>
    page.locator(`${place} .bar-${kind} .bar-fill`).evaluate((bar) => bar.getBoundingClientRect().width);
  return { before: await width('before'), after: await width('after') };
}
