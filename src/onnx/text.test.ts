import assert from 'node:assert/strict';
import { below, seeded } from '../../test/support/random';
import { decodeText, encodeText } from './text';

describe('lossless text', () => {
  it('is UTF-8 where the bytes are', () => {
    for (const text of ['', 'conv1', 'größe', '層', '😀', '\ufefftop', 'a\0b']) {
      assert.equal(decodeText(new TextEncoder().encode(text)), text);
      assert.deepEqual(encodeText(text), new TextEncoder().encode(text));
    }
  });

  it('keeps bytes that are no UTF-8', () => {
    const odd = [[0xff], [0x41, 0xe9, 0x42], [0xc3], [0xed, 0xb2, 0x80], [0xf0, 0x9f, 0x98], [0xc0, 0x80, 0xf5]];
    for (const bytes of odd) assert.deepEqual([...encodeText(decodeText(Uint8Array.from(bytes)))], bytes);
    assert.equal(decodeText(Uint8Array.of(0x41, 0xe9, 0x42)), 'A\udce9B');
  });

  it('keeps any bytes, and tells any two apart', () => {
    const random = seeded(3);
    const seen = new Map<string, string>();
    for (let round = 0; round < 2000; round++) {
      // Bytes around the borders of the encoding are the interesting ones.
      const pool = [0x41, 0x80, 0xb2, 0xbf, 0xc3, 0xe2, 0x82, 0xac, 0xed, 0xf0, 0x9f, 0x98, 0xff];
      const bytes = Uint8Array.from({ length: below(random, 7) }, () => pool[below(random, pool.length)]!);
      const text = decodeText(bytes);
      assert.deepEqual(encodeText(text), bytes);
      const key = Buffer.from(bytes).toString('hex');
      assert.equal(seen.get(text) ?? key, key);
      seen.set(text, key);
    }
  });
});
