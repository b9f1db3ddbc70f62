/** Reads .tar.gz archives, such as the corpora beside the repository. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A file of an archive. */
export interface ArchiveEntry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;

/** Files of a gzipped tar archive (ustar, with GNU long names and pax paths), in their order. */
export function readTarGz(path: string): ArchiveEntry[] {
  const data = gunzipSync(readFileSync(path));
  const entries: ArchiveEntry[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= data.length;) {
    const header = data.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = parseInt(textOf(header, 124, 12), 8) || 0;
    const kind = String.fromCharCode(header[156]!);
    const bytes = data.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (kind === 'L') longName = textOf(bytes, 0, size);
    else if (kind === 'x') longName = /\d+ path=([^\n]*)\n/.exec(textOf(bytes, 0, size))?.[1] ?? longName;
    else {
      const prefix = textOf(header, 345, 155);
      const name = textOf(header, 0, 100);
      if (kind === '0' || kind === '\0') {
        entries.push({ path: longName ?? (prefix === '' ? name : `${prefix}/${name}`), bytes });
      }
      longName = undefined;
    }
  }
  return entries;
}

function textOf(bytes: Uint8Array, start: number, length: number): string {
  const slice = bytes.subarray(start, start + length);
  const end = slice.indexOf(0);
  return new TextDecoder().decode(end < 0 ? slice : slice.subarray(0, end));
}
