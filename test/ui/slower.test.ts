// A quantized model that is slower than the float one: compare them, check it, and let the quick fix do it better.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { build } from '../support/models';
import { eventually } from './support/eventually';
import { workbench } from './support/session';
import { inTime } from './support/workbench';

const folder = 'slower';
const file = (name: string): string => path.join(workbench().folder, folder, name);

/** A small product; `detours` of the input through 8 bits each take many times as long as it. */
function network(detours: number): Uint8Array {
  const builder = build({ inputs: { x: ['float', [256, 2048]] } });
  let value = 'x';
  for (let index = 0; index < detours; index++) {
    const [codes, scale, zero, next] = ['q', 's', 'z', 'd'].map((name) => `${name}${index}`) as [
      string,
      string,
      string,
      string,
    ];
    builder.node('DynamicQuantizeLinear', [value], [codes, scale, zero]);
    builder.node('DequantizeLinear', [codes, scale, zero], next);
    value = next;
  }
  return builder.matMul(value, 'y', [2048, 8]).output('y').bytes();
}

describe('A quantized model that is slower', () => {
  before(() => {
    fs.mkdirSync(file(''), { recursive: true });
    fs.writeFileSync(file('plain.onnx'), network(0));
    fs.writeFileSync(file('detour.onnx'), network(6));
  });
  after(async () => {
    await workbench().tidy();
    fs.rmSync(file(''), { recursive: true });
  });

  it('is a problem once that was measured, and has a fix on the float model', async () => {
    const { page, quickInput } = workbench();
    await workbench().contextMenu(`${folder}/plain.onnx`, 'Compare With…');
    await quickInput.step('Compare plain.onnx With (1/2)');
    await quickInput.choose('detour.onnx');
    await quickInput.step('(2/2)');
    await quickInput.choose('Random inputs');
    const result = await workbench().webview('[data-figure="latency"]', 60_000);
    assert.match(await result.locator('[data-figure="latency"]').innerText(), /slower/);
    await workbench().screenshots('slower-result');

    await workbench().contextMenu(`${folder}/detour.onnx`, 'Check Model');
    const problem = page
      .locator('.markers-panel .monaco-list-row')
      .filter({ hasText: 'times slower than "plain.onnx"' });
    await problem.waitFor();
    const fix = page.locator('.monaco-menu .action-item').filter({ hasText: 'write plain.int8.onnx' });
    await eventually('the quick fix', async () => {
      await problem.click();
      await page.keyboard.press('Control+.');
      // It opens a menu only when there is something to offer.
      return inTime(fix.waitFor({ timeout: 1000 }));
    });
    await workbench().screenshot('slower-fix-dark');
    await fix.click();
    // Whether anything gains in int8 is for the machine to say.
    await workbench().notification('Dynamic 8-bit Quantization of plain.onnx');
  });
});
