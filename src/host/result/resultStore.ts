/** Keeps the newest results on disk: their pages come back after a reload, and can be opened again. */
import crypto from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';
import { type MeasuredAgainst } from '../../protocol/check';
import { type ResultState } from '../../protocol/webview';
import { measuredAgainst } from '../../report/latency';
import { isResultState, resultKey, resultTitle } from './resultNames';

/** Results that are kept. */
const kept = 20;
const indexKey = 'lapidary.results';

/** A result that can be opened. */
export interface StoredResult {
  readonly key: string;
  /** No two have the same, so that a restored page finds its result by its title. */
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

/** An index in the workspace's state, one file per result. */
export class ResultStore {
  constructor(
    private readonly state: vscode.Memento,
    private readonly folder: string,
  ) {}

  /** All results, the newest first. */
  list(): readonly StoredResult[] {
    return this.state.get<StoredResult[]>(indexKey, []);
  }

  /** Keeps a result in place of an older one about the same files. */
  async save(result: ResultState): Promise<StoredResult> {
    const key = resultKey(result);
    const others = this.list().filter((each) => each.key !== key);
    const titles = others.map(({ title }) => title);
    const stored = { key, title: resultTitle(result, titles), savedAt: Date.now() };
    const all = [stored, ...others];
    await fs.mkdir(this.folder, { recursive: true });
    await fs.writeFile(this.file(key), JSON.stringify(result));
    await this.state.update(indexKey, all.slice(0, kept));
    await Promise.all(all.slice(kept).map((each) => fs.rm(this.file(each.key), { force: true })));
    return stored;
  }

  /** The result with this title, unless it has been dropped. */
  async load(title: string): Promise<ResultState | undefined> {
    const stored = this.list().find((each) => each.title === title);
    if (!stored) return undefined;
    try {
      const value: unknown = JSON.parse(await fs.readFile(this.file(stored.key), 'utf8'));
      return isResultState(value) ? value : undefined;
    } catch (error) {
      // Whoever cleans up the editor's storage takes the files along.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** What was measured last of a model beside the one that it was made from, if that is about the file as it is now. */
  async measured(file: string): Promise<MeasuredAgainst | undefined> {
    const stats = await fs.stat(file).catch(() => undefined);
    const about = this.list().filter(({ key }) => key === file || key.endsWith(`\n${file}`));
    for (const { title, savedAt } of about) {
      // Times of files have fractions of a millisecond, `savedAt` has none.
      if (!stats || Math.floor(stats.mtimeMs) > savedAt) continue;
      const state = await this.load(title);
      const latency = state && (state.kind === 'compress' ? state.report.evaluation : state.report)?.latency;
      if (latency) return measuredAgainst(state.kind === 'compress' ? state.report.input : state.report.a, latency);
    }
    return undefined;
  }

  private file(key: string): string {
    return path.join(this.folder, `${crypto.createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  }
}
