import assert from 'node:assert/strict';
import { decodeJpeg } from './jpeg';

/** Small pictures, and what Pillow 12 reads from them: size, sum of all bytes, sum weighted by position. */
const pictures = {
  'noise in 4:2:0, nine by five': {
    jpeg:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PT' +
      'gyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAF' +
      'AAkDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAIG/8QAIxAAAgECBAcAAAAAAAAAAAAAAQIDAAQRFBUhBRITMVOT0//EABUBAQEAAA' +
      'AAAAAAAAAAAAAAAAMF/8QAHBEAAgICAwAAAAAAAAAAAAAAAQIAAxHBBBIh/9oADAMBAAIRAxEAPwCcjqtrn1uJkaN7likzddS4gVubBttxgMCC' +
      'AVBHcg57QODeG79sfzpSrnForChQPABuC91lLN0OMnQn/9k=',
    pillow: [9, 5, 16044, 1132176],
  },
  progressive: {
    jpeg:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYV' +
      'pQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgAR' +
      'CAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAVAQEBAAAAAAAAAAAAAAAAAAADBP/aAAwDAQACEAMQAAABitJT/8QAFh' +
      'AAAwAAAAAAAAAAAAAAAAAAAAIE/9oACAEBAAEFAlmFmP/EABcRAAMBAAAAAAAAAAAAAAAAAAACAwT/2gAIAQMBAT8BzXc//8QAGBEAAgMAAAAA' +
      'AAAAAAAAAAAAAAECEjH/2gAIAQIBAT8Bg7af/8QAFRABAQAAAAAAAAAAAAAAAAAAADH/2gAIAQEABj8CR//EABUQAQEAAAAAAAAAAAAAAAAAAB' +
      'Bh/9oACAEBAAE/IZG//9oADAMBAAIAAwAAABB3/8QAFxEAAwEAAAAAAAAAAAAAAAAAAAERIf/aAAgBAwEBPxBeaf/EABURAQEAAAAAAAAAAAAA' +
      'AAAAAAAB/9oACAECAQE/EKj/xAAWEAEBAQAAAAAAAAAAAAAAAAARAMH/2gAIAQEAAT8QYzOYv//Z',
    pillow: [16, 8, 36874, 4077513],
  },
  grey: {
    jpeg:
      '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYV' +
      'pQYEpRUk//wAALCAAIABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIh' +
      'MUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhI' +
      'WGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AMW0' +
      '8N5x8n6Vt2nhjOP3f6V//9k=',
    pillow: [16, 8, 41352, 4584609],
  },
  'CMYK by Adobe': {
    jpeg:
      '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+WmFaUG' +
      'BKUVJP/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQEC' +
      'AwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dX' +
      'Z3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4E' +
      'QwBNAFkASwAAPwDk/D/8NVf+EF/6Y/pXn9jZfaMcZzXp1eneH/4aP+EF/wCmP6V0dj4V+0Y/d5z7UV//2Q==',
    pillow: [16, 8, 36373, 4015728],
  },
};

const bytesOf = (name: keyof typeof pictures): Buffer => Buffer.from(pictures[name].jpeg, 'base64');

async function sums(bytes: Uint8Array): Promise<number[]> {
  const { width, height, data } = await decodeJpeg(bytes);
  assert.equal(data.length, width * height * 3);
  return [width, height, ...data.reduce(([a, b], value, at) => [a! + value, b! + value * (at % 251)], [0, 0])];
}

describe('decodeJpeg', () => {
  for (const name of ['noise in 4:2:0, nine by five', 'progressive', 'grey'] as const) {
    it(`reads what Pillow reads, to the bit: ${name}`, async () => {
      assert.deepEqual(await sums(bytesOf(name)), pictures[name].pillow);
    });
  }

  it('reads four inks within half a step of Pillow', async () => {
    const { pillow } = pictures['CMYK by Adobe'];
    const [width, height, sum] = await sums(bytesOf('CMYK by Adobe'));
    assert.deepEqual([width, height], pillow.slice(0, 2));
    assert.ok(Math.abs(sum! - pillow[2]!) < (width! * height! * 3) / 2, `${sum}, not ${pillow[2]}`);
  });

  it('says what is wrong with a damaged one, and decodes the next', async () => {
    const whole = bytesOf('progressive');
    await assert.rejects(decodeJpeg(bytesOf('grey').subarray(0, -12)), /truncated/);
    await assert.rejects(decodeJpeg(whole.subarray(0, 100)), /contains no image/);
    await assert.rejects(decodeJpeg(Buffer.from('\xff\xd8 and nothing else', 'latin1')), /contains no image/);
    assert.deepEqual(await sums(whole), pictures.progressive.pillow);
  });

  it('refuses what would not fit into memory before it tries', async () => {
    const bytes = Buffer.from(bytesOf('grey'));
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt32BE(0xffffffff, frame + 5);
    await assert.rejects(decodeJpeg(bytes), /65535 by 65535 pixels/);
  });
});
