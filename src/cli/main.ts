/** Entry of the command line. */
import { version } from '../../package.json';
import { run } from './run';
import { processTerminal } from './terminal';

async function main(): Promise<void> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 5));
  const words = process.argv.slice(2);
  const terminal = processTerminal({ verbose: process.env.LAPIDARY_LOG !== undefined, json: words.includes('--json') });
  // The exit code is set rather than the process ended, so that a long JSON reaches the pipe in full.
  process.exitCode = await run(words, version, terminal);
}

void main();
