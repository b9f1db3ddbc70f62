/** Entry of `dist/cli.js`: runs a program beside it (esbuild.mjs), from compiled code where there is some. */
import { join } from 'node:path';
import { version } from '../../package.json';
import { codeCacheFolder, runCached } from './codeCache';

const command = process.argv[2] ?? '';

runCached({
  file: join(__dirname, command === 'inspect' ? 'cliInspect.js' : 'cliProgram.js'),
  version,
  command,
  folder: codeCacheFolder(process.env, process.platform),
});
