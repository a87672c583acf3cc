import { createFieldTable, scanFields } from '../../../../../data-plane/http1/wire/fields.js';
import {
  LENGTHS,
  readFraming,
  type FramingFields,
  type Lengths,
} from '../../../../../data-plane/http1/wire/framing.js';

function framing(lines: string, lengths: Lengths = LENGTHS.one): FramingFields | string {
  const table = createFieldTable(10);
  const bytes = Buffer.from(`${lines}\r\n`, 'latin1');
  scanFields(table, bytes, 0, 0);
  const result = { chunked: true, contentLength: 9 };
  return readFraming(result, table, bytes, 0, lengths) ?? result;
}

describe('framing', () => {
  it.each([
    ['X: y\r\n', { chunked: false, contentLength: -1 }],
    ['Content-Length: 12 \r\n', { chunked: false, contentLength: 12 }],
    ['Content-Length:0\r\n', { chunked: false, contentLength: 0 }],
    ['Content-Length: \t5\t\r\n', { chunked: false, contentLength: 5 }],
    ['Content-Length: 000\r\n', { chunked: false, contentLength: 0 }],
    ['Content-Length: 00000000009007199254740991\r\n', { chunked: false, contentLength: 2 ** 53 - 1 }],
    ['Transfer-Encoding:  chunked  \r\n', { chunked: true, contentLength: -1 }],
  ])('is plain: %j', (lines, expected) => {
    expect(framing(lines)).toEqual(expected);
  });

  it.each([
    ['Content-Length: 5\r\nX: y\r\nContent-Length: 5\r\n', 'length_repeated'],
    ['Content-Length: 12345678901234567\r\n', 'length_invalid'],
    ['Content-Length: 9999999999999999\r\n', 'length_invalid'],
    ['Content-Length: 5, 5\r\n', 'length_invalid'],
    ['Content-Length:\t\r\n', 'length_invalid'],
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

  it.each([
    ['Content-Length: 5\r\nX: y\r\nContent-Length: 05\r\n', 5],
    ['Content-Length: 5,5 ,\t5\r\n', 5],
    ['Content-Length: 0,0\r\nContent-Length: 0\r\n', 0],
  ])('may say the same length several times in a response: %j', (lines, contentLength) => {
    expect(framing(lines, LENGTHS.same)).toEqual({ chunked: false, contentLength });
  });

  it.each([
    ['Content-Length: 5\r\nContent-Length: 6\r\n', 'length_repeated'],
    ['Content-Length: 5, 6\r\n', 'length_repeated'],
    ['Content-Length: 5,\r\n', 'length_invalid'],
    ['Content-Length: ,5\r\n', 'length_invalid'],
    ['Content-Length: 5, ,5\r\n', 'length_invalid'],
    ['Content-Length: 5 5\r\n', 'length_invalid'],
    ['Content-Length: 5\r\nContent-Length:\r\n', 'length_invalid'],
    ['Content-Length: 5, 5\r\nTransfer-Encoding: chunked\r\n', 'length_and_coding'],
  ])('is refused in a response where lengths differ: %j', (lines, reason) => {
    expect(framing(lines, LENGTHS.same)).toBe(reason);
  });
});
