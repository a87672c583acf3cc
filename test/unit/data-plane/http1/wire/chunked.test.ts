import {
  beginChunked,
  CHUNKED_OUTPUT,
  createChunkedState,
  EXTENSION_BYTES,
  readChunked,
  type ChunkedOutput,
  type ChunkedState,
} from '../../../../../data-plane/http1/wire/chunked.js';
import type { RefusalReason } from '../../../../../data-plane/http1/wire/refusal.js';
import { createSegments, SEGMENT_CAPACITY } from '../../../../../data-plane/http1/wire/segments.js';
import { latin1, TEST_LIMITS } from '../../../../support/http1-wire/transcript.js';

interface Reading {
  readonly chunked: ChunkedState;
  readonly forwarded: string;
  readonly rest: string;
  readonly turns: number;
}

function read(text: string, output: ChunkedOutput = CHUNKED_OUTPUT.chunks): Reading {
  const chunked = createChunkedState(TEST_LIMITS);
  beginChunked(chunked, output);
  const segments = createSegments();
  const bytes = Buffer.from(text, 'latin1');
  let forwarded = '';
  let from = 0;
  let turns = 0;
  for (let end = -1; end !== from && !chunked.done && chunked.refusal === null; turns++) {
    end = from;
    segments.count = 0;
    from = readChunked(chunked, { bytes, from, to: bytes.length, segments });
    for (let i = 0; i < segments.count; i++) {
      forwarded += latin1(bytes, segments.bounds[i * 2] ?? 0, segments.bounds[i * 2 + 1] ?? 0);
    }
  }
  return { chunked, forwarded, rest: text.slice(from), turns };
}

const END = '0\r\n\r\n';

const ACCEPTED: readonly [rule: string, text: string, forwarded: string][] = [
  ['RFC 9112 §7.1: last chunk alone', END, END],
  [
    'RFC 9112 §7.1: chunks',
    `5\r\nhello\r\nA\r\n0123456789\r\n${END}`,
    `5\r\nhello\r\nA\r\n0123456789\r\n${END}`,
  ],
  ['RFC 9112 §7.1: zeros in front', `0005\r\nhello\r\n000\r\n\r\n`, `0005\r\nhello\r\n000\r\n\r\n`],
  [
    'RFC 9112 §7.1: sixteen digits',
    `0000000000000005\r\nhello\r\n${END}`,
    `0000000000000005\r\nhello\r\n${END}`,
  ],
  ['RFC 9112 §7.1: CRLF within data', `4\r\n\r\n\r\n\r\n${END}`, `4\r\n\r\n\r\n\r\n${END}`],
  ['RFC 9112 §7.1.1: extension', `5;a\r\nhello\r\n${END}`, `5\r\nhello\r\n${END}`],
  ['RFC 9112 §7.1.1: extension with value', `5;a=b;c=d\r\nhello\r\n0;e=f\r\n\r\n`, `5\r\nhello\r\n${END}`],
  ['RFC 9112 §7.1.1: quoted value', `5;a="b;\\"\\\\ c"\r\nhello\r\n${END}`, `5\r\nhello\r\n${END}`],
  ['RFC 9112 §7.1.1: quoted value and another', `5;a="";b\r\nhello\r\n${END}`, `5\r\nhello\r\n${END}`],
  ['RFC 9112 §7.1.2: trailers', '0\r\nX-A: b\r\nY:\r\n\r\n', '0\r\nX-A: b\r\nY:\r\n\r\n'],
];

const REFUSED: readonly [rule: string, text: string, reason: RefusalReason][] = [
  ['RFC 9112 §7.1: no size', '\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: extension without size', ';a\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: not hexadecimal', 'g\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: 0x', '0x5\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: plus', '+5\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: minus', '-5\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: space before the size', ' 5\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: space after the size', '5 \r\n', 'chunk_size'],
  ['RFC 9112 §7.1: tab after the size', '5\t\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: underscore', '1_0\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: 2^53', '20000000000000\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: 2^64', '10000000000000000\r\n', 'chunk_size'],
  ['RFC 9112 §7.1: seventeen digits', '00000000000000005\r\n', 'chunk_size'],
  ['CVE-2025-22871: bare LF after the size', '5\nhello\r\n', 'line_end'],
  ['CVE-2025-22871: bare CR after the size', '5\rhello\r\n', 'line_end'],
  ['CVE-2025-55315: bare LF in an extension', '5;a\nhello\r\n', 'line_end'],
  ['CVE-2025-55315: bare LF in a value', '5;a=b\nhello\r\n', 'line_end'],
  ['CVE-2025-55315: bare LF in quotes', '5;a="b\nhello\r\n', 'line_end'],
  ['CVE-2025-55315: bare CR in an extension', '5;a\rhello\r\n', 'line_end'],
  ['CVE-2021-22960: empty extension', '5;\r\nhello\r\n', 'chunk_extension'],
  ['CVE-2021-22960: extension without name', '5;=b\r\n', 'chunk_extension'],
  ['CVE-2021-22960: extension without value', '5;a=\r\n', 'chunk_extension'],
  ['CVE-2021-22960: two equals signs', '5;a=b=c\r\n', 'chunk_extension'],
  ['CVE-2021-22960: space before the semicolon', '5 ;a\r\n', 'chunk_size'],
  ['CVE-2021-22960: space after the semicolon', '5; a\r\n', 'chunk_extension'],
  ['CVE-2021-22960: space before the equals sign', '5;a =b\r\n', 'chunk_extension'],
  ['CVE-2021-22960: NUL in an extension', '5;a\0\r\n', 'chunk_extension'],
  ['CVE-2021-22960: control in quotes', '5;a="\x01"\r\n', 'chunk_extension'],
  ['CVE-2021-22960: CR in quotes', '5;a="\r\n"\r\n', 'chunk_extension'],
  ['CVE-2021-22960: CR after a backslash', '5;a="\\\r\n"\r\n', 'chunk_extension'],
  ['CVE-2021-22960: text after quotes', '5;a="b"c\r\n', 'chunk_extension'],
  ['CVE-2024-22019: endless extension', `5;${'a'.repeat(300)}`, 'chunk_line_too_long'],
  ['CVE-2023-39326: more extensions than data', `1;${'a'.repeat(200)}\r\nx\r\n`.repeat(40), 'chunk_overhead'],
  ['RFC 9112 §7.1: data longer than its size', '5\r\nhelloX\r\n', 'chunk_end'],
  ['RFC 9112 §7.1: bare LF after data', '5\r\nhello\n', 'chunk_end'],
  ['RFC 9112 §7.1: bare CR after data', '5\r\nhello\rX', 'chunk_end'],
  ['RFC 9112 §7.1: bare LF at the end', '0\r\n\n', 'line_end'],
  ['CVE-2025-23167: CR X at the end', '0\r\n\rX', 'line_end'],
  ['RFC 9112 §7.1.2: folded trailer', '0\r\nX: a\r\n b\r\n\r\n', 'field_name'],
  ['RFC 9110 §6.5.1: length in trailers', '0\r\nContent-Length: 5\r\n\r\n', 'trailer_forbidden'],
];

describe('a chunked body', () => {
  it.each(ACCEPTED)('goes on without its extensions: %s', (_rule, text, forwarded) => {
    const reading = read(`${text}GET /`);
    expect(reading.chunked).toMatchObject({ done: true, refusal: null });
    expect(reading).toMatchObject({ forwarded, rest: 'GET /' });
  });

  it.each(REFUSED)('is refused: %s', (_rule, text, reason) => {
    expect(read(text).chunked).toMatchObject({ done: false, refusal: reason });
  });

  it('goes on without trailers where these are not wanted, which are checked all the same', () => {
    const output = CHUNKED_OUTPUT.chunksWithoutTrailers;
    expect(read(`5;x\r\nhello\r\n0\r\nX: a\r\nY: b\r\n\r\n`, output).forwarded).toBe(`5\r\nhello\r\n${END}`);
    expect(read(`5\r\nhello\r\n${END}`, output).forwarded).toBe(`5\r\nhello\r\n${END}`);
    expect(read('0\r\nHost: a\r\n\r\n', output).chunked.refusal).toBe('trailer_forbidden');
  });

  it('goes on as data alone towards HTTP/1.0', () => {
    const reading = read(`5;x\r\nhello\r\n1\r\n!\r\n0\r\nX: a\r\n\r\n`, CHUNKED_OUTPUT.data);
    expect(reading).toMatchObject({ forwarded: 'hello!', chunked: { dataBytes: 6, done: true } });
  });

  it('is read in several turns where it has more chunks than the table has room', () => {
    const many = SEGMENT_CAPACITY * 3;
    const reading = read(`${'1\r\nx\r\n'.repeat(many)}${END}`, CHUNKED_OUTPUT.data);
    expect(reading.forwarded).toBe('x'.repeat(many));
    expect(reading.turns).toBeGreaterThan(3);
  });

  it('may have as many bytes of extensions as of data, and some more', () => {
    const allowed = `400;${'a'.repeat(200)}\r\n${'x'.repeat(0x400)}\r\n`.repeat(200) + END;
    expect(read(allowed).chunked.done).toBe(true);
    const line = `1;${'a'.repeat(99)}\r\nx\r\n`;
    const fitting = Math.floor(EXTENSION_BYTES / 100);
    expect(read(line.repeat(fitting)).chunked.refusal).toBeNull();
    expect(read(line.repeat(fitting + 3)).chunked.refusal).toBe('chunk_overhead');
  });

  it('may have chunks of up to 2^53 - 1 bytes', () => {
    expect(read('1FFFFFFFFFFFFF\r\nx').chunked).toMatchObject({
      refusal: null,
      remaining: Number.MAX_SAFE_INTEGER - 1,
    });
  });

  it('forgets the body before it', () => {
    const chunked = createChunkedState(TEST_LIMITS);
    const segments = createSegments();
    for (const text of ['5;a=b\r\nhel', '+', '0\r\nX: a\r\n\r\n', '5\r\nhello\r\n0\r\n\r\n']) {
      beginChunked(chunked, CHUNKED_OUTPUT.chunks);
      const bytes = Buffer.from(text, 'latin1');
      readChunked(chunked, { bytes, from: 0, to: bytes.length, segments });
    }
    expect(chunked).toMatchObject({ done: true, refusal: null, dataBytes: 5, extensionBytes: 0 });
  });
});
