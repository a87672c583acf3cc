/** Chunked bodies of requests: RFC 9112 §7.1. The head has gone to the backend when the chunks turn out to be bad. */
import { HOST, OK, SMUGGLED, accepted, type Accepted, type StrictnessCase } from './strictness-case.js';

const post = (body: string): string => `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}`;

type BadChunks = readonly [name: string, rule: string, body: string, status?: number];

/** What comes of bad chunks: a refusal, and no backend that takes the request for whole. */
function badChunks([name, rule, body, status = 400]: BadChunks): StrictnessCase {
  return {
    name: `refuses ${name}`,
    rule,
    steps: [{ send: post(`3\r\nabc\r\n${body}`) }],
    replies: [{ bytes: OK, once: /\r\n0+(?:;[^\r\n]*)?\r\n[^]*\r\n$/ }],
    expected: {
      statuses: [status],
      after: 'closed',
      code: status === 400 ? 'bad_request' : 'head_too_large',
      requests: 'any',
      backendLacks: [/\r\n0\r\n\r\n$/],
    },
  };
}

const END = `0\r\n\r\n${SMUGGLED}`;

const BAD: readonly BadChunks[] = [
  ['a chunk without size', 'RFC 9112 §7.1', `\r\n${END}`],
  ['a size that is not hexadecimal', 'RFC 9112 §7.1', `g\r\n${END}`],
  ['a size with 0x', 'RFC 9112 §7.1', `0x3\r\nabc\r\n${END}`],
  ['a size with plus', 'RFC 9112 §7.1', `+3\r\nabc\r\n${END}`],
  ['a size with minus', 'RFC 9112 §7.1', `-3\r\nabc\r\n${END}`],
  ['a size with an underscore', 'RFC 9112 §7.1', `1_0\r\n${END}`],
  ['a space before a size', 'RFC 9112 §7.1', ` 3\r\nabc\r\n${END}`],
  ['a space after a size', 'RFC 9112 §7.1', `3 \r\nabc\r\n${END}`],
  ['a tab after a size', 'RFC 9112 §7.1', `3\t\r\nabc\r\n${END}`],
  ['a size of 2^64 and 3', 'RFC 9112 §7.1', `10000000000000003\r\nabc\r\n${END}`],
  ['a size of 2^64 - 1', 'RFC 9112 §7.1', `FFFFFFFFFFFFFFFF\r\nabc\r\n${END}`],
  ['a size of many zeros', 'RFC 9112 §7.1', `${'0'.repeat(300)}3\r\nabc\r\n${END}`],
  ['a bare LF after a size', 'CVE-2025-22871', `3\nabc\r\n${END}`],
  ['a bare CR after a size', 'CVE-2025-22871', `3\rabc\r\n${END}`],
  ['a bare LF in an extension', 'CVE-2025-55315', `3;a\nabc\r\n${END}`],
  ['a bare CR in an extension', 'CVE-2025-55315', `3;a\rabc\r\n${END}`],
  ['a bare LF in a quoted extension', 'CVE-2025-55315', `3;a="b\nc"\r\nabc\r\n${END}`],
  ['a NUL in an extension', 'CVE-2021-22960', `3;a\0\r\nabc\r\n${END}`],
  ['an empty extension', 'CVE-2021-22960', `3;\r\nabc\r\n${END}`],
  ['an endless extension', 'CVE-2024-22019', `3;${'a'.repeat(20_000)}`],
  ['an extension of more than 256 bytes', 'CVE-2023-39326', `3;${'a'.repeat(300)}\r\nabc\r\n${END}`],
  ['more extensions than data', 'CVE-2023-39326', `${`1;${'a'.repeat(200)}\r\nx\r\n`.repeat(60)}${END}`],
  ['data longer than its size', 'RFC 9112 §7.1', `3\r\nabcd\r\n${END}`],
  ['data without CRLF', 'RFC 9112 §7.1', `3\r\nabc${END}`],
  ['a bare LF after data', 'RFC 9112 §7.1', `3\r\nabc\n${END}`],
  ['a bare LF at the end', 'RFC 9112 §7.1', `0\r\n\n${SMUGGLED}`],
  ['CR and X at the end', 'CVE-2025-23167', `0\r\n\rX${SMUGGLED}`],
  ['a trailer without colon', 'RFC 9112 §7.1.2', `0\r\nX\r\n\r\n${SMUGGLED}`],
  ['a space before the colon of a trailer', 'RFC 9112 §5.1', `0\r\nX : y\r\n\r\n${SMUGGLED}`],
  ['a folded trailer', 'RFC 9112 §5.2', `0\r\nX: a\r\n b\r\n\r\n${SMUGGLED}`],
  ['an empty trailer name', 'CVE-2023-25725', `0\r\n: x\r\n\r\n${SMUGGLED}`],
  ['a NUL in a trailer', 'RFC 9110 §5.5', `0\r\nX: a\0\r\n\r\n${SMUGGLED}`],
  ['Content-Length in trailers', 'RFC 9110 §6.5.1', `0\r\nContent-Length: 5\r\n\r\n${SMUGGLED}`],
  ['Transfer-Encoding in trailers', 'RFC 9110 §6.5.1', `0\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED}`],
  ['Host in trailers', 'RFC 9110 §6.5.1', `0\r\nHost: b.test\r\n\r\n${SMUGGLED}`],
  ['Authorization in trailers', 'RFC 9110 §6.5.1', `0\r\nAuthorization: x\r\n\r\n${SMUGGLED}`],
  [
    'trailers beyond the limit of a head',
    'RFC 6585 §5',
    `0\r\nX: ${'y'.repeat(17_000)}\r\n\r\n${SMUGGLED}`,
    431,
  ],
  [
    'more trailers than fields are allowed',
    'RFC 6585 §5',
    `0\r\n${'X: y\r\n'.repeat(101)}\r\n${SMUGGLED}`,
    431,
  ],
];

const GOOD: readonly Accepted[] = [
  [
    'chunk extensions, and drops them',
    'RFC 9112 §7.1.1',
    post('3;a=b;c="d;e"\r\nabc\r\n0;f\r\n\r\n'),
    { backendContains: ['3\r\nabc\r\n0\r\n\r\n'], backendLacks: ['a=b'] },
  ],
  [
    'sizes in upper and lower case',
    'RFC 9112 §7.1',
    post(`A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n`),
    { backendContains: [/0123456789(?:\r\na\r\n)?0123456789\r\n0\r\n\r\n/] },
  ],
  [
    'sizes with zeros in front',
    'RFC 9112 §7.1',
    post('0003\r\nabc\r\n000\r\n\r\n'),
    { backendContains: [/3\r\nabc\r\n0+\r\n\r\n/] },
  ],
  [
    'trailers, and passes them on',
    'RFC 9110 §6.5',
    post('3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n'),
    { backendContains: [/3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n/i] },
  ],
  [
    'data that looks like chunks',
    'RFC 9112 §7.1',
    post('5\r\n0\r\n\r\n\r\n0\r\n\r\n'),
    { backendContains: ['5\r\n0\r\n\r\n\r\n0\r\n\r\n'] },
  ],
];

export const CHUNK_CASES: readonly StrictnessCase[] = [
  ...BAD.map(badChunks),
  ...GOOD.map((good) => {
    const test = accepted(good);
    return { ...test, replies: [{ bytes: OK, once: /0\r\n(?:X-Sum: 1\r\n)?\r\n$/i }] };
  }),
];
