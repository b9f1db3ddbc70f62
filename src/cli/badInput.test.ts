// Broken models on the real command line: a clear message on stderr, exit code 3, nothing written.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../test/support/models';
import { lapidary, type Outcome } from '../../test/support/terminal';
import { Tensor } from '../graph/tensor';
import { writeModel } from '../graph/toOnnx';

const main = path.join(__dirname, 'main.ts');

/** The program itself; `lapidary` runs the same in this process. */
function spawned(...words: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, ...words], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

const folder = (): string => mkdtempSync(path.join(tmpdir(), 'lapidary-bad-'));

const good = () =>
  build({ inputs: { x: ['float', [1, 32]] } })
    .matMul('x', 'y', [32, 16])
    .output('y');

/** A model whose weights lie in `m.onnx.data`; `location` (of the same length) is where it says they are. */
async function external(place: string, location?: string): Promise<string> {
  const file = path.join(place, 'm.onnx');
  await writeModel(good().model(), file, { externalData: true });
  if (location !== undefined) {
    const bytes = readFileSync(file);
    const at = bytes.indexOf('m.onnx.data');
    assert.ok(at > 0 && location.length === 'm.onnx.data'.length);
    bytes.write(location, at, 'latin1');
    writeFileSync(file, bytes);
  }
  return file;
}

const plain = (place: string, bytes: Uint8Array | string): string => {
  const file = path.join(place, 'm.onnx');
  writeFileSync(file, bytes);
  return file;
};

const cases: Record<string, { make: (place: string) => string | Promise<string>; says: RegExp }> = {
  'an empty file': { make: (place) => plain(place, ''), says: /empty/i },
  'a text file': {
    make: (place) => plain(place, 'This is not a model.\n'.repeat(50)),
    says: /not an ONNX model|text/i,
  },
  'a truncated model': {
    make: (place) => plain(place, good().bytes().subarray(0, 1000)),
    says: /truncated|cut off|ends/i,
  },
  'raw data of the wrong size': {
    make(place) {
      const data = { kind: 'bytes', bytes: new Uint8Array(60) } as const;
      const weight = new Tensor({ name: 'w', dataType: 'float', shape: [4, 4], data });
      const model = build({ inputs: { x: ['float', [1, 4]] } })
        .constant(weight)
        .node('MatMul', ['x', 'w'], 'y')
        .output('y');
      return plain(place, model.bytes());
    },
    says: /takes 64 bytes; the file holds 60/,
  },
  'missing external data': {
    async make(place) {
      const file = await external(place);
      rmSync(`${file}.data`);
      return file;
    },
    says: /m\.onnx\.data/,
  },
  'external data in a parent folder': { make: (place) => external(place, '../abcd.bin'), says: /\.\.\/abcd\.bin/ },
  'external data at an absolute path': { make: (place) => external(place, '/etc/passwd'), says: /\/etc\/passwd/ },
  'external data behind a symbolic link': {
    async make(place) {
      const file = await external(place);
      const outside = path.join(folder(), 'weights.bin');
      writeFileSync(outside, readFileSync(`${file}.data`));
      rmSync(`${file}.data`);
      symlinkSync(outside, `${file}.data`);
      return file;
    },
    says: /outside|folder|link/i,
  },
  'an unknown opset': {
    make: (place) =>
      plain(
        place,
        build({ opset: 9999, inputs: { x: ['float', [1]] } })
          .relu('x', 'y')
          .output('y')
          .bytes(),
      ),
    says: /opset 9999/,
  },
  'a graph without nodes': {
    make: (place) =>
      plain(
        place,
        build({ inputs: { x: ['float', [1]] } })
          .output('x')
          .bytes(),
      ),
    says: /no nodes/,
  },
  'no file at all': { make: (place) => path.join(place, 'absent.onnx'), says: /absent\.onnx/ },
};

describe('command line, broken models', () => {
  for (const [what, { make, says }] of Object.entries(cases)) {
    it(`refuses ${what}`, async () => {
      const place = folder();
      const file = await make(place);
      const before = readdirSync(place);
      const [inspected, compressed] = await Promise.all([
        spawned('inspect', file),
        lapidary('quantize-weights', file, '-o', path.join(place, 'out.onnx')),
      ]);
      for (const { code, stdout, stderr } of [inspected, compressed]) {
        assert.equal(code, 3, stderr);
        assert.match(stderr, says);
        assert.match(stderr, /^lapidary: /);
        assert.doesNotMatch(stderr, /\n {4}at /, 'no stack');
        assert.equal(stdout, '');
      }
      assert.deepEqual(readdirSync(place), before, 'nothing was written');
      rmSync(place, { recursive: true });
    });
  }
});
