/** What backends answer, well and badly: RFC 9112 §4, §6.3, §7; RFC 9110 §15. */
import { answer } from '../backend-server.js';
import { HOST, OK, type Outcome, type Reply, type Step, type StrictnessCase } from './strictness-case.js';

const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`;
const HEAD = `HEAD / HTTP/1.1\r\n${HOST}\r\n`;
const ok = (fields: string, body = ''): string => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const DATE = /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/;
const OWN_DATE_OF_FINE = /\r\nDate: [^\r]+ GMT\r\n(?:[^\r]+\r\n)*\r\nfine/;
const UPGRADE_REQUIRED =
  'HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: HTTP/3.0\r\nContent-Length: 0\r\n\r\n';

type Malformed = readonly [name: string, rule: string, bytes: string];

/** The client gets 502 on a connection that stays; the backend's connection is not used again. */
function malformed([name, rule, bytes]: Malformed): StrictnessCase {
  return {
    name: `answers 502 to ${name}`,
    rule,
    steps: [{ send: GET }],
    replies: [{ bytes }],
    expected: {
      statuses: [502],
      after: 'open',
      code: 'upstream_malformed',
      requests: 1,
      upstreamConnections: 2,
      contains: [DATE],
    },
  };
}

const MALFORMED: readonly Malformed[] = [
  ['something that is not HTTP', 'RFC 9112 §4', 'ICY 200 OK\r\n\r\n'],
  ['a line of text', 'RFC 9112 §4', 'hello, world\r\n'],
  ['a version in lower case', 'RFC 9112 §2.3', 'http/1.1 200 OK\r\n\r\n'],
  ['HTTP/2.0', 'RFC 9112 §2.3', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of two digits', 'RFC 9112 §4', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of four digits', 'RFC 9112 §4', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status below 100', 'RFC 9110 §15', 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n'],
  ['a status above 599', 'RFC 9110 §15', 'HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n'],
  ['two spaces before the status', 'RFC 9112 §4', 'HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a NUL in the reason', 'RFC 9112 §4', 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n'],
  ['a bare LF', 'RFC 9112 §2.2', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['a bare CR in a field', 'RFC 9112 §2.2', ok('X: a\rContent-Length: 5\r\nContent-Length: 0\r\n')],
  ['a folded line', 'RFC 9112 §5.2', ok('X: a\r\n b\r\nContent-Length: 0\r\n')],
  ['a space before the colon', 'RFC 9112 §5.1', ok('Content-Length : 0\r\n')],
  ['an empty name', 'RFC 9112 §5.1', ok(': x\r\nContent-Length: 0\r\n')],
  ['a NUL in a name', 'CVE-2023-0056', ok('X\0: y\r\nContent-Length: 0\r\n')],
  ['a line without colon', 'CVE-2023-0056', ok('X\r\nContent-Length: 0\r\n')],
  ['a NUL in a value', 'CVE-2023-0056', ok('X: \0\r\nContent-Length: 0\r\n')],
  ['length and coding', 'RFC 9112 §6.1', ok(`Content-Length: 5\r\n${CHUNKED}`, '0\r\n\r\n')],
  ['two lengths', 'RFC 9112 §6.3', ok('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello')],
  ['a list of different lengths', 'RFC 9112 §6.3', ok('Content-Length: 5, 6\r\n', 'hello')],
  ['a list with an empty length', 'CVE-2023-40225', ok('Content-Length: 5,,5\r\n', 'hello')],
  ['a length that is no number', 'RFC 9112 §6.3', ok('Content-Length: five\r\n', 'hello')],
  ['a length with minus', 'RFC 9112 §6.3', ok('Content-Length: -1\r\n')],
  ['a coding that is not chunked', 'RFC 9112 §6.1', ok('Transfer-Encoding: gzip\r\n', 'x')],
  ['chunked with a tab behind it', 'RFC 9112 §5', ok('Transfer-Encoding: chunked\t\r\n', '0\r\n\r\n')],
  ['a coding in HTTP/1.0', 'RFC 9112 §6.1', `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n0\r\n\r\n`],
  ['more fields than the limit', 'CVE-2026-58044', ok(`${'X: y\r\n'.repeat(101)}Content-Length: 0\r\n`)],
  ['a head beyond the limit', 'RFC 6585 §5', ok(`X: ${'y'.repeat(70_000)}\r\nContent-Length: 0\r\n`)],
  [
    '101 that nobody asked for',
    'RFC 9110 §15.2.2',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['more than 16 interim responses', 'Envoy edge guide', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17) + OK],
];

type Framed = readonly [name: string, rule: string, request: string, reply: Reply, outcome: Partial<Outcome>];

function framed([name, rule, request, reply, outcome]: Framed): StrictnessCase {
  const expected: Outcome = { statuses: [200], after: 'open', requests: 1, ...outcome };
  return { name, rule, steps: [{ send: request }], replies: [reply], expected };
}

const FRAMED: readonly Framed[] = [
  [
    'passes a body of a length',
    'RFC 9112 §6.3',
    GET,
    { bytes: answer('hello') },
    { contains: [/\r\n\r\nhello/], upstreamConnections: 1 },
  ],
  [
    'passes an empty body',
    'RFC 9112 §6.3',
    GET,
    { bytes: ok('Content-Length: 0\r\n') },
    { upstreamConnections: 1 },
  ],
  [
    'passes chunks',
    'RFC 9112 §7.1',
    GET,
    { bytes: ok(CHUNKED, '5\r\nhello\r\n0\r\n\r\n') },
    { contains: ['5\r\nhello\r\n0\r\n\r\n'], upstreamConnections: 1 },
  ],
  [
    'passes chunks without their extensions',
    'RFC 9112 §7.1.1',
    GET,
    { bytes: ok(CHUNKED, '5;a=b\r\nhello\r\n0;c\r\n\r\n') },
    { contains: ['5\r\nhello\r\n0\r\n\r\n'], lacks: ['a=b'] },
  ],
  [
    'passes trailers',
    'RFC 9110 §6.5',
    GET,
    { bytes: ok(`${CHUNKED}Trailer: X-Sum\r\n`, '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n') },
    { contains: [/\r\n0\r\nX-Sum: 1\r\n\r\n/i] },
  ],
  [
    'passes the data alone to HTTP/1.0',
    'RFC 9112 §6.1',
    `GET / HTTP/1.0\r\n${HOST}\r\n`,
    { bytes: ok(CHUNKED, '5\r\nhello\r\n0\r\n\r\n') },
    { after: 'closed', contains: [/\r\n\r\nhello$/], lacks: [/transfer-encoding/i] },
  ],
  [
    'passes a body until close',
    'RFC 9112 §6.3',
    GET,
    { bytes: ok('', 'hello'), finally: 'ends' },
    { after: 'tunnel', contains: ['hello'] },
  ],
  [
    'passes a body until close of HTTP/1.0',
    'RFC 9112 §6.3',
    GET,
    { bytes: 'HTTP/1.0 200 OK\r\n\r\nhello', finally: 'ends' },
    { after: 'tunnel', contains: [/^HTTP\/1\.1 200 OK\r\n/, 'hello'] },
  ],
  [
    'passes the head alone of an answer to HEAD',
    'RFC 9110 §9.3.2',
    HEAD,
    { bytes: ok('Content-Length: 500\r\n') },
    { contains: [/content-length: 500\r\n/i], upstreamConnections: 1 },
  ],
  [
    'passes the head of a chunked answer to HEAD',
    'RFC 9110 §9.3.2',
    HEAD,
    { bytes: ok(CHUNKED) },
    { upstreamConnections: 1 },
  ],
  [
    'passes 304 with the length that it would have',
    'RFC 9110 §15.4.5',
    GET,
    { bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: "x"\r\n\r\n' },
    { statuses: [304], upstreamConnections: 1 },
  ],
  [
    'passes 204',
    'RFC 9110 §15.3.5',
    GET,
    { bytes: 'HTTP/1.1 204 No Content\r\n\r\n' },
    { statuses: [204], upstreamConnections: 1 },
  ],
  [
    'drops a length beside 204',
    'RFC 9110 §8.6',
    GET,
    { bytes: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n' },
    { statuses: [204], lacks: [/content-length: 5/i], upstreamConnections: 1 },
  ],
  [
    'ends 204 with its head whatever it says of a body, and keeps no such connection',
    'RFC 9112 §6.3',
    GET,
    { bytes: `HTTP/1.1 204 No Content\r\n${CHUNKED}Trailer: X\r\n\r\n` },
    { statuses: [204], lacks: [/transfer-encoding/i, /trailer/i], upstreamConnections: 2 },
  ],
  [
    'passes none of the chunks behind 204',
    'RFC 9112 §6.3',
    GET,
    { bytes: `HTTP/1.1 204 No Content\r\n${CHUNKED}\r\n5\r\nhello\r\n0\r\n\r\n` },
    { statuses: [204], lacks: ['hello'], upstreamConnections: 2 },
  ],
  [
    'passes interim responses without what they say of a body',
    'RFC 9112 §6.3',
    GET,
    { bytes: `HTTP/1.1 103 Early Hints\r\n${CHUNKED}\r\n${OK}` },
    { contains: [/^HTTP\/1\.1 103 /], lacks: [/transfer-encoding/i] },
  ],
  [
    'passes a body of a length that announces trailers',
    'RFC 9110 §6.6.2',
    GET,
    { bytes: ok('Trailer: X-Sum\r\nContent-Length: 5\r\n', 'hello') },
    { contains: [/\r\n\r\nhello/], upstreamConnections: 1 },
  ],
  [
    'passes an answer to HEAD that announces trailers',
    'RFC 9110 §6.6.2',
    HEAD,
    { bytes: ok(`Trailer: X-Sum\r\n${CHUNKED}`) },
    { upstreamConnections: 1 },
  ],
  [
    'passes 304 that announces trailers',
    'RFC 9110 §6.6.2',
    GET,
    { bytes: 'HTTP/1.1 304 Not Modified\r\nTrailer: X-Sum\r\n\r\n' },
    { statuses: [304], upstreamConnections: 1 },
  ],
  [
    'passes chunks with trailers to HTTP/1.0 without them',
    'RFC 9110 §6.5.1',
    `GET / HTTP/1.0\r\n${HOST}\r\n`,
    { bytes: ok(`${CHUNKED}Trailer: X-Sum\r\n`, '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n') },
    { after: 'closed', contains: [/\r\n\r\nhello$/], lacks: [/x-sum/i] },
  ],
  [
    'passes CHUNKED in lower case',
    'RFC 9112 §7',
    GET,
    { bytes: ok('transfer-encoding:CHUNKED\r\n', '5\r\nhello\r\n0\r\n\r\n') },
    { contains: ['\r\nTransfer-Encoding: chunked\r\n'], lacks: [/CHUNKED/] },
  ],
  [
    'passes a length with zeros and tabs without them',
    'RFC 9110 §8.6',
    GET,
    { bytes: ok('content-length:\t0005\t\r\n', 'hello') },
    { contains: ['\r\nContent-Length: 5\r\n', /\r\n\r\nhello/], upstreamConnections: 1 },
  ],
  [
    'passes the same length in two fields as one',
    'RFC 9112 §6.3',
    GET,
    { bytes: ok('Content-Length: 5\r\nX: y\r\nContent-Length: 05\r\n', 'hello') },
    { contains: [/\r\n\r\nhello/], lacks: ['Content-Length: 05'], upstreamConnections: 1 },
  ],
  [
    'passes a list of the same length as one',
    'RFC 9112 §6.3',
    GET,
    { bytes: ok('Content-Length: 5 ,\t5\r\n', 'hello') },
    { contains: ['\r\nContent-Length: 5\r\n', /\r\n\r\nhello/], upstreamConnections: 1 },
  ],
  [
    'says when an answer without Date came',
    'RFC 9110 §6.6.1',
    GET,
    { bytes: OK },
    { contains: [OWN_DATE_OF_FINE] },
  ],
  [
    'passes Date as it came, though Connection names it',
    'RFC 9110 §6.6.1',
    GET,
    { bytes: answer('fine', 'Connection: date', 'date: yesterday') },
    { contains: ['\r\ndate: yesterday\r\n'], lacks: [OWN_DATE_OF_FINE] },
  ],
  [
    'passes what an upgrade is required to',
    'RFC 9110 §15.5.22',
    GET,
    { bytes: UPGRADE_REQUIRED },
    {
      statuses: [426],
      contains: ['\r\nUpgrade: HTTP/3.0\r\n', '\r\nConnection: Upgrade\r\n'],
      upstreamConnections: 1,
    },
  ],
  [
    'passes what an upgrade is required to, and closes',
    'RFC 9110 §15.5.22',
    GET.replace(HOST, `${HOST}Connection: close\r\n`),
    { bytes: UPGRADE_REQUIRED },
    {
      statuses: [426],
      after: 'closed',
      contains: ['\r\nUpgrade: HTTP/3.0\r\n', '\r\nConnection: close, Upgrade\r\n'],
    },
  ],
  [
    'drops an Upgrade that is not required',
    'RFC 9110 §7.8',
    GET,
    { bytes: UPGRADE_REQUIRED.replace('426', '299') },
    { statuses: [299], lacks: [/upgrade:/i] },
  ],
  [
    'passes a status without reason',
    'RFC 9112 §4',
    GET,
    { bytes: 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n' },
    { contains: [/^HTTP\/1\.1 200 /] },
  ],
  [
    'passes a status without even a space, and adds it',
    'RFC 9112 §4',
    GET,
    { bytes: 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n' },
    { contains: [/^HTTP\/1\.1 200 /] },
  ],
  [
    'passes an unknown status',
    'RFC 9110 §15',
    GET,
    { bytes: 'HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n' },
    { statuses: [299], contains: ['299 Odd'] },
  ],
  [
    'passes repeated Set-Cookie one by one',
    'RFC 6265 §3',
    GET,
    { bytes: ok('Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n') },
    { contains: [/Set-Cookie: a=1\r\n[^]*Set-Cookie: b=2\r\n/i] },
  ],
  [
    'drops hop-by-hop fields of the backend',
    'RFC 9110 §7.6.1',
    GET,
    {
      bytes: ok(
        'Connection: x-hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=77\r\nContent-Length: 0\r\n',
      ),
    },
    { lacks: [/x-hop/i, 'timeout=77'] },
  ],
  [
    'passes what it does not decode',
    'CVE-2026-22036, CVE-2026-2229',
    GET,
    {
      bytes: ok(
        `Content-Encoding: ${'gzip, '.repeat(500)}gzip\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\nContent-Length: 1\r\n`,
        'x',
      ),
    },
    { contains: [/server_max_window_bits=99/] },
  ],
  [
    'keeps no connection that the backend closes',
    'RFC 9112 §9.6',
    GET,
    { bytes: ok('Connection: close\r\nContent-Length: 5\r\n', 'hello') },
    { upstreamConnections: 2 },
  ],
  [
    'keeps no connection of HTTP/1.0',
    'RFC 9112 §9.3',
    GET,
    { bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello' },
    { upstreamConnections: 2 },
  ],
  [
    'keeps no connection with more bytes than the length',
    'CVE-2026-48931',
    GET,
    { bytes: ok('Content-Length: 5\r\n', 'hello, world') },
    { lacks: [/, world/], upstreamConnections: 2 },
  ],
  [
    'keeps no connection with two responses for one request',
    'CVE-2026-48931',
    GET,
    { bytes: OK + answer('stale') },
    { lacks: ['stale'], upstreamConnections: 2 },
  ],
  [
    'keeps no connection with a body after HEAD',
    'RFC 9110 §9.3.2',
    HEAD,
    { bytes: answer('a body that must not be') },
    { lacks: ['must not be'], upstreamConnections: 2 },
  ],
  [
    'keeps no connection with a body after 304',
    'RFC 9110 §15.4.5',
    GET,
    { bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody' },
    { statuses: [304], lacks: ['\r\n\r\nbody'], upstreamConnections: 2 },
  ],
];

type Cut = readonly [name: string, rule: string, bytes: string, steps: readonly Step[]];

/** The head has gone to the client when the body turns out to be bad: it must not look whole. */
function cut([name, rule, bytes, steps]: Cut): StrictnessCase {
  const expected: Outcome = { statuses: [], after: 'cut', requests: 1, lacks: [/\r\n0\r\n\r\n$/] };
  const all: readonly Step[] = [{ send: GET }, { receives: 'hello' }, ...steps];
  return { name, rule, steps: all, replies: [{ bytes }], expected };
}

const LONG = ok('Content-Length: 50\r\n', 'hello');
const CHUNK = ok(CHUNKED, '5\r\nhello\r\n');

const CUT: readonly Cut[] = [
  ['cuts a body shorter than its length', 'RFC 9112 §8', LONG, [{ backendCloses: 'end' }]],
  ['cuts a body whose backend resets', 'GHSA-6x33-pw7p-hmpq', LONG, [{ backendCloses: 'reset' }]],
  ['cuts chunks without their end', 'RFC 9112 §8', CHUNK, [{ backendCloses: 'end' }]],
  ['cuts chunks whose backend resets', 'RFC 9112 §8', CHUNK, [{ backendCloses: 'reset' }]],
  ['cuts a body until close that is reset', 'RFC 9112 §8', ok('', 'hello'), [{ backendCloses: 'reset' }]],
  ['cuts chunks with a bad size', 'RFC 9112 §7.1', CHUNK, [{ backendSends: 'xyz\r\n' }]],
  ['cuts chunks with a bare LF', 'CVE-2025-22871', CHUNK, [{ backendSends: '3\nabc\r\n0\r\n\r\n' }]],
  [
    'cuts chunks with more data than their size',
    'RFC 9112 §7.1',
    CHUNK,
    [{ backendSends: '3\r\nabcd\r\n0\r\n\r\n' }],
  ],
  [
    'cuts chunks with an endless extension',
    'CVE-2024-22019',
    CHUNK,
    [{ backendSends: `3;${'a'.repeat(20_000)}` }],
  ],
  ['cuts chunks with a bad trailer', 'RFC 9112 §7.1.2', CHUNK, [{ backendSends: '0\r\nX : y\r\n\r\n' }]],
];

export const RESPONSE_CASES: readonly StrictnessCase[] = [
  ...MALFORMED.map(malformed),
  ...FRAMED.map(framed),
  ...CUT.map(cut),
];
