// PyTorch source with the export of its network in the same workspace: costs at the lines, and from a layer to its line.
import fs from 'node:fs';
import path from 'node:path';
import { build } from '../support/models';
import { workbench } from './support/session';

const file = (name: string): string => path.join(workbench().folder, 'network', name);

const source = `"""A small network, and how much of it is where."""
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        y = torch.relu(self.first(x))
        return torch.relu(x + self.second(y))


class Network(nn.Module):
    def __init__(self, width=16, depth=3):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])
        self.tail = nn.Conv2d(width, 10, 3, padding=1)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = self.blocks(x)
        return self.tail(x).mean((2, 3))
`;

/** As the TorchScript exporter names things. */
function network(): Uint8Array {
  const width = 16;
  const model = build({ inputs: { image: ['float', ['N', 3, 32, 32]] } })
    .conv('image', 'stem', { name: '/stem/Conv', channels: width, inputChannels: 3, pad: 1 })
    .node('Relu', ['stem'], 'b0', {}, { name: '/Relu' });
  for (const index of [0, 1, 2]) {
    const scope = `/blocks/blocks.${index}`;
    const conv = { channels: width, inputChannels: width, pad: 1 };
    model
      .conv(`b${index}`, `f${index}`, { ...conv, name: `${scope}/first/Conv` })
      .node('Relu', [`f${index}`], `r${index}`, {}, { name: `${scope}/Relu` })
      .conv(`r${index}`, `s${index}`, { ...conv, name: `${scope}/second/Conv` })
      .node('Add', [`b${index}`, `s${index}`], `a${index}`, {}, { name: `${scope}/Add` })
      .node('Relu', [`a${index}`], `b${index + 1}`, {}, { name: `${scope}/Relu_1` });
  }
  return model.conv('b3', 'y', { name: '/tail/Conv', channels: 10, inputChannels: width, pad: 1 }).output('y').bytes();
}

describe('Python source', () => {
  before(() => {
    fs.mkdirSync(file(''), { recursive: true });
    fs.writeFileSync(file('network.onnx'), network());
    fs.writeFileSync(file('network.py'), source);
  });
  after(async () => {
    await workbench().tidy();
    fs.rmSync(file(''), { recursive: true });
  });

  it('shows costs at the lines that made the layers, and the layers on hover, in every theme', async () => {
    const { page } = workbench();
    await workbench().openFile('network/network.py');
    const line = (code: string) => page.locator('.view-line').filter({ hasText: code });
    await line('self.stem(x)')
      .filter({ hasText: /[\d.]+\s%\s·\s.*MACs\s·\s448\sparams/ })
      .waitFor();
    // Three blocks on one line.
    await line('self.first(x)')
      .filter({ hasText: /·\s6\.96\sk\sparams/ })
      .waitFor();
    await workbench().screenshots('python');
    await page.keyboard.press('Control+g');
    await workbench().quickInput.fill(':13');
    await workbench().quickInput.accept();
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Control+i');
    await page.locator('.monaco-hover').filter({ hasText: 'network.onnx' }).waitFor();
    await workbench().screenshots('python-hover');
  });

  it('is shown by a layer in the tree', async () => {
    const { page } = workbench();
    await workbench().runCommand('View: Close All Editors');
    await workbench().openView('Lapidary');
    const row = (label: string) =>
      page
        .locator('.part.sidebar .monaco-list-row')
        .filter({ has: page.getByText(label, { exact: true }) })
        .first();
    await row('network.onnx').click();
    await workbench().contextMenuOf(row('tail/Conv'), 'Reveal in Python Source');
    await workbench().editorTab('network.py').waitFor();
    await page
      .locator('.statusbar-item')
      .filter({ hasText: /Ln\s27/ })
      .waitFor();
  });
});
