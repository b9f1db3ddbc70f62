/** Entry of `dist/cli.js`: runs a program beside it (esbuild.mjs), from compiled code where there is some. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { version } from '../../package.json';
import { codeCacheFolder, runCached } from './codeCache';

const command = process.argv[2] ?? '';

// V8 would let the space for new objects grow to 48 MB before it looks for dead ones. `inspect` is over before that counts.
// In a space so small, several threads wait for each other longer than they look. The two after that are what
// data/sweep.ts needs; compiled code is only taken back under the flags that it was kept under.
const memoryFlags = [
  '--semi-space-growth-factor=1',
  '--no-parallel-scavenge',
  '--no-concurrent-array-buffer-sweeping',
  '--no-incremental-marking',
];

// V8 optimizes a function after 200 KB of its bytecode: a few milliseconds. The loops that take long here are kernels; optimizing the
// rest took a third of a short command, and a tenth of one that calibrates for seconds. It pays after fifteen times that.
// Later versions (Node 22 and up) have a compiler in between, and count otherwise.
const compilerFlags = parseInt(process.versions.v8, 10) < 12 ? ['--interrupt-budget=1000000'] : [];

setFlagsFromString([...compilerFlags, ...(command === 'inspect' ? [] : memoryFlags)].join(' '));

runCached({
  file: join(__dirname, command === 'inspect' ? 'cliInspect.js' : 'cliProgram.js'),
  version,
  command,
  folder: codeCacheFolder(process.env, process.platform),
});
