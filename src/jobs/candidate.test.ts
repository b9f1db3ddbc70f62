import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCandidate } from './candidate';
import { type JobContext } from './context';

describe('jobs/candidate', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lapidary-candidate-'));
  const at = (name: string): string => path.join(folder, name);
  after(() => rmSync(folder, { recursive: true }));

  function context(): { readonly announced: [string, boolean][]; readonly job: JobContext } {
    const announced: [string, boolean][] = [];
    const job: JobContext = {
      runtime: () => Promise.reject(new Error('not needed')),
      signal: new AbortController().signal,
      progress: () => undefined,
      log: () => undefined,
      temporary: (place, exists) => announced.push([place, exists]),
    };
    return { announced, job };
  }

  /** What is in the folder, candidates included. */
  const files = (): string[] => readdirSync(folder).sort();

  it('waits in a hidden folder that is announced, under the name it will have', async () => {
    const { announced, job } = context();
    const candidate = await openCandidate(at('a.onnx'), job);
    assert.equal(path.basename(candidate.path), 'a.onnx');
    assert.equal(path.dirname(path.dirname(candidate.path)), folder);
    assert.ok(path.basename(path.dirname(candidate.path)).startsWith('.a.onnx.'));
    await candidate.close();
    assert.deepEqual(
      announced.map(([, exists]) => exists),
      [true, false],
    );
    assert.deepEqual(files(), []);
  });

  it('moves the model with its data, in place of older ones', async () => {
    writeFileSync(at('b.onnx'), 'old');
    writeFileSync(at('b.onnx.data'), 'old data');
    const candidate = await openCandidate(at('b.onnx'), context().job);
    writeFileSync(candidate.path, 'new');
    writeFileSync(`${candidate.path}.data`, 'new data');
    await candidate.accept();
    await candidate.close();
    assert.deepEqual(
      ['b.onnx', 'b.onnx.data'].map((name) => readFileSync(at(name), 'utf8')),
      ['new', 'new data'],
    );
    assert.deepEqual(files(), ['b.onnx', 'b.onnx.data']);
  });

  it('leaves what was there when it is not accepted', async () => {
    writeFileSync(at('c.onnx'), 'old');
    const candidate = await openCandidate(at('c.onnx'), context().job);
    writeFileSync(candidate.path, 'new');
    await candidate.close();
    assert.equal(readFileSync(at('c.onnx'), 'utf8'), 'old');
  });

  it('puts everything back when a part cannot be moved', async () => {
    writeFileSync(at('d.onnx.data'), 'old data');
    const candidate = await openCandidate(at('d.onnx'), context().job);
    writeFileSync(`${candidate.path}.data`, 'new data');
    writeFileSync(candidate.path, 'new');
    // The place of the model is taken by a folder with something in it: the second move fails.
    mkdirSync(at('d.onnx/full'), { recursive: true });
    await assert.rejects(candidate.accept(), { code: 'io' });
    assert.equal(readFileSync(at('d.onnx.data'), 'utf8'), 'old data');
    assert.equal(readFileSync(`${candidate.path}.data`, 'utf8'), 'new data');
    assert.equal(readFileSync(candidate.path, 'utf8'), 'new');
    await candidate.close();
    assert.ok(!existsSync(candidate.path));
    rmSync(at('d.onnx'), { recursive: true });
    assert.deepEqual(
      files().filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('says when the folder takes no files', async () => {
    await assert.rejects(openCandidate(path.join(folder, 'none', 'e.onnx'), context().job), { code: 'io' });
  });
});
