/** Runs a compression behind a notification and shows what came of it: the common end of passes, presets and recipes. */
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { LapidaryError } from '../../protocol/errors';
import { type CompressRequest } from '../../protocol/jobs';
import { type CompressReport } from '../../protocol/report';
import { type ResultPanels } from '../result/resultPanels';
import { plainMessage } from '../text/plain';
import { type JobRunner } from '../worker/jobRunner';
import { withProgress } from '../worker/withProgress';
import { tellOfFailedGates } from './tellOfFailedGates';
import { tellOfUnmeasured } from './tellOfUnmeasured';

/** When a file was last written; undefined when it is not there. */
const modifiedAt = (file: string): number | undefined => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;

/** Runs compressions in worker processes. */
export class Compressions {
  constructor(
    private readonly jobs: JobRunner,
    private readonly results: ResultPanels,
  ) {}

  /** Runs one; `title` says what is done, translated: "Smallest", "Simplify". */
  async run(title: string, request: CompressRequest, token?: vscode.CancellationToken): Promise<CompressReport> {
    const { input, output } = request;
    const former = modifiedAt(output);
    const report = await withProgress(
      plainMessage(vscode.l10n.t('{0} of {1}', title, path.basename(input))),
      (shown) => this.jobs.run('compress', request, shown),
      token,
    ).catch((thrown: unknown) => {
      const isCancelled = LapidaryError.from(thrown).code === 'cancelled';
      if (isCancelled && modifiedAt(output) !== former) void tellOfUnmeasured(output);
      throw thrown;
    });
    await this.results.show({ kind: 'compress', report });
    if (report.gates?.some(({ passed }) => !passed)) {
      void tellOfFailedGates(report, () => this.run(title, { ...request, keep: true }));
    }
    return report;
  }
}
