/** Keeps the newest reports of one kind on disk: their pages come back after a reload, and can be opened again. */
import crypto from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import type * as vscode from 'vscode';

/** Reports of one kind that are kept. */
const kept = 20;

/** A report that can be opened. */
export interface StoredReport {
  readonly key: string;
  /** No two of a kind have the same, so that a restored page finds its report by its title. */
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

/** How reports of one kind are told apart. */
export interface ReportNaming<Report> {
  /** Where the index is kept in the workspace's state. */
  readonly index: string;
  /** The same for two reports about the same things: the newer takes the place of the older. */
  key(report: Report): string;
  /** What the tab says; must not be one of `others`, which other reports have. */
  title(report: Report, others: readonly string[]): string;
  /** Whether something that was saved, perhaps by another version, still is a report. */
  isReport(value: unknown): value is Report;
}

/** An index in the workspace's state, one file per report. */
export class ReportStore<Report> {
  constructor(
    private readonly state: vscode.Memento,
    private readonly folder: string,
    private readonly naming: ReportNaming<Report>,
  ) {}

  /** All reports, the newest first. */
  list(): readonly StoredReport[] {
    return this.state.get<StoredReport[]>(this.naming.index, []);
  }

  /** Keeps a report in place of an older one about the same things. */
  async save(report: Report): Promise<StoredReport> {
    const key = this.naming.key(report);
    const others = this.list().filter((each) => each.key !== key);
    const titles = others.map(({ title }) => title);
    const stored = { key, title: this.naming.title(report, titles), savedAt: Date.now() };
    const all = [stored, ...others];
    await fs.mkdir(this.folder, { recursive: true });
    await fs.writeFile(this.file(key), JSON.stringify(report));
    await this.state.update(this.naming.index, all.slice(0, kept));
    await Promise.all(all.slice(kept).map((each) => fs.rm(this.file(each.key), { force: true })));
    return stored;
  }

  /** The report with this title, unless it has been dropped. */
  async load(title: string): Promise<Report | undefined> {
    const stored = this.list().find((each) => each.title === title);
    if (!stored) return undefined;
    try {
      const value: unknown = JSON.parse(await fs.readFile(this.file(stored.key), 'utf8'));
      return this.naming.isReport(value) ? value : undefined;
    } catch (error) {
      // Whoever cleans up the editor's storage takes the files along.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private file(key: string): string {
    return path.join(this.folder, `${crypto.createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  }
}

/** A title of file names, with as much of the folders as tells it from `others`; `name` puts shortened files into it. */
export function distinctTitle(name: (shorten: (file: string) => string) => string, others: readonly string[]): string {
  const withFolder = (file: string): string => path.join(path.basename(path.dirname(file)), path.basename(file));
  const candidates = [name((file) => path.basename(file)), name(withFolder), name((file) => file)];
  return candidates.find((title) => !others.includes(title)) ?? name((file) => file);
}
