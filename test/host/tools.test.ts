// Language-model tools, the status bar's actions and the walkthrough: what other surfaces than the explorer offer.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { compressTool } from '../../src/host/tools/tools';
import { toolNames } from '../../src/manifest/tools';
import { LapidaryError } from '../../src/protocol/errors';
import { type CompressRequest } from '../../src/protocol/jobs';
import { build } from '../support/models';
import { lapidary, WorkFolder } from './support/workspace';

const model = (): Uint8Array =>
  build({ inputs: { x: ['float', [4, 256]] } })
    .matMul('x', 'hidden', [256, 256])
    .relu('hidden', 'y')
    .output('y')
    .bytes();

describe('language-model tools', () => {
  let folder: WorkFolder;
  before(async () => {
    await lapidary();
    folder = new WorkFolder('tools');
    folder.write('net.onnx', model());
  });
  after(() => folder.remove());

  async function call(name: (typeof toolNames)[number], input: object): Promise<string> {
    const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
    return result.content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
  }

  it('are known to the editor', () => {
    const known = vscode.lm.tools.map(({ name }) => name);
    for (const name of toolNames) assert.ok(known.includes(name), name);
  });

  it('inspects a model named by a path in the workspace', async () => {
    const text = await call('lapidary_inspect', { model: 'tools/net.onnx' });
    assert.match(text, /65\.5 k parameters, 262 k MACs/);
    assert.match(text, /MatMul_hidden \| MatMul \| 262 k/);
  });

  it('says what is wrong with a file that is not there', async () => {
    await assert.rejects(call('lapidary_inspect', { model: 'tools/none.onnx' }), /none\.onnx/);
  });

  it('asks before it writes, and writes what was confirmed', async () => {
    const requests: CompressRequest[] = [];
    const run = (_title: string, request: CompressRequest): Promise<never> => {
      requests.push(request);
      return Promise.reject(new LapidaryError('usage', 'Only the request is looked at here.'));
    };
    const tool = compressTool({ compressions: { run } });
    const { token } = new vscode.CancellationTokenSource();
    const input = { model: 'tools/net.onnx', steps: [{ pass: 'simplify' }, { pass: 'quantize-weights' }] };
    const prepared = await tool.prepareInvocation?.({ input }, token);
    assert.equal(requests.length, 0, 'nothing is done before it is confirmed');
    assert.equal(prepared?.confirmationMessages?.title, 'Compress net.onnx');
    const message = prepared.confirmationMessages.message;
    assert.ok(message instanceof vscode.MarkdownString);
    assert.ok(!message.isTrusted && !message.supportHtml);
    const invocation = tool.invoke({ input, toolInvocationToken: undefined }, token);
    await assert.rejects(Promise.resolve(invocation), /Only the request/);
    const [request] = requests;
    assert.ok(request);
    assert.equal(request.input, folder.uri('net.onnx').fsPath);
    assert.equal(path.dirname(request.output), folder.path);
    assert.equal(request.overwrite, false);
    // Markdown escapes what would format.
    const said = message.value.replaceAll('\\', '').replaceAll('&nbsp;', ' ');
    for (const part of ['simplify, quantize-weights', request.input, request.output])
      assert.ok(said.includes(part), said);
    assert.throws(() => tool.prepareInvocation?.({ input: { model: 'tools/net.onnx' } }, token), /steps/);
  });

  it('compresses, reports the proof, and compares', async () => {
    const text = await call('lapidary_compress', { model: 'tools/net.onnx', steps: [{ pass: 'quantize-weights' }] });
    assert.match(text, /smaller/);
    assert.ok(existsSync(folder.uri('net.small.onnx').fsPath));
    const compared = await call('lapidary_compare', { before: 'tools/net.onnx', after: 'tools/net.small.onnx' });
    assert.match(compared, /Latency/);
  });
});
