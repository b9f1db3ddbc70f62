// The sensitivity page in a plain Chromium: curves with their table, layers in 8 bits, keys, themes, and hostile names.
//   npx mocha test/ui/page/sensitivity.test.ts
import assert from 'node:assert/strict';
import {
  type CurveSensitivity,
  type QuantizationSensitivity,
  type SensitivityCurve,
  type SensitivityReport,
} from '../../../src/protocol/sensitivity';
import { type OpenPage, type PageOptions, Pages, takePicture, type Theme } from './support/host';
import { columnTexts, focusNow, overflow } from './support/look';
import { hostile } from './support/reports';

const ratios = [0.1, 0.3, 0.5, 0.7];

function curve(group: number, rank: number, nodes: readonly string[], decibels: readonly number[]): SensitivityCurve {
  const points = ratios.map((share, index) => ({
    ...{ removed: Math.round(64 * share), share, db: decibels[index]!, saved: share / 10, accuracy: 0.9 - share / 2 },
  }));
  return { group, rank, nodes, readers: [`reader${group}`], channels: 64, points };
}

function pruning(change: Partial<CurveSensitivity> = {}): CurveSensitivity {
  return {
    of: 'prune',
    path: '/models/resnet.onnx',
    criterion: 'taylor',
    ratios,
    curves: [
      curve(0, 2, ['stem', 'layer1/conv2'], [30, 20, 12.04, 6]),
      curve(1, 1, ['layer1/conv1'], [22, 9, 3, -1.5]),
      curve(2, 3, [hostile], [41, 35, 28, 20]),
    ],
    leftOut: [{ nodes: ['late'], reason: 'The time that was given ran out before it could be measured.' }],
    accuracy: 0.875,
    ...{ samples: 16, data: '16 images from photos', random: false, notes: [], seconds: 4.2 },
    ...change,
  };
}

const int8: QuantizationSensitivity = {
  of: 'int8',
  path: '/models/resnet.onnx',
  layers: [
    { node: 'conv1', opType: 'Conv', rank: 2, weightDb: 40, aloneDb: 45, cumulativeDb: 42, weightBytes: 9408 },
    { node: 'conv2', opType: 'Conv', rank: 1, weightDb: 39, aloneDb: 30, cumulativeDb: 29, weightBytes: 36_864 },
    { node: 'add', opType: 'Add', rank: 3, aloneDb: null, weightBytes: 0 },
  ],
  allDb: 28.5,
  calibrationSamples: 8,
  ...{ samples: 8, data: '8 random samples', random: true, notes: ['The inputs were random.'], seconds: 1 },
};

describe('sensitivity page', () => {
  const pages = new Pages('sensitivity');

  const show = (report: SensitivityReport, options?: PageOptions): Promise<OpenPage> =>
    pages.show({ type: 'state', report }, options);

  it('says what was tried and on what, and lists groups from the most fragile', async () => {
    const { page, said, complaints } = await show(pruning());
    assert.deepEqual(await said(), [{ type: 'ready' }]);
    const head = await page.locator('.head').innerText();
    assert.match(head, /^resnet\.onnx[\s\S]*Groups tried: 3; criterion: taylor\. Top-1 of the whole model: 87\.5 %/);
    assert.match(head, /measured on 16 samples \(16 images from photos\) · took 4\.2/);
    assert.deepEqual((await columnTexts(page, 'layer')).slice(0, 2), ['layer1/conv1', 'stem and 1 more']);
    assert.deepEqual(await columnTexts(page, 'ratio-2'), ['3.0 dB', '12.0 dB', '28.0 dB']);
    assert.deepEqual(await columnTexts(page, 'saved'), ['5.00 %', '5.00 %', '5.00 %']);
    await page.getByText('Groups that were not measured: 1').click();
    assert.match(await page.locator('.left-out').innerText(), /ran out[\s\S]*late/);
    assert.deepEqual(complaints, []);
    await takePicture(page, 'sensitivity');
  });

  it('draws a line for each group, and finds the nearest point', async () => {
    const { page } = await show(pruning());
    assert.equal(await page.locator('.curve').count(), 3);
    const box = (await page.locator('.curves svg').boundingBox())!;
    await page.mouse.move(box.x + 64 + 0.39 * (box.width - 264), box.y + 20);
    await page.getByText(`19 of 64 channels gone, 35.0 dB, saves 3.00 % of the MACs`).waitFor();
    assert.ok((await page.locator('.curve-said').innerText()).includes('read by reader2'));
    await page.mouse.click(box.x + 64 + 0.39 * (box.width - 264), box.y + 20);
    assert.match(await page.locator('.table-row[aria-selected=true]').innerText(), /^3/);
  });

  it('is walked with the keyboard, and speaks', async () => {
    const { page } = await show(pruning());
    await page.locator('.curves').focus();
    assert.ok((await page.evaluate(focusNow)).isMarked);
    const active = (): Promise<string | null> => page.locator('.curve[aria-selected=true]').getAttribute('aria-label');
    assert.match((await active())!, /^layer1\/conv1: 32 of 64 channels gone, 3\.00 dB/);
    await page.keyboard.press('ArrowRight');
    assert.match((await active())!, /^layer1\/conv1: 45 of 64 channels gone, −1\.50 dB/);
    await page.keyboard.press('ArrowDown');
    assert.match((await active())!, /^stem and 1 more: 45 of 64 channels gone, 6\.00 dB/);
    assert.equal(await page.locator('.curves').getAttribute('aria-activedescendant'), 'curve-1');
    await page.keyboard.press('Enter');
    assert.match(await page.locator('.table-row[aria-selected=true]').innerText(), /stem and 1 more/);
  });

  it('switches between error and top-1, in chart and table, and remembers it', async () => {
    const { page, remembered } = await show(pruning());
    await page.getByText('Top-1', { exact: true }).click();
    await page.getByText('MACs Saved').click();
    assert.deepEqual(await columnTexts(page, 'ratio-0'), ['85.0 %', '85.0 %', '85.0 %']);
    assert.match(await page.locator('.axis-title').innerHTML(), /MACs that is saved/);
    const state = await remembered();
    assert.deepEqual(state, { ...(state as object), upwards: 'accuracy', rightwards: 'saved' });
    await pages.close();
    const again = await show(pruning(), { state });
    assert.deepEqual(await columnTexts(again.page, 'ratio-0'), ['85.0 %', '85.0 %', '85.0 %']);
    await pages.close();
    const { accuracy: _, ...unlabelled } = pruning();
    const plain = await show(unlabelled, { state });
    assert.equal(await plain.page.getByText('Top-1', { exact: true }).count(), 0);
    assert.deepEqual(await columnTexts(plain.page, 'ratio-0'), ['22.0 dB', '30.0 dB', '41.0 dB']);
  });

  it('shows layers of lower rank in words of their own', async () => {
    const { page, complaints } = await show(pruning({ of: 'factorize', criterion: 'svd', leftOut: [] }));
    assert.match(
      await page.locator('.head').innerText(),
      /one layer alone is brought to a lower rank\. Layers tried: 3\.[\s\S]*87\.5 %/,
    );
    assert.match(
      await page.locator('.curve-said').innerText(),
      /layer1\/conv1: rank 32 of 64, 3\.00 dB, saves 5\.00 %/,
    );
    assert.equal(await page.locator('.axis-title').innerHTML(), 'share of the layer’s MACs that is gone');
    assert.match(await page.locator('.table-head').innerText(), /Layer[\s\S]*Full Rank[\s\S]*−10 %/);
    assert.equal(await page.getByText('Factorize…').count(), 1);
    assert.deepEqual(complaints, []);
  });

  it('shows layers in 8 bits, and what each adds to the loss', async () => {
    const { page, said } = await show(int8);
    assert.match(
      await page.locator('.head').innerText(),
      /Layers tried: 3; SQNR with all of them in 8 bits: 28\.5 dB[\s\S]*inputs were random/,
    );
    assert.equal(await page.locator('.curves').count(), 0);
    assert.deepEqual(await columnTexts(page, 'layer'), ['conv2', 'conv1', 'add']);
    assert.deepEqual(await columnTexts(page, 'alone'), ['30.0 dB', '45.0 dB', 'exact']);
    assert.deepEqual(await columnTexts(page, 'share'), ['96.9 %', '3.07 %', '0 %']);
    await page.getByText('Quantize Statically…').click();
    assert.deepEqual((await said()).at(-1), { type: 'compress' });
    await takePicture(page, 'sensitivity-int8');
  });

  it('treats every name of a model as text', async () => {
    const { page, complaints } = await show(pruning());
    assert.ok((await columnTexts(page, 'layer')).includes(hostile));
    assert.equal(await page.locator('img, b, script:not([nonce])').count(), 0);
    assert.deepEqual(complaints, []);
  });

  for (const theme of ['dark', 'light', 'hc', 'hcLight'] as readonly Theme[]) {
    for (const width of [1200, 420]) {
      it(`fits ${width} pixels in ${theme}`, async () => {
        const { page, complaints } = await show(pruning(), { theme, width });
        assert.ok((await overflow(page)) <= 0);
        assert.deepEqual(complaints, []);
        await takePicture(page, `sensitivity-${theme}-${width}`);
      });
    }
  }
});
