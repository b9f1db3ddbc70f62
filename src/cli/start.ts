/** Entry of `dist/cli.js`: runs the program beside it, from compiled code where there is some. */
import { join } from 'node:path';
import { version } from '../../package.json';
import { codeCacheFolder, runCached } from './codeCache';

runCached({
  file: join(__dirname, 'cliProgram.js'),
  version,
  command: process.argv[2] ?? '',
  folder: codeCacheFolder(process.env, process.platform),
});
