// What a result did to each layer: the strip of bars, what was removed, what each layer loses alone.
import assert from 'node:assert/strict';
import { type QuantizationSensitivity } from '../../../src/protocol/sensitivity';
import { type CompressReport, type Removal } from '../../../src/protocol/report';
import { type ResultState } from '../../../src/protocol/webview';
import { type OpenPage, Pages, takePicture, type Theme } from './support/host';
import { columnTexts, overflow } from './support/look';
import { hostile, squeezenetReport } from './support/reports';

/** Channels pruned, then quantized: two steps that say something of the same layers. */
function prunedReport(): CompressReport {
  const report = squeezenetReport();
  const [pass] = report.passes;
  const changed = pass!.changed.map((layer, index) => {
    const channels: Removal = { unit: 'outputs', before: 64, after: 64 - 8 * (index % 5) };
    return { ...layer, what: 'smaller', removed: [channels, { unit: 'inputs', before: 32, after: 16 } as const] };
  });
  const again = pass!.changed.map((layer) => ({
    ...layer,
    removed: [{ unit: 'outputs', before: 40, after: 16 } as const],
  }));
  const first = { ...pass!, id: 'prune-channels', title: 'Prune Channels', changed };
  return { ...report, passes: [first, { ...first, changed: again.slice(0, 1), skipped: [] }] };
}

function sensitivityOf({ input, passes }: CompressReport): QuantizationSensitivity {
  const layers = passes[0]!.changed.map(({ node, opType }, index) => ({
    ...{ node, opType, weightBytes: 4, rank: index + 1 },
    aloneDb: index === 1 ? null : 15 + index,
  }));
  const rest = { allDb: 20, samples: 16, calibrationSamples: 64, data: '64 images', random: false, notes: [] };
  return { of: 'int8', path: input, layers, ...rest, seconds: 3 };
}

describe('result page: layer by layer', () => {
  const pages = new Pages('result');

  const show = (state: ResultState, theme: Theme = 'dark', width = 1200): Promise<OpenPage> =>
    pages.show({ type: 'state', state, features: { sensitivity: true } }, { theme, width, height: 1250 });

  it('shows what is left of each layer over all steps, and leads to the layer', async () => {
    const report = prunedReport();
    const { page, complaints } = await show({ kind: 'compress', report });
    const bars = page.locator('.strip-bar');
    assert.equal(await bars.count(), report.passes[0]!.changed.length);
    assert.match((await bars.nth(1).getAttribute('title')) ?? '', /: 64 → 56 channels, 32 → 16 inputs$/);
    const height = await bars
      .nth(1)
      .locator('.strip-after')
      .evaluate((bar) => (bar as HTMLElement).style.height);
    assert.equal(height, '87.5%');
    assert.match((await columnTexts(page, 'removed')).join('|'), /64 → 16 channels/);
    await bars.nth(3).click();
    const picked = page.locator('.table-row[aria-selected=true]');
    await picked.waitFor();
    assert.equal(await picked.locator('.cell-layer').innerText(), report.passes[0]!.changed[3]!.node);
    assert.deepEqual(complaints, []);
  });

  it('asks for the sensitivity, and adds it without touching what was sorted', async () => {
    const report = prunedReport();
    const { page, send, said, remembered } = await show({ kind: 'compress', report });
    assert.equal(await page.getByRole('columnheader', { name: 'SQNR Alone' }).count(), 0);
    await page.locator('.table-head .cell-layer button').click();
    await page.getByText('Measure Sensitivity…').click();
    assert.deepEqual((await said()).at(-1), { type: 'measureSensitivity' });
    const sensitivity = sensitivityOf(report);
    await send({ type: 'state', state: { kind: 'compress', report, sensitivity }, features: { sensitivity: true } });
    await page.getByText('Measure Sensitivity Again…').waitFor();
    assert.equal(((await remembered()) as { sort: { column: string } }).sort.column, 'layer');
    const header = page.getByRole('columnheader', { name: 'SQNR Alone' });
    await header.getByRole('button').click();
    await header.getByRole('button').click();
    assert.deepEqual((await columnTexts(page, 'alone')).slice(0, 2), ['15.0 dB', '17.0 dB']);
    await page.locator('.strip .segmented').getByText('Sensitivity').click();
    assert.equal(await page.locator('.strip-bar.is-worse').count(), 4);
    assert.equal(((await remembered()) as { strip: string }).strip, 'alone');
  });

  it('treats names as text and is left out where layers say nothing', async () => {
    const report = prunedReport();
    const rename = (name: string): string => `${hostile}${name}`;
    const passes = report.passes.map((pass) => ({
      ...pass,
      changed: pass.changed.map((layer) => ({ ...layer, node: rename(layer.node) })),
    }));
    const { page, complaints } = await show({ kind: 'compress', report: { ...report, passes } });
    assert.ok(((await page.locator('.strip-bar').first().getAttribute('title')) ?? '').includes(hostile));
    assert.equal(await page.locator('img, b, script:not([nonce])').count(), 0);
    assert.equal(await page.evaluate(() => 'hacked' in window), false);
    assert.deepEqual(complaints, []);
    await pages.close();
    const { evaluation: _, ...rest } = squeezenetReport();
    const without = await show({ kind: 'compress', report: { ...rest, passes: [], evaluationSkipped: 'none' } });
    assert.equal(await without.page.locator('.strip').count(), 0);
  });

  it('looks well in each theme, wide and narrow', async () => {
    for (const theme of ['dark', 'light', 'hc', 'hcLight'] as const) {
      for (const width of [1200, 400]) {
        const report = prunedReport();
        const { page, complaints } = await show(
          { kind: 'compress', report, sensitivity: sensitivityOf(report) },
          theme,
          width,
        );
        assert.ok((await overflow(page)) <= 0, `${theme} ${width}`);
        assert.deepEqual(complaints, []);
        await takePicture(page, `strip-${theme}-${width}`, width > 400);
        await pages.close();
      }
    }
  });
});
