// Runs inside the extension host of a real VS Code: loads every test file beside it into one mocha run.
import fs from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import { testsBegin } from '../../scripts/vscode/testMarker';

/** Called by VS Code; rejects when a test fails, which makes VS Code end with a code other than 0. */
export async function run(): Promise<void> {
  console.log(testsBegin);
  const reporter = process.env.LAPIDARY_TEST_REPORTER ?? 'spec';
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, reporter, color: false, grep: process.env.MOCHA_GREP });
  const files = fs.readdirSync(__dirname, { recursive: true, encoding: 'utf8' });
  for (const file of files.sort()) if (file.endsWith('.test.js')) mocha.addFile(path.join(__dirname, file));
  await mocha.loadFilesAsync();
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} test(s) failed`);
}
