import { createFieldTable, scanFields } from '../../../../../data-plane/http1/wire/fields.js';
import { readFraming } from '../../../../../data-plane/http1/wire/framing.js';
import type { FramingFields } from '../../../../../data-plane/http1/wire/framing.js';

function framing(lines: string): FramingFields | string {
  const table = createFieldTable(10);
  const bytes = Buffer.from(`${lines}\r\n`, 'latin1');
  scanFields(table, bytes, 0, 0);
  const result = { chunked: true, contentLength: 9 };
  return readFraming(result, table, bytes, 0) ?? result;
}

describe('framing', () => {
  it.each([
    ['X: y\r\n', { chunked: false, contentLength: -1 }],
    ['Content-Length: 12 \r\n', { chunked: false, contentLength: 12 }],
    ['Content-Length:0\r\n', { chunked: false, contentLength: 0 }],
    ['Transfer-Encoding:  chunked  \r\n', { chunked: true, contentLength: -1 }],
  ])('is plain: %j', (lines, expected) => {
    expect(framing(lines)).toEqual(expected);
  });

  it.each([
    ['Content-Length: 5\r\nX: y\r\nContent-Length: 5\r\n', 'length_repeated'],
    ['Content-Length: 12345678901234567\r\n', 'length_invalid'],
    ['Content-Length: 9999999999999999\r\n', 'length_invalid'],
    ['Content-Length: \t5\r\n', 'length_invalid'],
    ['Content-Length: 1\r\nTransfer-Encoding: x\r\n', 'length_and_coding'],
    ['Transfer-Encoding: a\r\nTransfer-Encoding: b\r\n', 'coding_repeated'],
    ['Transfer-Encoding: chunked \t\r\n', 'coding_invalid'],
    ['Transfer-Encoding: gzip;q=1, chunked\r\n', 'coding_invalid'],
    ['Transfer-Encoding: a\t, \tb\r\n', 'coding_unsupported'],
    ['Transfer-Encoding: chunked, a, chunked\r\n', 'coding_repeated'],
    ['Transfer-Encoding: chunkex\r\n', 'coding_unsupported'],
  ])('is refused where it says two things: %j', (lines, reason) => {
    expect(framing(lines)).toBe(reason);
  });
});
