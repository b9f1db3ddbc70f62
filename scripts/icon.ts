// Draws media/icon.png from media/icon.svg, which the marketplace does not take: npx tsx scripts/icon.ts
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './lib/paths';
import { chromiumLaunchOptions } from './vscode/chromium';

const size = 256;

async function main(): Promise<void> {
  const browser = await chromium.launch(await chromiumLaunchOptions());
  try {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const svg = fs.readFileSync(path.join(root, 'media/icon.svg'), 'utf8');
    await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
    await page.screenshot({ path: path.join(root, 'media/icon.png'), omitBackground: true });
  } finally {
    await browser.close();
  }
}

void main();
