import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openWav } from './wav';

/** A WAVE file with an odd-sized chunk before the samples, which readers have to step over. */
function wav(format: number, bits: number, channels: number, data: Buffer): string {
  const fmt = Buffer.alloc(24);
  fmt.write('fmt ', 0);
  fmt.writeUInt32LE(16, 4);
  fmt.writeUInt16LE(format, 8);
  fmt.writeUInt16LE(channels, 10);
  fmt.writeUInt32LE(16000, 12);
  fmt.writeUInt16LE(bits, 22);
  const odd = Buffer.concat([Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')]);
  const head = Buffer.alloc(8);
  head.write('data', 0);
  head.writeUInt32LE(data.length, 4);
  const body = Buffer.concat([Buffer.from('WAVE'), odd, fmt, head, data]);
  const riff = Buffer.alloc(8);
  riff.write('RIFF', 0);
  riff.writeUInt32LE(body.length, 4);
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'lapidary-')), 'a.wav');
  writeFileSync(file, Buffer.concat([riff, body]));
  return file;
}

const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

describe('.wav', () => {
  const cases: [string, number, number, Buffer, number[]][] = [
    ['8-bit', 1, 8, Buffer.of(128, 255, 0), [0, 127 / 128, -1]],
    ['16-bit', 1, 16, bytes(Int16Array.of(0, 16384, -32768)), [0, 0.5, -1]],
    ['24-bit', 1, 24, Buffer.of(0, 0, 0, 0, 0, 0x40, 0, 0, 0x80), [0, 0.5, -1]],
    ['32-bit', 1, 32, bytes(Int32Array.of(0, 2 ** 30, -(2 ** 31))), [0, 0.5, -1]],
    ['float', 3, 32, bytes(Float32Array.of(0, 0.25, -1)), [0, 0.25, -1]],
    ['double', 3, 64, bytes(Float64Array.of(0, 0.25, -1)), [0, 0.25, -1]],
  ];
  for (const [what, format, bits, data, expected] of cases) {
    it(`reads ${what} samples`, () => {
      const recording = openWav(wav(format, bits, 1, data));
      assert.equal(recording.frames, 3);
      assert.equal(recording.rate, 16000);
      assert.deepEqual([...recording.read(0, 3)], expected);
      assert.deepEqual([...recording.read(1, 10)], expected.slice(1), 'a window past the end is shorter');
    });
  }

  it('mixes channels down', () => {
    const recording = openWav(wav(1, 16, 2, bytes(Int16Array.of(16384, -16384, 8192, 8192))));
    assert.deepEqual([...recording.read(0, 2)], [0, 0.25]);
  });

  it('refuses other codings and other files', () => {
    assert.throws(() => openWav(wav(7, 8, 1, Buffer.of(1))), { code: 'data', message: /format 7, 8 bits/ });
    assert.throws(() => openWav(__filename), { code: 'data', message: /not a WAVE recording/ });
  });
});
