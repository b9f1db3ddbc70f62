// The gates of a recipe on the result page: what was wanted, what was found, and what became of the file.
import assert from 'node:assert/strict';
import { type GateReport } from '../../../src/protocol/recipe';
import { type OpenPage, Pages, takePicture, type Theme } from './support/host';
import { overflow } from './support/look';
import { squeezenetReport } from './support/reports';

const gates: readonly GateReport[] = [
  { gate: 'maxSizeRatio', wanted: 0.3, measured: 0.2713, passed: true },
  {
    gate: 'minSpeedup',
    wanted: 1.5,
    measured: 1.012,
    passed: false,
    reason: 'The difference is inside the noise of the measurement.',
  },
  { gate: 'minSqnrDb', wanted: 20, measured: null, passed: true },
  { gate: 'maxMetricDrop', wanted: 0.01, measured: null, passed: false, reason: 'There are no labels.' },
];

describe('result page: gates', () => {
  const pages = new Pages('result');

  function show(shown: readonly GateReport[], theme: Theme = 'dark', width = 1200): Promise<OpenPage> {
    const written = shown.every(({ passed }) => passed);
    const report = { ...squeezenetReport(), gates: shown, written };
    const message = { type: 'state', state: { kind: 'compress', report }, features: { reveal: written } };
    return pages.show(message, { theme, width }, '.gates');
  }

  it('says of each what was measured and wanted, and that the file was not written', async () => {
    const { page, complaints } = await show(gates);
    const rows = await page.locator('.gates-table tbody tr').allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.replace(/\s+/g, ' ')),
      [
        'Size ratio 0.271 at most 0.3 ✓ passed',
        'Speed-up 1.01× at least 1.5× ✗ failed The difference is inside the noise of the measurement.',
        'SQNR identical outputs at least 20.0 dB ✓ passed',
        'Metric drop not measured at most 0.01 ✗ failed There are no labels.',
      ],
    );
    assert.match(await page.locator('.gates .notice').innerText(), /was not written: it misses a gate/);
    assert.equal(await page.getByRole('button', { name: 'Reveal File' }).count(), 0);
    assert.deepEqual(complaints, []);
  });

  it('has no warning when all are met', async () => {
    const { page } = await show(gates.slice(0, 1));
    assert.equal(await page.locator('.gates .notice').count(), 0);
  });

  it('looks well in each theme, wide and narrow', async () => {
    for (const theme of ['dark', 'light', 'hc'] as const) {
      const shown = await show(gates, theme);
      await takePicture(shown.page, `gates-${theme}`);
      await pages.close();
    }
    const { page } = await show(gates, 'light', 420);
    await page.locator('.gates').scrollIntoViewIfNeeded();
    await takePicture(page, 'gates-narrow', false);
    assert.ok((await overflow(page)) <= 0);
  });
});
