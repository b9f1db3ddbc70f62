// Pruning and factorization by the mouse: right-click a model, choose the data in the review, and read on the page what
// each layer lost.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type Frame } from 'playwright-core';
import { questionsOf } from '../../src/host/compress/questions';
import { declarations, type PassId } from '../../src/passes/declarations';
import { build } from '../support/models';
import { npyFloats } from '../support/npy';
import { normals, seeded } from '../support/random';
import { workbench } from './support/session';

const folder = 'structure';
const file = (name: string): string => path.join(workbench().folder, folder, name);

function network(): Uint8Array {
  return build({ inputs: { x: ['float', ['n', 3, 16, 16]] } })
    .conv('x', 'a', { channels: 32, inputChannels: 3, pad: 1, name: 'stem' })
    .relu('a', 'ar')
    .conv('ar', 'b', { channels: 64, inputChannels: 32, pad: 1, name: 'middle' })
    .relu('b', 'br')
    .conv('br', 'c', { channels: 16, inputChannels: 64, pad: 1, name: 'last' })
    .node('GlobalAveragePool', ['c'], 'y', {}, { name: 'pool' })
    .output('y', 'float')
    .bytes();
}

/** Takes each question as it is asked, then the data in the review, and starts. */
async function runWithData(pass: PassId, created: string): Promise<Frame> {
  const { quickInput } = workbench();
  const { title } = declarations[pass];
  for (const question of questionsOf(declarations[pass])) {
    await quickInput.step(question.kind === 'flags' ? `${title} (` : `${title}: ${question.option.title} (`);
    await quickInput.accept();
  }
  await quickInput.step(new RegExp(`^${title} \\(`));
  await quickInput.choose('Learn from and compare on');
  await quickInput.step(`${title}: Data`);
  await quickInput.choose('samples.data.json');
  await quickInput.step(new RegExp(`^${title} \\(`));
  await workbench().screenshot(`${pass}-review-dark`);
  await quickInput.choose(`Create ${created}`);
  await workbench().editorTab(created).waitFor({ timeout: 120_000 });
  return workbench().webview('.removed');
}

/** What the page says that a layer kept: "64 → 44 channels". */
const kept = (page: Frame, layer: string): Promise<string> =>
  page.locator('.table-row').filter({ hasText: layer }).locator('.removed-text').innerText();

describe('Prune Model… and Low-Rank Factorization…', () => {
  before(() => {
    fs.mkdirSync(file(''), { recursive: true });
    fs.writeFileSync(file('network.onnx'), network());
    fs.writeFileSync(file('samples.npy'), npyFloats([12, 3, 16, 16], [...normals(seeded(3), 12 * 3 * 16 * 16, 1)]));
    fs.writeFileSync(file('samples.data.json'), JSON.stringify({ samples: 'samples.npy', input: 'x' }));
  });
  after(async () => {
    await workbench().tidy();
    fs.rmSync(file(''), { recursive: true });
  });

  it('prunes channels on data from the review, and shows how many each layer kept', async () => {
    await workbench().contextMenu(`${folder}/network.onnx`, 'Prune Model…');
    await workbench().quickInput.step('network.onnx (1/');
    await workbench().quickInput.choose('Prune Channels');
    const page = await runWithData('prune-channels', 'network.pruned.onnx');
    const [, before, after] = /^(\d+) → (\d+) channels$/.exec(await kept(page, 'middle')) ?? [];
    assert.ok(Number(before) === 64 && Number(after) < 64, `${before} → ${after}`);
    assert.match(await page.locator('.head').innerText(), /Prune Channels[\s\S]*Recover Accuracy/);
    assert.match(await page.locator('[data-figure="quality"]').innerText(), /samples\.npy/);
    assert.ok((await page.locator('.strip-bar').count()) >= 2);
    await workbench().screenshots('prune-result');
    await page.locator('.strip-bar').last().click();
    await page.locator('.table-row[aria-selected=true]').waitFor();
    await workbench().screenshot('prune-result-layer-dark');
  });

  it('factorizes on data from the review, and shows the rank that each layer kept', async () => {
    await workbench().contextMenu(`${folder}/network.onnx`, 'Low-Rank Factorization…');
    const page = await runWithData('factorize', 'network.lowrank.onnx');
    assert.match(await page.locator('.removed-text').first().innerText(), /\d+ → \d+/);
    assert.match(await page.locator('[data-figure="macs"]').innerText(), /[\d.]+× less/);
    await workbench().screenshots('factorize-result');
  });
});
