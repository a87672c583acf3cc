/** Where a request ends, and who tries to say two things about it: RFC 9112 §6, §7; RFC 9110 §8.6. */
import {
  BODY_LIMIT,
  HOST,
  OK,
  SMUGGLED,
  accepted,
  refused,
  type Accepted,
  type Refused,
  type StrictnessCase,
} from './strictness-case.js';

const post = (fields: string, body = SMUGGLED): string => `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
const length = (value: string): string => post(`Content-Length:${value}\r\n`);
const coding = (value: string): string => post(`Transfer-Encoding:${value}\r\n`, `0\r\n\r\n${SMUGGLED}`);
const BOTH = 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const REFUSED: readonly Refused[] = [
  ['length and coding', 'RFC 9112 §6.1', post(BOTH, `0\r\n\r\nG${SMUGGLED}`)],
  ['coding and length', 'RFC 9112 §6.1', post(`${CHUNKED}Content-Length: 6\r\n`, `0\r\n\r\nG${SMUGGLED}`)],
  ['length 0 and coding', 'RFC 9112 §6.1', post(`Content-Length: 0\r\n${CHUNKED}`, `0\r\n\r\n${SMUGGLED}`)],
  ['two different lengths', 'RFC 9110 §8.6', post('Content-Length: 5\r\nContent-Length: 6\r\n')],
  ['the same length twice', 'RFC 9110 §8.6', post('Content-Length: 5\r\nContent-Length: 5\r\n')],
  [
    'lengths that differ in case of name',
    'CVE-2026-1525',
    post('Content-Length: 5\r\ncontent-length: 0\r\n'),
  ],
  ['a list of lengths', 'RFC 9110 §8.6', length(' 5, 5')],
  ['an empty length', 'CVE-2023-40225', length('')],
  ['an empty length before a real one', 'CVE-2023-40225', post('Content-Length:\r\nContent-Length: 5\r\n')],
  ['a length with plus', 'RFC 9110 §8.6', length(' +5')],
  ['a length with minus', 'RFC 9110 §8.6', length(' -5')],
  ['a hexadecimal length', 'RFC 9110 §8.6', length(' 0x5')],
  ['a length with a fraction', 'RFC 9110 §8.6', length(' 5.0')],
  ['a length with a space within', 'RFC 9110 §8.6', length(' 1 0')],
  ['a body beyond the limit', 'RFC 9110 §15.5.14', length(` ${BODY_LIMIT + 1}`), 413],
  ['a length in quotes', 'RFC 9110 §8.6', length(' "5"')],
  ['a length of 2^53', 'RFC 9110 §8.6', length(' 9007199254740992')],
  ['a length of 2^64 and 5', 'RFC 9110 §8.6', length(' 18446744073709551621')],
  ['an empty coding', 'RFC 9112 §6.1', coding('')],
  ['coding that is not chunked', 'RFC 9112 §6.1', coding(' gzip'), 501],
  ['identity', 'RFC 9112 §6.1', coding(' identity'), 501],
  ['something like chunked', 'CVE-2022-32213', coding(' xchunked'), 501],
  ['chunked after another coding', 'RFC 9112 §6.1', coding(' gzip, chunked'), 501],
  ['chunked before another coding', 'RFC 9112 §6.3', coding(' chunked, gzip')],
  ['chunked twice', 'RFC 9112 §6.1', coding(' chunked, chunked')],
  ['two codings', 'CVE-2020-8287', post(`${CHUNKED}${CHUNKED}`, `0\r\n\r\n${SMUGGLED}`)],
  [
    'two codings, the second one unknown',
    'CVE-2020-8287',
    post(`${CHUNKED}Transfer-Encoding: x\r\n`, `0\r\n\r\n${SMUGGLED}`),
  ],
  ['chunked with a parameter', 'CVE-2022-32213', coding(' chunked;a=b')],
  ['chunked in quotes', 'CVE-2022-32213', coding(' "chunked"')],
  ['chunked behind a vertical tab', 'CVE-2022-32213', coding('\x0bchunked')],
  ['chunked with a tab behind it', 'RFC 9112 §5', coding(' chunked\t')],
  [
    'chunked on a folded line',
    'CVE-2022-32215',
    post('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
  ],
  [
    'a coding that goes on in a folded line',
    'CVE-2022-32215',
    post('Transfer-Encoding: chunked\r\n , identity\r\n', `0\r\n\r\n${SMUGGLED}`),
  ],
  [
    'a list of codings that does not end in chunked, beside a length',
    'CVE-2026-2835',
    post('Transfer-Encoding: chunked, gzip\r\nContent-Length: 5\r\n', `0\r\n\r\n${SMUGGLED}`),
  ],
  ['coding in HTTP/1.0', 'CVE-2026-2835', `POST / HTTP/1.0\r\n${HOST}${CHUNKED}\r\n0\r\n\r\n`],
  [
    'coding hidden behind more fields than the limit',
    'CVE-2026-58044',
    post(`${'X: y\r\n'.repeat(99)}${CHUNKED}`, `0\r\n\r\n${SMUGGLED}`),
    431,
  ],
  ['TRACE with content', 'RFC 9110 §9.3.8', `TRACE / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`],
];

const ACCEPTED: readonly Accepted[] = [
  [
    'a body of a length',
    'RFC 9112 §6.2',
    post('Content-Length: 5\r\n', 'hello'),
    { backendContains: [/\r\n\r\nhello/] },
  ],
  [
    'a body of length 0',
    'RFC 9112 §6.3',
    post('Content-Length: 0\r\n', ''),
    { backendContains: [/content-length: 0\r\n/i] },
  ],
  [
    'a body in chunks',
    'RFC 9112 §7.1',
    post(CHUNKED, '5\r\nhello\r\n0\r\n\r\n'),
    { backendContains: [/transfer-encoding: chunked\r\n/i, '5\r\nhello\r\n0\r\n\r\n'] },
  ],
  [
    'a body in chunks with DELETE',
    'CVE-2026-29057',
    `DELETE / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n5\r\nhello\r\n0\r\n\r\n`,
    {
      backendContains: [/transfer-encoding: chunked\r\n/i, '5\r\nhello\r\n0\r\n\r\n'],
      backendLacks: [/content-length/i],
    },
  ],
  [
    'a body in chunks with OPTIONS',
    'CVE-2026-29057',
    `OPTIONS / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n5\r\nhello\r\n0\r\n\r\n`,
    { backendContains: ['5\r\nhello\r\n0\r\n\r\n'], backendLacks: [/content-length/i] },
  ],
  [
    'a body of a length with GET',
    'RFC 9110 §9.3.1',
    `GET / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
    { backendContains: [/\r\n\r\nhello/] },
  ],
  [
    'a body that looks like a request',
    'RFC 9112 §6',
    post(`Content-Length: ${SMUGGLED.length}\r\n`),
    { backendContains: [SMUGGLED] },
  ],
  [
    'CHUNKED in any case, and passes it in lower case',
    'RFC 9112 §7',
    post('transfer-encoding:  CHUNKED  \r\n', '0\r\n\r\n'),
    { backendContains: ['\r\nTransfer-Encoding: chunked\r\n'], backendLacks: [/CHUNKED/] },
  ],
  [
    'a length with zeros in front, and passes it without',
    'RFC 9110 §8.6',
    post('content-length:0000000000000000000005\r\n', 'hello'),
    { backendContains: ['\r\nContent-Length: 5\r\n', /\r\n\r\nhello/] },
  ],
  [
    'tabs around a length, and passes it without',
    'RFC 9110 §5.5',
    post('Content-Length:\t5 \t\r\n', 'hello'),
    { backendContains: ['\r\nContent-Length: 5\r\n', /\r\n\r\nhello/] },
  ],
  [
    'a length of many zeros',
    'RFC 9110 §8.6',
    post('Content-Length: 000\r\n', ''),
    { backendContains: ['\r\nContent-Length: 0\r\n'] },
  ],
  [
    'tabs around a host, and passes it without',
    'RFC 9110 §5.5',
    'GET / HTTP/1.1\r\nHost:\ta.test\t\r\n\r\n',
    { backendContains: ['\r\nHost: a.test\r\n'] },
  ],
];

/** Two requests in one piece: the second begins where the first ends. */
const PIPELINED: readonly StrictnessCase[] = [
  {
    name: 'answers pipelined requests in their order',
    rule: 'RFC 9112 §9.3.2',
    steps: [{ send: `${post('Content-Length: 5\r\n', 'hello')}GET /second HTTP/1.1\r\n${HOST}\r\n` }],
    replies: [{ bytes: 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n' }, { bytes: OK }],
    expected: {
      statuses: [201, 200],
      after: 'open',
      requests: 2,
      backendContains: ['GET /second HTTP/1.1\r\n'],
    },
  },
  {
    name: 'answers what comes after a chunked body',
    rule: 'RFC 9112 §7.1',
    steps: [{ send: `${post(CHUNKED, '3\r\nabc\r\n0\r\n\r\n')}GET /second HTTP/1.1\r\n${HOST}\r\n` }],
    replies: [{ bytes: 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n' }, { bytes: OK }],
    expected: { statuses: [201, 200], after: 'open', requests: 2 },
  },
  {
    name: 'reads nothing after a refusal',
    rule: 'RFC 9112 §9.6',
    steps: [{ send: `GET /first HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n\r\n${SMUGGLED}` }],
    replies: [{ bytes: OK }],
    expected: { statuses: [200, 400], after: 'closed', code: 'bad_request', requests: 1 },
  },
  {
    name: 'answers what came before bytes that are no request, then refuses them',
    rule: 'RFC 9112 §9.3.2',
    steps: [{ send: `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n\0\r\n\r\n${SMUGGLED}` }],
    replies: [{ bytes: OK }, { bytes: OK }],
    expected: { statuses: [200, 200, 400], after: 'closed', code: 'bad_request', requests: 2 },
  },
  {
    name: 'answers what came before CONNECT, then refuses it',
    rule: 'RFC 9112 §9.3.2',
    steps: [
      { send: `GET /1 HTTP/1.1\r\n${HOST}\r\nCONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n` },
    ],
    replies: [{ bytes: OK }],
    expected: { statuses: [200, 405], after: 'closed', code: 'method_not_allowed', requests: 1 },
  },
  {
    name: 'answers what came before a body that breaks, then refuses that request',
    rule: 'RFC 9112 §9.3.2',
    steps: [{ send: `GET /1 HTTP/1.1\r\n${HOST}\r\n${post(CHUNKED, '3\r\nabc\r\nx\r\n')}` }],
    replies: [{ bytes: OK }, { bytes: OK, once: /abc\r\n0\r\n/ }],
    expected: { statuses: [200, 400], after: 'closed', code: 'bad_request', requests: 'any' },
  },
  {
    name: 'takes up no request before the answer to the one before it',
    rule: 'RFC 9112 §9.3.2',
    steps: [
      { send: `GET /first HTTP/1.1\r\n${HOST}\r\nPOST /second HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n` },
      { backendReceives: '/first' },
      { backendSends: 'HTTP/1.1 200 OK\r\nX-Turn: first\r\nContent-Length: 0\r\n\r\n' },
      { receives: 'X-Turn: first' },
      { backendReceives: '/second' },
    ],
    replies: [{ bytes: '' }, { bytes: OK }],
    // Side by side they would need two connections.
    expected: { statuses: [200, 200], after: 'tunnel', requests: 2, upstreamConnections: 1 },
  },
  {
    name: 'reads nothing after Connection: close',
    rule: 'RFC 9112 §9.6',
    steps: [{ send: `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n${SMUGGLED}` }],
    replies: [{ bytes: OK }],
    expected: { statuses: [200], after: 'closed', requests: 1, contains: [/connection: close\r\n/i] },
  },
  {
    name: 'reads no request within the body of one that it answers by itself',
    rule: 'CVE-2025-4366',
    steps: [
      {
        send: `POST / HTTP/1.1\r\n${HOST}Expect: a-miracle\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
      },
    ],
    replies: [],
    expected: { statuses: [417], after: 'closed', code: 'expectation_failed', requests: 0 },
  },
];

/** HTTP/1.0 without a length has no body; what follows is neither read until the end nor taken for another request. */
const WITHOUT_LENGTH: StrictnessCase = {
  name: 'ends the request of an HTTP/1.0 client that states no length with its head',
  rule: 'CVE-2026-2835',
  steps: [{ send: `POST / HTTP/1.0\r\n${HOST}\r\n${SMUGGLED}` }],
  replies: [{ bytes: OK }],
  expected: { statuses: [200], after: 'closed', requests: 1, backendLacks: ['/smuggled'] },
};

export const FRAMING_CASES: readonly StrictnessCase[] = [
  ...REFUSED.map(refused),
  ...ACCEPTED.map(accepted),
  ...PIPELINED,
  WITHOUT_LENGTH,
];
