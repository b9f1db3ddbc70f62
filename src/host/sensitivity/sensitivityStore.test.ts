import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type QuantizationSensitivity } from '../../protocol/sensitivity';
import { SensitivityStore } from './sensitivityStore';

const report = (file: string): QuantizationSensitivity => ({
  ...{ of: 'int8', path: file, layers: [], allDb: 20, calibrationSamples: 1 },
  ...{ samples: 1, data: '', random: true, notes: [], seconds: 1 },
});

describe('host/sensitivity/sensitivityStore', () => {
  let folder: string;
  let store: SensitivityStore;
  const values = new Map<string, unknown>();

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lapidary-sensitivities-'));
    values.clear();
    const get = <T>(key: string, fallback?: T): T => (values.has(key) ? values.get(key) : fallback) as T;
    const update = (key: string, value: unknown): Promise<void> => Promise.resolve(void values.set(key, value));
    store = new SensitivityStore(
      { get, update, keys: () => [...values.keys()] },
      folder,
      (of, file) => `${file}: ${of}`,
    );
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('keeps analyses of one model, and models of one name, apart', async () => {
    const curves = {
      ...report('/x/a.onnx'),
      of: 'prune',
      curves: [],
      ratios: [],
      leftOut: [],
      criterion: 'l2',
    } as const;
    const all = [report('/x/a.onnx'), curves, report('/y/a.onnx')];
    const titles = [];
    for (const each of all) titles.push((await store.save(each)).title);
    assert.deepEqual(titles, ['a.onnx: int8', 'a.onnx: prune', 'y/a.onnx: int8']);
    for (const [index, title] of titles.entries()) assert.deepEqual(await store.load(title), all[index]);
  });

  it('gives nothing for what is no report any more', async () => {
    const { title } = await store.save(report('/x/a.onnx'));
    const [file = ''] = fs.readdirSync(folder);
    for (const text of ['{}', '{"of":"int8","path":"/x/a.onnx"}', '{"of":"other","path":"","layers":[]}', '{']) {
      fs.writeFileSync(path.join(folder, file), text);
      assert.equal(await store.load(title), undefined, text);
    }
  });
});
