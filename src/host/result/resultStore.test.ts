import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type CompareReport } from '../../protocol/report';
import { type ResultState } from '../../protocol/webview';
import { ResultStore } from './resultStore';

const comparison = (a: string, b: string): ResultState => ({
  kind: 'compare',
  report: { a, b, quality: { samples: 1, data: '', random: true, outputs: [] } } as unknown as CompareReport,
});

describe('host/result/resultStore', () => {
  let folder: string;
  let store: ResultStore;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lapidary-results-'));
    const values = new Map<string, unknown>();
    const get = <T>(key: string, fallback?: T): T => (values.has(key) ? values.get(key) : fallback) as T;
    const update = (key: string, value: unknown): Promise<void> => Promise.resolve(void values.set(key, value));
    store = new ResultStore({ get, update, keys: () => [...values.keys()] }, folder);
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('gives back what was saved, by its title', async () => {
    const { title } = await store.save(comparison('/x/a.onnx', '/x/b.onnx'));
    assert.equal(title, 'a.onnx ↔ b.onnx');
    assert.deepEqual(await store.load(title), comparison('/x/a.onnx', '/x/b.onnx'));
    assert.equal(await store.load('another'), undefined);
  });

  it('tells files of one name apart by their folders', async () => {
    await store.save(comparison('/x/a.onnx', '/x/b.onnx'));
    assert.equal((await store.save(comparison('/y/a.onnx', '/y/b.onnx'))).title, 'y/a.onnx ↔ y/b.onnx');
    assert.equal((await store.save(comparison('/x/a.onnx', '/x/b.onnx'))).title, 'a.onnx ↔ b.onnx');
    assert.equal(store.list().length, 2);
  });

  it('knows what was measured of a model, unless its file is newer', async () => {
    const file = path.join(folder, 'b.onnx');
    fs.writeFileSync(file, '');
    const times = { medianMs: 2, iqrMs: 0.1, runs: 9 };
    const latency = { before: times, after: { ...times, medianMs: 3 }, speedup: 2 / 3, significant: true, threads: 1 };
    const state = comparison('/x/a.onnx', file) as Extract<ResultState, { kind: 'compare' }>;
    await store.save({ ...state, report: { ...state.report, latency } });
    const known = { parent: '/x/a.onnx', medianMs: [2, 3], speedup: 2 / 3, significant: true };
    assert.deepEqual(await store.measured(file), known);
    assert.equal(await store.measured('/x/a.onnx'), undefined);
    const later = Date.now() / 1000 + 60;
    fs.utimesSync(file, later, later);
    assert.equal(await store.measured(file), undefined);
  });

  it('drops the oldest, and lives with files that are gone or broken', async () => {
    for (let index = 0; index < 25; index++) await store.save(comparison('/a', `/${index}`));
    assert.equal(store.list().length, 20);
    const files = fs.readdirSync(folder);
    assert.equal(files.length, 20);
    for (const file of files) fs.writeFileSync(path.join(folder, file), '{"kind":"compare"');
    assert.equal(await store.load('a ↔ 24'), undefined);
    fs.rmSync(folder, { recursive: true });
    assert.equal(await store.load('a ↔ 24'), undefined);
    fs.mkdirSync(folder);
  });
});
