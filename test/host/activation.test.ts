// The extension starts in a real VS Code, quickly and without the native runtime.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as vscode from 'vscode';
import { type LapidaryApi } from '../../src/host/activate';

describe('activation', () => {
  it('waits until it is needed, then takes less than 200 ms', async () => {
    const extension = vscode.extensions.getExtension<LapidaryApi>('lapidary.lapidary');
    assert.ok(extension, 'VS Code does not know the extension');
    assert.equal(extension.isActive, false, 'nothing in an empty folder asks for the extension');
    // What VS Code calls activation time: loading the bundle and calling it. Between the two it waits for its own storage
    // and for other extensions, which takes as long as they take.
    const started = performance.now();
    createRequire(__filename)(path.join(extension.extensionPath, 'dist/extension.js'));
    const loadingMs = performance.now() - started;
    const { activationMs } = await extension.activate();
    assert.ok(extension.isActive);
    const took = loadingMs + activationMs;
    console.log(`    loaded in ${loadingMs.toFixed(1)} ms, activated in ${activationMs.toFixed(1)} ms`);
    assert.ok(took < 200, `activation took ${took.toFixed(0)} ms`);
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
