// Static quantization by the mouse: right-click a model, choose the data to calibrate with, and read which layers run in
// int8 and what each has lost.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { build } from '../support/models';
import { npyFloats } from '../support/npy';
import { normals, seeded } from '../support/random';
import { workbench } from './support/session';

const folder = 'calibrate';
const file = (name: string): string => path.join(workbench().folder, folder, name);

/** Convolutions wide enough to be faster in int8 on any machine, and a Tanh, which has no int8 kernel. */
function network(): Uint8Array {
  return build({ inputs: { x: ['float', ['n', 3, 32, 32]] } })
    .conv('x', 'a', { channels: 64, inputChannels: 3, pad: 1, name: 'stem' })
    .relu('a', 'ar')
    .conv('ar', 'b', { channels: 64, inputChannels: 64, pad: 1, name: 'middle' })
    .relu('b', 'br')
    .conv('br', 'c', { channels: 64, inputChannels: 64, pad: 1, name: 'last' })
    .node('Tanh', ['c'], 't', {}, { name: 'squash' })
    .node('GlobalAveragePool', ['t'], 'y', {}, { name: 'pool' })
    .output('y', 'float')
    .bytes();
}

describe('Quantize Model… with calibration data', () => {
  before(() => {
    fs.mkdirSync(file(''), { recursive: true });
    fs.writeFileSync(file('network.onnx'), network());
    fs.writeFileSync(file('samples.npy'), npyFloats([12, 3, 32, 32], [...normals(seeded(3), 12 * 3 * 32 * 32, 1)]));
    fs.writeFileSync(file('samples.data.json'), JSON.stringify({ samples: 'samples.npy', input: 'x' }));
  });
  after(async () => {
    await workbench().tidy();
    fs.rmSync(file(''), { recursive: true });
  });

  it('offers the data of the workspace, and shows how each layer runs and what it has lost', async () => {
    const { quickInput } = workbench();
    await workbench().contextMenu(`${folder}/network.onnx`, 'Quantize Model…');
    await quickInput.step('network.onnx (1/');
    await quickInput.choose('Fastest on this CPU');
    await quickInput.step('Fastest on this CPU: Data');
    await workbench().screenshot('calibrate-data-dark');
    await quickInput.choose('samples.data.json');
    await quickInput.step(/^Fastest on this CPU \(/);
    await quickInput.choose('Create network.fastest.onnx');

    const page = await workbench().webview('.cell-runs', 120_000);
    assert.match(await page.locator('.head').innerText(), /3 of 3 layers with MACs run in int8/);
    const row = (name: string) => page.locator('.table-body .table-row').filter({ hasText: name });
    assert.equal(await row('middle').locator('.cell-runs').innerText(), 'int8');
    assert.match(await row('middle').locator('.cell-sqnr').innerText(), /^[\d.]+ dB$/);
    const squash = row('squash').locator('.cell-runs');
    assert.equal(await squash.innerText(), 'float + Q/DQ');
    assert.match((await squash.locator('[title]').first().getAttribute('title')) ?? '', /no int8 Tanh/);
    for (const theme of ['dark', 'light'] as const) {
      await workbench().setTheme(theme);
      await workbench().screenshot(`calibrate-result-${theme}`);
    }
    await workbench().setTheme('dark');
    assert.ok(fs.statSync(file('network.fastest.onnx')).size < 0.4 * fs.statSync(file('network.onnx')).size);
  });

  it('measures on request what each layer loses alone, and adds it to the page', async () => {
    const { quickInput } = workbench();
    const page = await workbench().webview('.cell-runs');
    assert.equal(await page.getByRole('columnheader', { name: 'SQNR Alone' }).count(), 0);
    await page.getByText('Measure Sensitivity…').click();
    await quickInput.step('Sensitivity of network.onnx');
    await quickInput.choose('samples.data.json');
    const measured = await workbench().webview('.cell-alone', 120_000);
    await measured.getByText('Measure Sensitivity Again…').waitFor();
    const middle = measured.locator('.table-body .table-row').filter({ hasText: 'middle' });
    assert.match(await middle.locator('.cell-alone').innerText(), /^[\d.]+ dB$/);
    await measured.locator('.strip .segmented').getByText('Sensitivity').click();
    await measured.getByText(/lower is more sensitive/).waitFor();
    await workbench().screenshots('calibrate-sensitivity');
  });
});
