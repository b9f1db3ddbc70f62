/** Entry of the command line. */
import { version } from '../../package.json';
import { run } from './run';
import { processTerminal } from './terminal';

async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that has seen enough (`| head`) is no error: the job ends as it would have, with its own exit code.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') process.exit(5);
    });
  }
  const words = process.argv.slice(2);
  const terminal = processTerminal({ verbose: process.env.LAPIDARY_LOG !== undefined, json: words.includes('--json') });
  // The exit code is set rather than the process ended, so that a long JSON reaches the pipe in full.
  process.exitCode = await run(words, version, terminal);
}

void main();
