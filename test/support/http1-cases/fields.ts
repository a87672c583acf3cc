/** Header lines, Host and Connection: RFC 9112 §3.2, §5; RFC 9110 §5, §7. */
import {
  HOST,
  SMUGGLED,
  accepted,
  refused,
  type Accepted,
  type Refused,
  type StrictnessCase,
} from './strictness-case.js';

const get = (fields: string): string => `GET / HTTP/1.1\r\n${HOST}${fields}\r\n`;
const host = (value: string): string => `GET / HTTP/1.1\r\nHost:${value}\r\n\r\n`;
/** A request that is refused or else has a second one behind it. */
const bad = (fields: string): string => `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${SMUGGLED}`;

const REFUSED: readonly Refused[] = [
  ['a space before the colon', 'CVE-2021-22959, CVE-2019-16276', bad('Content-Length : 34\r\n')],
  ['a tab before the colon', 'RFC 9112 §5.1', bad('X\t: y\r\n')],
  ['a space before a name', 'CVE-2024-27982', bad(' Content-Length: 34\r\n')],
  ['white space before the first field', 'RFC 9112 §2.2', `GET / HTTP/1.1\r\n X: y\r\n${HOST}\r\n`],
  ['a folded line', 'RFC 9112 §5.2', bad('X: a\r\n b\r\n')],
  ['a line folded with a tab', 'RFC 9112 §5.2', bad('X: a\r\n\tb\r\n')],
  ['a line without colon', 'CVE-2022-35256', bad('X-Nothing\r\n')],
  ['an empty name', 'CVE-2023-25725', bad(': x\r\n')],
  ['a NUL in a name', 'RFC 9110 §5.1', bad('X\0: y\r\n')],
  ['a control in a name', 'RFC 9110 §5.1', bad('X\x02: y\r\n')],
  ['a byte beyond ASCII in a name', 'RFC 9110 §5.1', bad('X\xe4: y\r\n')],
  ['a parenthesis in a name', 'RFC 9110 §5.1', bad('X(y): z\r\n')],
  ['a name of 256 bytes', 'CVE-2021-40346', bad(`Content-Length0${'a'.repeat(241)}: 255\r\n`), 431],
  ['a NUL in a value', 'RFC 9110 §5.5', bad('X: a\0b\r\n')],
  ['a control in a value', 'RFC 9110 §5.5', bad('X: a\x01b\r\n')],
  ['a vertical tab in a value', 'RFC 9110 §5.5', bad('X: a\x0bb\r\n')],
  ['DEL in a value', 'RFC 9110 §5.5', bad('X: a\x7fb\r\n')],
  ['a bare CR in a value', 'CVE-2022-32214', bad('X: a\rContent-Length: 34\r\n')],
  ['a bare CR after an empty field', 'CVE-2023-30589', bad('X:\rTransfer-Encoding: chunked\r\n')],
  ['a bare LF after a field', 'RFC 9112 §2.2', bad('X: a\nY: b\r\n')],
  ['a head ended by CRLF CR X', 'CVE-2025-23167', `GET / HTTP/1.1\r\n${HOST}\rX: y\r\n\r\n`],
  ['a head ended by bare LFs', 'RFC 9112 §2.2', `GET / HTTP/1.1\r\n${HOST}\n${SMUGGLED}`],
  [
    'more fields than the limit',
    'CVE-2026-58044',
    bad(`${'X: y\r\n'.repeat(100)}Content-Length: 34\r\n`),
    431,
  ],
  [
    'more fields than the limit with an upgrade',
    'CVE-2024-37890',
    `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n${'X: y\r\n'.repeat(98)}\r\n`,
    431,
  ],
  ['a head beyond the limit', 'RFC 6585 §5', bad(`X: ${'y'.repeat(17_000)}\r\n`), 431],
  ['a head that never ends', 'RFC 6585 §5', `GET / HTTP/1.1\r\n${HOST}X: ${'y'.repeat(20_000)}`, 431],
  ['no Host', 'RFC 9112 §3.2', `GET / HTTP/1.1\r\nX: y\r\n\r\n${SMUGGLED}`],
  ['two Hosts', 'RFC 9112 §3.2', bad('Host: b.test\r\n')],
  ['the same Host twice', 'RFC 9112 §3.2', bad(HOST)],
  ['two Hosts in HTTP/1.0', 'RFC 9112 §3.2', `GET / HTTP/1.0\r\n${HOST}Host: b.test\r\n\r\n`],
  ['a list of hosts', 'RFC 9110 §7.2', host(' a.test, b.test')],
  ['a Host with user', 'RFC 9110 §7.2', host(' u@a.test')],
  ['a Host with path', 'RFC 9110 §7.2', host(' a.test/x')],
  ['a Host with space', 'RFC 9110 §7.2', host(' a.test b.test')],
  ['a Host with letters for a port', 'RFC 9110 §7.2', host(' a.test:x')],
  ['a Host of an address without brackets', 'RFC 9110 §7.2', host(' ::1')],
  ['a Host of half an address', 'RFC 9110 §7.2', host(' [::1')],
  ['a Host beyond ASCII', 'RFC 9110 §7.2', host(' \xe4.test')],
  ['a port beyond 65535', 'RFC 9110 §4.2.1', host(' a.test:65536')],
  ['Connection that is no list', 'RFC 9110 §7.6.1', bad('Connection: close, "x"\r\n')],
  ['Connection that names Host', 'CVE-2022-31813', bad('Connection: close, Host\r\n')],
  ['Connection that names Content-Length', 'RFC 9110 §7.6.1', bad('Connection: close, Content-Length\r\n')],
  ['an unknown expectation', 'RFC 9110 §10.1.1', bad('Expect: a-miracle\r\n'), 417],
];

const ACCEPTED: readonly Accepted[] = [
  [
    'names in any case',
    'RFC 9110 §5.1',
    'GET / HTTP/1.1\r\nhOST: a.test\r\n\r\n',
    { backendContains: [/\r\nhost: a\.test\r\n/i] },
  ],
  ['white space around values', 'RFC 9112 §5', 'GET / HTTP/1.1\r\nHost:\t a.test \t\r\n\r\n'],
  ['an empty value', 'RFC 9110 §5.5', get('X-Empty:\r\n'), { backendContains: [/\r\nX-Empty: ?\r\n/] }],
  [
    'bytes beyond ASCII in values, as they are',
    'RFC 9110 §5.5',
    get('X-Text: \xe4\xff\r\n'),
    { backendContains: ['X-Text: \xe4\xff\r\n'] },
  ],
  [
    'repeated fields, one by one and in order',
    'RFC 9110 §5.3',
    get('X-A: 1\r\nX-B: 2\r\nX-A: 3\r\n'),
    { backendContains: [/X-A: 1\r\n[^]*X-A: 3\r\n/] },
  ],
  [
    'a field called __proto__',
    'CVE-2026-21710',
    get('__proto__: x\r\n'),
    { backendContains: ['__proto__: x\r\n'] },
  ],
  ['names that are numbers', 'CVE-2026-21717', get('1: a\r\n2: b\r\n'), { backendContains: ['1: a\r\n'] }],
  [
    'a Host with a port',
    'RFC 9110 §7.2',
    host(' a.test:8080'),
    { backendContains: [/host: a\.test:8080\r\n/i] },
  ],
  [
    'a Host of an IPv6 address',
    'RFC 9110 §7.2',
    host(' [::1]:80'),
    { backendContains: [/host: \[::1\]:80\r\n/i] },
  ],
  ['an empty Host', 'RFC 9112 §3.2', host('')],
  [
    'empty elements in Connection',
    'RFC 9110 §5.6.1',
    get('Connection: , keep-alive ,,\r\n'),
    { backendLacks: [/keep-alive ,,/] },
  ],
  [
    'nominated fields, and drops them',
    'RFC 9110 §7.6.1',
    get('X-Hop: 1\r\nConnection: x-hop\r\nX-Stays: 2\r\n'),
    { backendContains: ['X-Stays: 2\r\n'], backendLacks: [/x-hop/i] },
  ],
  [
    'hop-by-hop fields, and drops them',
    'RFC 9110 §7.6.1',
    get(
      'Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nProxy-Authorization: x\r\n',
    ),
    { backendLacks: [/timeout=5/i, /proxy-connection/i, /proxy-authorization/i] },
  ],
  [
    'nominated fields of its own, and adds them all the same',
    'CVE-2024-45410, CVE-2021-33197',
    get('Connection: X-Forwarded-For, X-Forwarded-Proto\r\n'),
    { backendContains: [/\r\nX-Forwarded-For: 127\.0\.0\.1\r\n/i, /\r\nX-Forwarded-Proto: http\r\n/i] },
  ],
  [
    'claims about the client, and does not pass them',
    'Envoy edge guide',
    get('X-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n'),
    { backendLacks: ['6.6.6.6'] },
  ],
  [
    'claims by names with underscores, and does not pass them',
    'GHSA-5m6w-wvh7-57vm',
    get('X_Forwarded_Proto: https\r\nX-Forwarded_For: 6.6.6.6\r\n'),
    { backendLacks: ['https', '6.6.6.6'] },
  ],
  [
    'fields with thousands of spaces',
    'CVE-2021-32640',
    get(`Sec-WebSocket-Protocol: a${' '.repeat(8_000)}b\r\n`),
  ],
  [
    'an upgrade to HTTP/2 in the clear, and does not pass it',
    'h2c smuggling',
    get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'),
    { backendLacks: [/h2c/i, /http2-settings/i] },
  ],
];

export const FIELD_CASES: readonly StrictnessCase[] = [...REFUSED.map(refused), ...ACCEPTED.map(accepted)];
