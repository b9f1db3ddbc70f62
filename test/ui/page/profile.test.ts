// The profile page in a plain Chromium.   npx mocha 'test/ui/page/**/*.test.ts'
import assert from 'node:assert/strict';
import { type InspectReport } from '../../../src/protocol/report';
import { type ProfileFeatures } from '../../../src/protocol/webview';
import { type OpenPage, type PageOptions, Pages, takePicture, type Theme } from './support/host';
import { transformerProfile, uglyProfile } from './support/profiles';
import { columnTexts } from './support/look';
import { hostile } from './support/reports';

describe('profile page', () => {
  const pages = new Pages('profile');

  const show = (report: InspectReport, options?: PageOptions, features: ProfileFeatures = {}): Promise<OpenPage> =>
    pages.show({ type: 'state', state: { report, bindings: {} }, features }, options);

  it('shows four totals, marks the estimate, and says where the model comes from', async () => {
    const { page } = await show(transformerProfile());
    const total = (id: string): Promise<string> => page.locator(`[data-total=${id}]`).innerText();
    assert.match(await total('file'), /10\.7 MB/);
    assert.match(await total('parameters'), /2\.67 M[\s\S]*stored as float32/);
    assert.match(await total('macs'), /173 M[\s\S]*open dimensions taken as 1[\s\S]* × batch/);
    assert.match(await total('activations'), /349 kB[\s\S]*est\./);
    const head = await page.locator('.head').innerText();
    assert.match(head, /38 layers · made by pytorch 2\.13\.0 · opset 20 · com\.microsoft 1 · IR version 10/);
  });

  it('shows what is known before the layers, and keeps it, with what was typed, when they come', async () => {
    const { layers, ...head } = transformerProfile();
    const { page, send } = await pages.show({ type: 'outline', head, bindings: {} });
    await page.getByText('Working out the cost of each layer…').waitFor();
    assert.match(await page.locator('.head').innerText(), /38 layers/);
    assert.equal(await page.locator('.table, .chart').count(), 0);
    const figures = await page.locator('.totals').innerText();
    const field = page.getByRole('textbox', { name: 'Dimension batch' });
    await field.fill('8');
    await send({ type: 'state', state: { report: { ...head, layers }, bindings: {} } });
    await page.locator('.table').waitFor();
    assert.equal(await page.locator('.totals').innerText(), figures);
    assert.equal(await field.inputValue(), '8');
    assert.ok(await field.evaluate((input) => input.matches(':focus, :focus-within')));
    // Numbers that are complete give way to nothing less.
    await send({ type: 'outline', head, bindings: {} });
    await send({ type: 'busy' });
    await page.locator('main[aria-busy=true]').waitFor();
    assert.equal(await page.locator('.table').count(), 1);
  });

  it('calculates anew when a dimension is typed, and keeps the page meanwhile', async () => {
    const { page, send, said } = await show(transformerProfile());
    const field = page.getByRole('textbox', { name: 'Dimension batch' });
    await field.fill('8');
    await page.waitForTimeout(500);
    assert.deepEqual((await said()).at(-1), { type: 'bind', bindings: { dims: { batch: 8 }, inputShapes: {} } });
    await send({ type: 'busy' });
    await page.locator('[aria-busy=true] .is-busy').waitFor();
    await send({ type: 'state', state: { report: transformerProfile(8), bindings: { dims: { batch: 8 } } } });
    await page.locator('[data-total=macs]').getByText('1.38 G', { exact: true }).waitFor();
    assert.equal(await field.inputValue(), '8');
    assert.match(await page.locator('.dimensions').innerText(), /found\s+known only when the model runs/);
  });

  it('says what is wrong with what was typed, and asks for nothing', async () => {
    const { page, send, said } = await show(transformerProfile());
    const before = (await said()).length;
    await page.getByRole('textbox', { name: 'Dimension batch' }).fill('0x');
    await page.getByText('A dimension is a whole number from 1.').waitFor();
    await page.waitForTimeout(450);
    assert.equal((await said()).length, before);
    await send({ type: 'refused', error: { code: 'usage', message: 'Too large.', hint: 'Try 4.' } });
    await page.getByText('Too large. Try 4.').waitFor();
    assert.equal(await page.locator('.table').count(), 1);
  });

  it('reads weights while their table is open, and draws what they are like', async () => {
    const { page, send, heard } = await show(transformerProfile());
    await page.locator('.views').getByText('Weights').click();
    const asked = (await heard('weights')) as unknown as { names: string[] };
    assert.ok(asked.names.length > 0);
    const stats = { min: -1, max: 2, mean: 0.1, std: 0.5, zeros: 0.25, outliers: 0.001, nonFinite: 0 };
    const histogram = Array.from({ length: 64 }, (_, bin) => (bin % 9) ** 2);
    await send({ type: 'weights', tensors: asked.names.map((name) => ({ name, ...stats, histogram })) });
    const chart = page.locator('#weights .distribution').first();
    assert.equal(await chart.getAttribute('aria-label'), 'from −1.00 to 2.00, mean 0.100');
    assert.deepEqual((await columnTexts(page, 'zeros'))[0], '25.0 %');
  });

  it('finds the groups of channels when their view is opened, and says which are frozen and why', async () => {
    const { page, send, heard } = await show(transformerProfile());
    await page.locator('.views').getByText('Channels').click();
    await heard('groups');
    await page.getByText('Finding the channels').waitFor();
    const group = { index: 0, kind: 'heads', channels: 6, makers: ['qkv', 'k'], readers: [hostile], tensors: [] };
    const frozen = { ...group, index: 1, kind: 'channels', makers: ['patch'], frozen: hostile };
    await send({ type: 'groups', groups: [group, frozen] });
    await page.locator('#groups').waitFor();
    assert.deepEqual(await columnTexts(page, 'frozen'), ['yes', hostile]);
    assert.deepEqual(await columnTexts(page, 'kind'), ['heads', 'channels']);
    assert.match((await columnTexts(page, 'layer'))[0]!.replace(/\s+/g, ' '), /^qkv ?\+1$/);
    assert.match(await page.locator('.profile-groups .section-tools').innerText(), /1 of 2 may shrink/);
    await page.locator('.profile-groups .filter input').fill('patch');
    assert.deepEqual(await columnTexts(page, 'channels'), ['6']);
    assert.equal(await page.locator('img, b, script:not([nonce])').count(), 0);
  });

  it('draws the graph by scope: the keyboard walks it, opens and closes scopes', async () => {
    const { page } = await show(transformerProfile());
    await page.locator('.views').getByText('Graph').click();
    await page.getByText('Close All Scopes').click();
    const boxes = (): Promise<string> => page.locator('.graph .section-count').innerText();
    const closed = Number.parseInt(await boxes(), 10);
    await page.locator('.graph-frame canvas').focus();
    const name = page.locator('#graph-details strong');
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('ArrowDown');
      if ((await name.innerText()) === 'blocks') break;
    }
    assert.equal(await name.innerText(), 'blocks');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (before) => Number.parseInt(document.querySelector('.graph .section-count')?.textContent ?? '0', 10) > before,
      closed,
    );
  });

  it('shows times and how layers run once the model was measured', async () => {
    const report = transformerProfile();
    const { page, send, said } = await show(report, {}, { measure: true });
    await page.getByRole('button', { name: 'Measure' }).click();
    assert.deepEqual((await said()).at(-1), { type: 'measure' });
    const layers = report.layers.map(({ name, opType }, index) => ({
      node: name,
      opType,
      runsAs: 'float',
      ...(index % 2 === 0 ? { latencyMs: 0.5 } : { fusedInto: report.layers[index - 1]!.name }),
    }));
    const audit = { runtime: 'ONNX Runtime', quantized: false, layers, counts: {}, conversions: {} };
    await send({ type: 'measured', audit });
    await page.getByText('Measured Time').click();
    assert.deepEqual((await columnTexts(page, 'time')).slice(0, 2), ['0.500 ms', '']);
    assert.equal((await columnTexts(page, 'runsAs'))[0], 'float');
    assert.match(await page.locator('.costs .section-count').innerText(), /9\.50 ms/);
  });

  it('draws each scope as wide as it costs, and changes with the cost', async () => {
    const { page } = await show(transformerProfile());
    const widths = async (name: string): Promise<number> => {
      const box = await page.getByRole('treeitem', { name }).first().boundingBox();
      return box?.width ?? 0;
    };
    const [model, block] = [await widths('Model:'), await widths('blocks/0:')];
    assert.ok(Math.abs(block / model - 28_753_920 / 173_115_264) < 0.01, `${block} of ${model}`);
    await page.getByText('Weight Bytes').click();
    assert.equal(await page.getByRole('radio', { name: 'Weight Bytes' }).isChecked(), true);
    assert.match(await page.locator('.costs .section-count').innerText(), /10\.7 MB/);
    assert.match((await page.getByRole('treeitem').first().getAttribute('title')) ?? '', /Model: 10\.7 MB, 100 %/);
  });

  it('looks closer by mouse and keyboard, takes the table along, and steps back', async () => {
    const { page, remembered } = await show(transformerProfile());
    await page.getByRole('treeitem', { name: 'blocks/2:' }).click();
    assert.equal(await page.locator('#layers-title [role=status]').innerText(), '6 of 38 layers');
    assert.deepEqual(await page.locator('.way > *').allInnerTexts(), ['Model', 'blocks', '2']);
    assert.equal(((await remembered()) as { scope: string }).scope, 'blocks/2');
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#layers-title [role=status]').innerText(), '2 of 38 layers');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#layers-title [role=status]').innerText(), '6 of 38 layers');
    await page.getByRole('button', { name: 'in blocks/2' }).click();
    assert.equal(await page.locator('#layers-title [role=status]').innerText(), '38 layers');
  });

  it('finds the layer of a block in the table, and opens it in the text', async () => {
    const { page, said } = await show(transformerProfile(), {}, { revealLayer: true });
    await page.getByRole('treeitem', { name: '/blocks/5/attn/qkv/' }).click();
    const row = page.locator('.table-row[aria-selected=true]');
    assert.match(await row.innerText(), /\/blocks\/5\/attn\/qkv\/MatMul_32/);
    await row.dblclick();
    assert.deepEqual((await said()).at(-1), { type: 'revealLayer', index: 32, name: '/blocks/5/attn/qkv/MatMul_32' });
  });

  it('leads to a layer in the graph: opens its scopes, selects it, brings it to the middle', async () => {
    const { page, send, remembered, complaints } = await show(transformerProfile());
    const details = page.locator('#graph-details strong');
    const first = '/blocks/5/attn/qkv/MatMul_32';
    await send({ type: 'showLayer', name: first });
    await details.getByText(first, { exact: true }).waitFor();
    assert.equal(((await remembered()) as { view: string }).view, 'graph');

    await page.getByText('Close All Scopes').click();
    await page
      .locator('.graph .section-count')
      .getByText(/^[1-9] boxes$/)
      .waitFor();
    await send({ type: 'showLayer', name: first });
    await details.getByText(first, { exact: true }).waitFor();
    const canvas = page.locator('.graph-frame canvas');
    assert.equal(await canvas.evaluate((element) => element === document.activeElement), true);
    const box = await canvas.boundingBox();
    assert.ok(box && box.y >= 0 && box.y + box.height <= 900, 'the graph is scrolled into sight');
    await page.keyboard.press('Escape');
    assert.equal(await details.count(), 0);
    await canvas.click();
    assert.equal(await details.innerText(), first, 'it is in the middle');

    // Nobody seeks it any more: other views and back leave the page where it is.
    await page.keyboard.press('Escape');
    await page.locator('.views').getByText('Layers').click();
    await page.locator('.views').getByText('Graph').click();
    await page.waitForTimeout(100);
    assert.equal(await details.count(), 0);
    await send({ type: 'showLayer', name: 'no such layer' });
    await page.waitForTimeout(100);
    assert.equal(await details.count(), 0);
    assert.deepEqual(complaints, []);
  });

  it('offers what the host can do, the first first', async () => {
    const actions = [
      { id: 'a.quantize', title: 'Quantize Model…' },
      { id: 'a.compare', title: 'Compare With…' },
    ];
    const { page, said } = await show(transformerProfile(), {}, { actions, openText: true });
    await page.getByText('Compare With…').click();
    await page.getByText('Open as Text').click();
    assert.deepEqual((await said()).slice(1), [{ type: 'act', action: 'a.compare' }, { type: 'openText' }]);
    assert.equal(await page.locator('vscode-button[appearance=primary]').innerText(), 'Quantize Model…');
  });

  it('treats every name of a model as text, and draws without costs', async () => {
    const { page, complaints, said } = await show(uglyProfile());
    assert.ok((await page.locator('.inputs').innerText()).includes(hostile));
    assert.equal(await page.locator('img, b, script:not([nonce])').count(), 0);
    const formula = await page.locator('[data-total=macs] .clipped').boundingBox();
    assert.ok(formula && formula.height < 30, 'a formula without end takes one line');
    assert.equal(await page.locator('.notice').count(), 3);
    await page.getByText('Show All 9 Warnings').click();
    assert.equal(await page.locator('.notice').count(), 9);
    assert.equal(await page.locator('.port').count(), 4);
    await page.getByText('Show All 22 Inputs').click();
    assert.equal(await page.locator('.port').count(), 22);
    await page.getByRole('textbox', { name: 'Shape of anything' }).fill('1, 2x3');
    await page.waitForTimeout(500);
    const bindings = { dims: {}, inputShapes: { anything: [1, 2, 3] } };
    assert.deepEqual((await said()).at(-1), { type: 'bind', bindings });
    assert.equal(await page.evaluate(() => 'hacked' in window), false);
    assert.deepEqual(complaints, []);
    await pages.close();
    const { layers: _, ...rest } = transformerProfile();
    const empty = await show({ ...rest, layers: [] });
    await empty.page.getByText('No layer of this model costs anything here.').waitFor();
  });

  it('draws a few of 100,000 layers', async () => {
    const { page } = await show(transformerProfile(1, 16_666));
    assert.match(await page.locator('#layers-title').innerText(), /99,998 layers/);
    assert.ok((await page.locator('.table-row').count()) < 80);
    assert.ok((await page.getByRole('treeitem').count()) < 2500);
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+End');
    await page.locator('[aria-rowindex="99999"]').waitFor();
  }).timeout(120_000);

  for (const theme of ['dark', 'light', 'hc', 'hcLight'] as const satisfies readonly Theme[]) {
    it(`fits into 400 pixels and breaks no policy (${theme})`, async () => {
      for (const [name, report] of Object.entries({ vit: transformerProfile(), ugly: uglyProfile() })) {
        const { page, complaints } = await show(report, { theme, width: 400 });
        const overflow = (): Promise<number> =>
          page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok((await overflow()) <= 0, name);
        await takePicture(page, `profile-${name}-${theme}-400`, false);
        await page.setViewportSize({ width: 1200, height: 900 });
        await page.locator('.table.wide').waitFor();
        assert.ok((await overflow()) <= 0, name);
        await takePicture(page, `profile-${name}-${theme}-1200`, false);
        assert.deepEqual(complaints, [], name);
        await pages.close();
      }
    });
  }
});
