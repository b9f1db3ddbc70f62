// The extension starts in a real VS Code, quickly and without the native runtime.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('activation', () => {
  it('waits until it is needed, then takes less than 200 ms', async () => {
    const extension = vscode.extensions.getExtension('lapidary.lapidary');
    assert.ok(extension, 'VS Code does not know the extension');
    assert.equal(extension.isActive, false, 'nothing in an empty folder asks for the extension');
    // Processor time of the extension host: unlike the clock it does not count what else the machine does.
    const before = process.cpuUsage();
    await extension.activate();
    const { user, system } = process.cpuUsage(before);
    const milliseconds = (user + system) / 1000;
    assert.ok(extension.isActive);
    assert.ok(milliseconds < 200, `activation took ${milliseconds.toFixed(0)} ms`);
  });

  it('registers every command that package.json promises', async () => {
    const manifest = vscode.extensions.getExtension('lapidary.lapidary')?.packageJSON as {
      contributes?: { commands?: { command: string }[] };
    };
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = (manifest.contributes?.commands ?? [])
      .map(({ command }) => command)
      .filter((id) => !registered.has(id));
    assert.deepEqual(missing, []);
  });

  it('loads no ONNX Runtime into the extension host', () => {
    const report = process.report?.getReport() as unknown as { sharedObjects: string[] };
    assert.ok(report.sharedObjects.length > 0, 'the report names no shared objects at all');
    assert.deepEqual(
      report.sharedObjects.filter((file) => /onnxruntime/i.test(file)),
      [],
    );
  });
});
