/** The command line in this process: what it prints, on which stream, and its exit code. */
import { type Terminal } from '../../src/cli/command';
import { run } from '../../src/cli/run';
import { runJob } from '../../src/jobs/jobs';
import { loadOrt } from '../../src/runtime/ort';

/** What a command line did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `lapidary …words`; jobs run for real. */
export async function lapidary(...words: string[]): Promise<Outcome> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    run: (kind, request) =>
      runJob(kind, request, {
        runtime: loadOrt,
        signal: new AbortController().signal,
        progress: () => undefined,
        log: () => undefined,
        temporary: () => undefined,
      }),
    print: (text) => void stdout.push(text),
    note: (text) => void stderr.push(text),
    columns: undefined,
    styled: false,
  };
  const code = await run(words, '1.2.3', terminal);
  return { code, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
}
