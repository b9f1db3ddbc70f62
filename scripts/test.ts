// npm test: runs the suites named on the command line (all when none is named) and closes with the sum of their counts.
//   node --import tsx scripts/test.ts [unit] [host] [ui] [--desktop]
//   node --import tsx scripts/test.ts host --prepare: only builds what the host suite runs (for F5).
import fs from 'node:fs';
import { closingLine, type Counts, runAll } from './test/counts';
import { hostSuite, prepareHostSuite, uiSuite, unitSuite } from './test/suites';

const suites: Readonly<Record<string, () => Promise<Counts>>> = { unit: unitSuite, host: hostSuite, ui: uiSuite };

async function main(): Promise<void> {
  if (process.argv.includes('--prepare')) {
    await prepareHostSuite();
    return;
  }
  const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const unknown = named.find((name) => !(name in suites));
  if (unknown) throw new Error(`No suite is called ${unknown}; there are ${Object.keys(suites).join(', ')}`);
  const chosen = Object.entries(suites).filter(([name]) => named.length === 0 || named.includes(name));
  const total = await runAll(chosen);
  // The checks of .ci/run add these to theirs and say the closing line themselves.
  const slot = process.env.LAPIDARY_TEST_TOTAL;
  if (slot) fs.writeFileSync(slot, JSON.stringify(total));
  else console.log(`\n${closingLine(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

void main();
