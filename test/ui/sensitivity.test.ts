// Sensitivity by the mouse: right-click a model, choose what to try and the data, read the curves, go on to pruning.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { build } from '../support/models';
import { npyFloats } from '../support/npy';
import { normals, seeded } from '../support/random';
import { workbench } from './support/session';

const folder = 'sensitive';
const file = (name: string): string => path.join(workbench().folder, folder, name);

function network(): Uint8Array {
  return build({ inputs: { x: ['float', ['n', 3, 16, 16]] } })
    .conv('x', 'a', { channels: 32, inputChannels: 3, pad: 1, name: 'stem' })
    .relu('a', 'ar')
    .conv('ar', 'b', { channels: 48, inputChannels: 32, pad: 1, name: 'middle' })
    .relu('b', 'br')
    .conv('br', 'c', { channels: 16, inputChannels: 48, pad: 1, name: 'last' })
    .node('GlobalAveragePool', ['c'], 'y', {}, { name: 'pool' })
    .output('y', 'float')
    .bytes();
}

/** By the keyboard: the mouse rests on the list, and what an item says on hover would cover its neighbour. */
async function chooseSamples(): Promise<void> {
  const { quickInput } = workbench();
  await quickInput.fill('samples.data');
  await quickInput.item('samples.data.json').waitFor();
  await quickInput.accept();
}

describe('Sensitivity…', () => {
  before(() => {
    fs.mkdirSync(file(''), { recursive: true });
    fs.writeFileSync(file('network.onnx'), network());
    fs.writeFileSync(file('samples.npy'), npyFloats([6, 3, 16, 16], [...normals(seeded(3), 6 * 3 * 16 * 16, 1)]));
    fs.writeFileSync(file('samples.data.json'), JSON.stringify({ samples: 'samples.npy', input: 'x' }));
  });
  after(async () => {
    await workbench().tidy();
    fs.rmSync(file(''), { recursive: true });
  });

  it('shows a curve for each group of channels, and leads on to pruning', async () => {
    const { quickInput } = workbench();
    await workbench().contextMenu(`${folder}/network.onnx`, 'Sensitivity…');
    await quickInput.step('Sensitivity of network.onnx (1/2)');
    assert.deepEqual(await quickInput.labels(), ['Pruning', 'Factorization', '8 bits']);
    await quickInput.choose('Pruning');
    await quickInput.step('Sensitivity of network.onnx (2/2)');
    await chooseSamples();

    const page = await workbench().webview('.curves svg', 60_000);
    assert.match(
      await page.locator('.head').innerText(),
      /Groups tried: 2; criterion: taylor[\s\S]*measured on 6 samples/,
    );
    assert.equal(await page.locator('.curve').count(), 2);
    const rows = page.locator('.table-body .table-row');
    assert.equal(await rows.count(), 2);
    assert.match((await rows.allInnerTexts()).join(' '), /stem[\s\S]*middle|middle[\s\S]*stem/);
    await page.locator('.curves').focus();
    await workbench().page.keyboard.press('ArrowDown');
    await page.locator('#curve-1[aria-selected=true]').waitFor({ state: 'attached' });
    for (const theme of ['dark', 'light', 'contrast'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`sensitivity-${theme}`);
    }
    await workbench().setTheme('dark');

    await page.getByText('Prune Channels…').click();
    await quickInput.step('Prune Channels');
    await workbench().page.keyboard.press('Escape');
    await quickInput.closed();
  });

  it('shows a curve for each layer of lower rank, from the tree', async () => {
    const { page, quickInput } = workbench();
    await workbench().openView('Lapidary');
    const row = page.locator('.part.sidebar .monaco-list-row').filter({ hasText: 'network.onnx' }).first();
    await workbench().contextMenuOf(row, 'Sensitivity…');
    await quickInput.step('Sensitivity of network.onnx (1/2)');
    await quickInput.choose('Factorization');
    await quickInput.step('Sensitivity of network.onnx (2/2)');
    await chooseSamples();
    await workbench().editorTab('Sensitivity of network.onnx: Factorization').waitFor({ timeout: 60_000 });
    const shown = await workbench().webview('.axis-title');
    assert.match(await shown.locator('.head').innerText(), /brought to a lower rank[\s\S]*Factorize…/);
    assert.ok((await shown.locator('.curve').count()) >= 2);
    await workbench().openView('Explorer');
  });

  it('shows what each layer loses in 8 bits, from the command palette', async () => {
    const { quickInput } = workbench();
    await workbench().runCommand('View: Close All Editors');
    await workbench().runCommand('Lapidary: Sensitivity…');
    await quickInput.step('Sensitivity (1/3)');
    await quickInput.choose('network.onnx');
    await quickInput.step('Sensitivity of network.onnx (2/3)');
    await quickInput.choose('8 bits');
    await quickInput.step('Sensitivity of network.onnx (3/3)');
    await chooseSamples();
    const page = await workbench().webview('.sensitivity-layers .table-row', 60_000);
    assert.match(
      await page.locator('.head').innerText(),
      /Layers tried: 3; SQNR with all of them in 8 bits: [\d.]+ dB/,
    );
    assert.equal(await page.locator('.table-body .table-row').count(), 3);
    await workbench().screenshots('sensitivity-int8');
  });

  it('shows it again after the window was reloaded', async () => {
    const { page } = workbench();
    await workbench().runCommand('Developer: Reload Window');
    await page.locator('.monaco-workbench .part.statusbar').waitFor({ state: 'detached' });
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    await workbench().editorTab('Sensitivity of network.onnx: 8 bits').waitFor();
    const shown = await workbench().webview('.sensitivity-layers .table-row', 60_000);
    assert.equal(await shown.locator('.table-body .table-row').count(), 3);
    await workbench().setTheme('dark');
  });
});
