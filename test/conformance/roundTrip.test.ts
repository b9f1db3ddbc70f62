/**
 * Reading and writing against the world: every real model gives the same outputs in ONNX Runtime after a round trip,
 * and every model of the conformance corpora survives one with all its fields.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel, readModel } from '../../src/graph/fromOnnx';
import { encodeModel, writeModel } from '../../src/graph/toOnnx';
import { ModelProtoSchema } from '../../src/onnx/schema/onnx_pb';
import { LapidaryError } from '../../src/protocol/errors';
import { loadOrt } from '../../src/runtime/ort';
import { type Feeds, type RuntimeTensor } from '../../src/runtime/port';
import { indexBounds, inputPorts, randomFeeds } from '../../src/runtime/randomFeeds';
import { readTarGz } from '../support/archives';
import { temporaryFolder } from '../support/folder';
import { normalized } from '../support/protoModels';
import { sharedFolder } from '../support/shared';

async function outputsOf(path: string, feeds: Feeds): Promise<Record<string, RuntimeTensor>> {
  const session = await (await loadOrt()).open(path, { optimization: 'disabled' });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

describe('a real model, read and written', function () {
  this.timeout(120_000);
  const path = temporaryFolder();
  const folder = sharedFolder('round trips of real models', 'models');
  if (!folder) return;
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx'));
  for (const name of names.sort()) {
    it(`${name} gives the same outputs`, async () => {
      const source = join(folder, name);
      const model = readModel(source);
      const feeds = randomFeeds(inputPorts(model), { bounds: indexBounds(model), seed: 5 });
      const expected = await outputsOf(source, feeds);
      assert.ok(Object.keys(expected).length > 0);
      for (const externalData of [false, true]) {
        const { model: written } = await writeModel(model, path('copy.onnx'), { externalData });
        assert.deepEqual(await outputsOf(written.path, feeds), expected, `external data: ${externalData}`);
      }
    });
  }
});

/** Models that are broken on purpose, or need files that are not in the archive: what reading them says. */
const refused: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  'icm-31000000518082.onnx': ['not-onnx', /byte 88 of 429, doc_string of a NodeProto has a wrong wire type/],
  'corrupt-model.onnx': ['not-onnx', /text file/],
};

describe('the conformance corpora, read and written', function () {
  this.timeout(120_000);
  const folder = sharedFolder('round trips of the conformance corpora', 'corpus');
  if (!folder) return;
  for (const [archive, count] of [
    ['onnx-node.tar.gz', 1884],
    ['ort-testdata.tar.gz', 741],
  ] as const) {
    it(archive, () => {
      const seen = { same: 0, sorted: 0, external: 0, refused: 0 };
      const models = readTarGz(join(folder, archive)).filter(({ path: name }) => name.endsWith('.onnx'));
      for (const { path: name, bytes } of models) seen[roundTrip(name, bytes)]++;
      assert.equal(models.length, count);
      if (archive.startsWith('onnx')) assert.deepEqual(seen, { same: count, sorted: 0, external: 0, refused: 0 });
      else assert.deepEqual(seen, { same: 647, sorted: 85, external: 7, refused: 2 });
    });
  }
});

/** What became of one model; fails when anything of it was lost. */
function roundTrip(name: string, bytes: Uint8Array): 'same' | 'sorted' | 'external' | 'refused' {
  let written: Uint8Array;
  try {
    written = encodeModel(decodeModel(bytes));
  } catch (thrown) {
    assert.ok(thrown instanceof LapidaryError, name);
    // Models in memory have no folder to find external data in.
    if (thrown.code === 'external-data') return 'external';
    const [code, message] = refused[name.slice(name.lastIndexOf('/') + 1)] ?? assert.fail(`${name}: ${thrown.message}`);
    assert.equal(thrown.code, code);
    assert.match(thrown.message, message);
    return 'refused';
  }
  const [before, after] = [bytes, written].map((each) => normalized(fromBinary(ModelProtoSchema, each)));
  const same = (): boolean =>
    Buffer.compare(toBinary(ModelProtoSchema, before!), toBinary(ModelProtoSchema, after!)) === 0;
  if (same()) return 'same';
  for (const graph of [before!.graph!, after!.graph!]) {
    graph.node.sort((a, b) => ((a.output.join() || a.name) < (b.output.join() || b.name) ? -1 : 1));
  }
  assert.ok(same(), `${name}: something was lost`);
  return 'sorted';
}
