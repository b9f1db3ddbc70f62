// The sources of the WebAssembly kernels, for the script that compiles them and the test that knows whether it was run.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths';

/** One source file. */
export interface KernelSource {
  readonly name: string;
  readonly text: string;
}

/** All sources, by name. */
export function kernelSources(): KernelSource[] {
  const folder = path.join(root, 'src/numerics/kernels');
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.as'));
  return names.sort().map((name) => ({ name, text: fs.readFileSync(path.join(folder, name), 'utf8') }));
}

/** SHA-256 of names and texts, whatever the line ends. */
export function sourceDigest(): string {
  const hash = createHash('sha256');
  for (const { name, text } of kernelSources()) hash.update(`${name}\n${text.replace(/\r\n/g, '\n')}\n`);
  return hash.digest('hex');
}
