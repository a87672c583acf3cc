/** Start lines and targets: RFC 9112 §2.2, §2.3, §3. */
import {
  HOST,
  SMUGGLED,
  accepted,
  refused,
  type Accepted,
  type Refused,
  type StrictnessCase,
} from './strictness-case.js';

const get = (target: string, rest = ''): string => `GET ${target} HTTP/1.1\r\n${HOST}${rest}\r\n`;
const line = (start: string): string => `${start}\r\n${HOST}\r\n${SMUGGLED}`;

const REFUSED: readonly Refused[] = [
  ['no HTTP at all', 'RFC 9112 §2.2', 'hello\r\n\r\n'],
  ['a TLS hello on the plain port', 'RFC 9112 §2.2', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a space before the method', 'RFC 9112 §3', line(' GET / HTTP/1.1')],
  ['a tab after the method', 'RFC 9112 §3', line('GET\t/ HTTP/1.1')],
  ['two spaces after the method', 'RFC 9112 §3', line('GET  / HTTP/1.1')],
  ['two spaces after the target', 'RFC 9112 §3', line('GET /  HTTP/1.1')],
  ['a space after the version', 'RFC 9112 §3', line('GET / HTTP/1.1 ')],
  ['a space within the target', 'RFC 9112 §3.2', line('GET /a b HTTP/1.1')],
  ['no target', 'RFC 9112 §3', line('GET HTTP/1.1')],
  ['HTTP/0.9', 'RFC 9112 §3', 'GET /\r\n\r\n'],
  ['a method that is no token', 'RFC 9110 §9.1', line('G(T / HTTP/1.1')],
  ['a method that is HEAD but for its case', 'RFC 9110 §9.3.2', line('head / HTTP/1.1'), 501],
  ['a method that is CONNECT but for its case', 'RFC 9110 §9.3.6', line('Connect / HTTP/1.1'), 501],
  ['a method of 65 bytes', 'RFC 9112 §3', line(`${'A'.repeat(65)} / HTTP/1.1`), 501],
  ['CONNECT', 'RFC 9110 §9.3.6', 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', 405],
  ['the preface of HTTP/2', 'RFC 9113 §3.4', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 501],
  ['an asterisk for GET', 'RFC 9112 §3.2.4', line('GET * HTTP/1.1')],
  ['an authority for GET', 'RFC 9112 §3.2.3', line('GET a.test:80 HTTP/1.1')],
  ['a target without slash', 'RFC 9112 §3.2.1', line('GET index.html HTTP/1.1')],
  ['another scheme', 'RFC 9112 §3.2.2', line('GET ftp://a.test/ HTTP/1.1')],
  ['an absolute target without host', 'RFC 9110 §4.2.1', line('GET http:///x HTTP/1.1')],
  ['an absolute target with a user', 'RFC 9110 §4.2.4', line('GET http://u@a.test/ HTTP/1.1')],
  ['a fragment', 'CVE-2023-45539, CVE-2021-32779', line('GET /public#/../admin HTTP/1.1')],
  ['a fragment in a query', 'CVE-2023-45539', line('GET /?a#b HTTP/1.1')],
  ['a NUL in the target', 'RFC 9112 §3.2', line('GET /a\0b HTTP/1.1')],
  ['a control in the target', 'RFC 9112 §3.2', line('GET /a\x01b HTTP/1.1')],
  ['DEL in the target', 'RFC 9112 §3.2', line('GET /a\x7fb HTTP/1.1')],
  ['a tab in the target', 'RFC 9112 §3.2', line('GET /a\tb HTTP/1.1')],
  ['a byte beyond ASCII in the target', 'RFC 9112 §3.2', line('GET /\xe4 HTTP/1.1')],
  ['a target beyond the limit', 'RFC 9110 §15.5.15', get(`/${'a'.repeat(8_200)}`), 414],
  ['a target beyond the whole head', 'RFC 9112 §3', `GET /${'a'.repeat(20_000)}`, 414],
  ['HTTP/1.2', 'RFC 9112 §2.3', line('GET / HTTP/1.2'), 505],
  ['HTTP/2.0', 'RFC 9110 §15.6.6', line('GET / HTTP/2.0'), 505],
  ['HTTP/0.9 by name', 'RFC 9110 §15.6.6', line('GET / HTTP/0.9'), 505],
  ['a version in lower case', 'RFC 9112 §2.3', line('GET / http/1.1')],
  ['a version with two digits', 'RFC 9112 §2.3', line('GET / HTTP/1.10')],
  ['a version without minor', 'RFC 9112 §2.3', line('GET / HTTP/1')],
  ['a bare LF after the request line', 'RFC 9112 §2.2', `GET / HTTP/1.1\n${HOST}\r\n${SMUGGLED}`],
  ['a bare CR after the request line', 'RFC 9112 §2.2', `GET / HTTP/1.1\r${HOST}\r\n${SMUGGLED}`],
  ['bare LFs alone', 'RFC 9112 §2.2', 'GET / HTTP/1.1\nHost: a.test\n\n'],
  ['more than 16 empty lines before the request', 'RFC 9112 §2.2', `${'\r\n'.repeat(17)}${get('/')}`],
  ['a bare LF before the request', 'RFC 9112 §2.2', `\n${get('/')}`],
  ['a bare CR before the request', 'RFC 9112 §2.2', `\r${get('/')}`],
];

const ACCEPTED: readonly Accepted[] = [
  [
    'an empty line before the request',
    'RFC 9112 §2.2',
    `\r\n${get('/')}`,
    { backendContains: [/^GET \/ HTTP\/1\.1\r\n/] },
  ],
  [
    '16 empty lines before the request',
    'RFC 9112 §2.2',
    `${'\r\n'.repeat(16)}${get('/')}`,
    { backendContains: [/^GET \/ HTTP\/1\.1\r\n/] },
  ],
  [
    'an absolute target, in origin form',
    'RFC 9112 §3.2.2',
    get('http://a.test/x?y'),
    { backendContains: [/^GET \/x\?y HTTP\/1\.1\r\n/] },
  ],
  [
    'an absolute target without path',
    'RFC 9112 §3.2.1',
    get('http://a.test'),
    { backendContains: [/^GET \/ HTTP\/1\.1\r\n/] },
  ],
  [
    'an absolute target in upper case',
    'RFC 9110 §4.2.3',
    get('HTTP://A.test/'),
    { backendContains: [/^GET \/ HTTP\/1\.1\r\n/] },
  ],
  [
    'an asterisk for OPTIONS',
    'RFC 9112 §3.2.4',
    `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
    { backendContains: [/^OPTIONS \* HTTP\/1\.1\r\n/] },
  ],
  [
    'OPTIONS for a whole server',
    'RFC 9112 §3.2.4',
    `OPTIONS http://a.test HTTP/1.1\r\n${HOST}\r\n`,
    { backendContains: [/^OPTIONS \* HTTP\/1\.1\r\n/] },
  ],
  [
    'a path with two slashes in front, as it is',
    'RFC 9112 §3.2.1',
    get('//a.test/b'),
    { backendContains: [/^GET \/\/a\.test\/b /] },
  ],
  [
    'percent-encoding, as it is',
    'CVE-2021-29492',
    get('/a%2Fb%5Cc?d%00'),
    { backendContains: ['GET /a%2Fb%5Cc?d%00 HTTP/1.1\r\n'] },
  ],
  [
    'all of visible ASCII in a target',
    'RFC 9112 §3.2',
    get('/"<>[\\]^`{|}?"<>[\\]^`{|}?'),
    { backendContains: ['GET /"<>[\\]^`{|}?"<>[\\]^`{|}? HTTP/1.1\r\n'] },
  ],
  [
    'a method of the registry',
    'RFC 9110 §16.1',
    `PROPFIND / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
    { backendContains: [/^PROPFIND \/ /] },
  ],
  ...['VERSION-CONTROL', 'RPC_IN_DATA', 'BITS_POST', 'BAN', 'LABEL', 'get', "!#$%&'*+-.^_`|~0aZ"].map(
    (method): Accepted => [
      `the method ${method}`,
      'RFC 9110 §9.1',
      `${method} /x HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
      { backendContains: [`${method} /x HTTP/1.1\r\n`] },
    ],
  ),
  [
    'HTTP/1.0, and answers in its terms',
    'RFC 9110 §2.5',
    `GET / HTTP/1.0\r\n${HOST}\r\n`,
    { after: 'closed' },
  ],
  [
    'HTTP/1.0 that stays',
    'RFC 9112 §9.3',
    `GET / HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`,
    { contains: [/connection: keep-alive/i] },
  ],
];

/** The host of an absolute target counts, whatever Host says. */
const OTHER_HOST: StrictnessCase = accepted([
  'an absolute target rather than Host',
  'RFC 9112 §3.2.2',
  `GET http://b.test/ HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  { after: 'closed', backendContains: [/\r\nHost: b\.test\r\n/i], backendLacks: [/\r\nHost: a\.test\r\n/i] },
]);

export const REQUEST_LINE_CASES: readonly StrictnessCase[] = [
  ...REFUSED.map(refused),
  ...ACCEPTED.map(accepted),
  OTHER_HOST,
];
